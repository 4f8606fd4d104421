#!/bin/sh
# oclif sorts the words of a command.
#
# Version: @oclif/core 4.14.0, under Node 20.
# Behaviour: for a command with `strict = false`, `argv` of the parser's output is sorted by where each text first occurs
# in the arguments. The values of flags count as occurrences, and equal words become neighbours. So a program
# that passes `argv` on to another program changes its command line: words move, also words after `--`.
#   The parser's output has the words in their order in `raw`.
# Expected: the words as they were typed.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @oclif/core@4.14.0
cat > order.mjs <<'PROGRAM'
import { Flags, Parser } from "@oclif/core";

const shape = { strict: false, flags: { environment: Flags.string({ char: "e" }) } };
const CASES = [
	{ typed: ["--", "echo", "a", "b", "a", "c", "a"], seen: ["echo", "a", "a", "a", "b", "c"] },
	{ typed: ["--", "npm", "run", "dev", "--", "--port", "3000"], seen: ["--", "npm", "run", "dev", "--port", "3000"] },
	{ typed: ["-e", "production", "--", "echo", "hi", "production"], seen: ["production", "echo", "hi"] },
];

let changed = 0;
for (const { typed, seen } of CASES) {
	const { argv, raw } = await Parser.parse(typed, shape);
	const words = raw.filter(({ type }) => type === "arg").map(({ input }) => input);
	const same = JSON.stringify(argv) === JSON.stringify(seen);
	if (!same) changed++;
	console.log(`typed ${typed.join(" ")}\n  argv ${argv.join(" ")}${same ? "" : `   (was: ${seen.join(" ")})`}\n  raw  ${words.join(" ")}`);
}
process.exit(changed === 0 ? 0 : 1);
PROGRAM
node order.mjs

# Seen:
#   typed -- echo a b a c a
#     argv echo a a a b c
#     raw  echo a b a c a
#   typed -- npm run dev -- --port 3000
#     argv -- npm run dev --port 3000
#     raw  npm run dev -- --port 3000
#   typed -e production -- echo hi production
#     argv production echo hi
#     raw  echo hi production
