#!/bin/sh
# Deno reads more in a deno.json than JSON with comments.
#
# Version: Deno 2.9.6.
# Behaviour: deno.json may have single quotes, unquoted keys, hexadecimal numbers, a plus sign before a number, and no
#   comma between entries. It may not begin with a byte order mark, nor have parentheses, `_` in numbers, a number that
#   begins with a point, `\x` escapes or a string that continues on the next line.
# Expected: what jsonc.org says: comments, and trailing commas at most.
#
# Run without Coffer, on harmless input. Exit status 0: the behaviour is as stated. 1: it has changed.
# DENO names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
deno=$DENO
echo 'export const one = 1;' > one.ts
echo 'import { one } from "lib"; console.log(one);' > main.ts
changed=0

# try LABEL EXPECTED: runs a program by the import map in deno.json
try() {
	if "$deno" run --quiet --no-lock main.ts > output 2>&1; then seen=read; else seen=refused; fi
	echo "$1: $seen"
	[ "$seen" = "$2" ] || { echo "  (was: $2)"; changed=1; }
}

map='"imports": { "lib": "./one.ts" }'
printf '%s' "{ $map, } // comment" > deno.json
try "comment, trailing comma" read
printf '%s' "{ 'imports': { 'lib': './one.ts' } }" > deno.json
try "single quotes" read
printf '%s' '{ imports: { lib: "./one.ts" } }' > deno.json
try "unquoted keys" read
printf '%s' "{ $map, \"x\": 0x10 }" > deno.json
try "hexadecimal number" read
printf '%s' "{ $map, \"x\": +1 }" > deno.json
try "plus sign" read
printf '%s' "{ $map \"x\": 1 }" > deno.json
try "missing comma" read
printf '\357\273\277%s' "{ $map }" > deno.json
try "byte order mark" refused
printf '%s' "({ $map })" > deno.json
try "parentheses" refused
printf '%s' "{ $map, \"x\": 1_000 }" > deno.json
try "1_000" refused
printf '%s' "{ $map, \"x\": .5 }" > deno.json
try ".5" refused
printf '%s' '{ "imports": { "lib": "\x2e/one.ts" } }' > deno.json
try '\x escape' refused
printf '%s\n%s' '{ "imports": { "lib": "./one\' '.ts" } }' > deno.json
try "continued string" refused
exit "$changed"

# Seen:
#   comment, trailing comma: read
#   single quotes: read
#   unquoted keys: read
#   hexadecimal number: read
#   plus sign: read
#   missing comma: read
#   byte order mark: refused
#   parentheses: refused
#   1_000: refused
#   .5: refused
#   \x escape: refused
#   continued string: refused
