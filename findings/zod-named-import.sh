#!/bin/sh
# A program that imports the export `z` of zod is bundled with all of zod: 4 to 5 times the code of one that imports `* as z`.
#
# Version: zod 4.6.7 and esbuild 0.28.1, under Node 20 on Linux.
# Behaviour: `import { z } from "zod"` and `import * as z from "zod"` give the same object to the code that uses it, such as
#   `z.string()`. Of the second, esbuild keeps what is used. The first names a namespace object that zod itself exports. esbuild
#   does not take one apart that another module exports. So it keeps the messages in all languages, JSON schemas and all
#   other types, and every start of the program evaluates them.
# Expected: two spellings of one import cost the same, since zod's package.json says that these modules have no side effects.
# Affected: command lines and functions that are bundled, whose start is a good part of their time. Nothing warns, and
#   the program does the same with both.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund zod@4.6.7 esbuild@0.28.1
for import in '{ z }' '* as z'; do
	name=$(printf %s "$import" | tr -d -c 'a-z')
	printf 'import %s from "zod";\nconsole.log(z.object({ a: z.string() }).parse({ a: "works" }).a);\n' "$import" > "$name.mjs"
	npx --no-install esbuild "$name.mjs" --bundle --platform=node --format=esm --minify --log-level=warning --outfile="$name.out.mjs"
	[ "$(node "$name.out.mjs")" = works ]
	echo "import $import from \"zod\": $(wc -c < "$name.out.mjs") bytes, $(grep -o 'Bekezelt\|Nevaljan unos\|Nieprawid' "$name.out.mjs" | wc -l) of other languages"
done
named=$(wc -c < z.out.mjs)
whole=$(wc -c < asz.out.mjs)
if [ "$named" -gt $((whole * 3)) ]; then exit 0; fi
echo "(was: the first has over three times the bytes of the second)"
exit 1
