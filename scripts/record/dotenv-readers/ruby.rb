# Prints what Ruby's dotenv reads: JSON array of texts in, JSON array of pairs out.
require "dotenv"
require "json"

answers = JSON.parse($stdin.read).map do |text|
  Dotenv::Parser.call(text.delete_prefix("\u{feff}")).to_a
rescue Dotenv::FormatError
  nil
end
puts JSON.generate(answers)
