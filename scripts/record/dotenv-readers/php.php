<?php
// Prints what phpdotenv reads: JSON array of texts in, JSON array of pairs out.
require "/usr/share/php/Dotenv/autoload.php";

$answers = [];
foreach (json_decode(stream_get_contents(STDIN)) as $text) {
    try {
        $pairs = [];
        foreach (Dotenv\Dotenv::parse($text) as $name => $value) {
            if ($value !== null) $pairs[] = [(string) $name, $value];
        }
        $answers[] = $pairs;
    } catch (Dotenv\Exception\InvalidFileException $error) {
        $answers[] = null;
    }
}
echo json_encode($answers, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
