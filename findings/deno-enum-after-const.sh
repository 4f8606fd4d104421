#!/bin/sh
# A member of an enum that follows one with a constant as its value is `undefined` in Deno and after esbuild.
#
# Version: Deno 2.9.6, esbuild 0.28.2, typescript 5.9.3 and 7.0.2.
# Behaviour: `const FIRST = 5; enum Level { Low = FIRST, Middle, High }`. TypeScript gives Middle the value 6 and High 7.
#   In `deno run`, in `deno bundle` and after esbuild both are `undefined`, and `Level[undefined]` is "High".
#   `deno check` and the compiler with `isolatedModules` accept the file, and have 6 and 7 as the types of both.
#   With `Middle = Low + 1` Middle is 6 everywhere, and High is `undefined` there too.
# Reason: since TypeScript 5.0 a `const` is a constant expression in an enum. Deno and esbuild count on only from
#   numbers that they see in the enum itself.
# Expected: the number, or an error that asks for an initializer, as the compiler gives for an imported constant.
# Affected: levels, states and error codes that begin at a named number. All later members are equal, so comparisons
#   with them are true for each other.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
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
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund esbuild@0.28.2 five@npm:typescript@5.9.3 seven@npm:typescript@7.0.2
cat > level.ts <<'PROGRAM'
const FIRST = 5;
enum Level { Low = FIRST, Middle, High }
enum Counted { Low = FIRST, Middle = Low + 1, High }
const six: 6 = Level.Middle;
console.log(Level.Low, six, Level.High, Level.Middle as number === Level.High, Counted.Middle, Counted.High);
export {};
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2>&1 || echo failed)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

export NO_COLOR=1
compiled() {
	node "node_modules/$1/bin/tsc" --outDir "$1" --target es2022 --module esnext --isolatedModules level.ts && node "$1/level.js"
}
bundled() { "$deno" bundle --quiet --no-config --output=bundled.js level.ts && "$deno" run --quiet --no-config bundled.js; }
built() { npx --no-install esbuild level.ts --log-level=warning --outfile=built.js && node built.js; }
checked() { "$deno" check --quiet --no-config level.ts && echo accepted; }
"$deno" --version | head -n 1
expect "typescript 5.9.3" "5 6 7 false 6 7" compiled five
expect "typescript 7.0.2" "5 6 7 false 6 7" compiled seven
expect "deno check" "accepted" checked
expect "deno run" "5 undefined undefined true 6 undefined" "$deno" run --quiet --no-config level.ts
expect "deno bundle" "5 undefined undefined true 6 undefined" bundled
expect "esbuild" "5 undefined undefined true 6 undefined" built
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   typescript 5.9.3: 5 6 7 false 6 7
#   typescript 7.0.2: 5 6 7 false 6 7
#   deno check: accepted
#   deno run: 5 undefined undefined true 6 undefined
#   deno bundle: 5 undefined undefined true 6 undefined
#   esbuild: 5 undefined undefined true 6 undefined
