#!/bin/sh
# `deno info` reads its argument as a relative URL, and `deno bundle` and `deno run` read theirs as a path.
#
# Version: Deno 2.9.6.
# Behaviour: for a file `a#b.ts`, `deno run` and `deno bundle` take `./a#b.ts`. `deno info` takes `./a%23b.ts`; with
#   `./a#b.ts` it looks for the file `a`, lists the module with an error, and exits with status 0.
# Expected: one reading for all commands, as the help says "file" for all of them.
# Affected: a program that requests the module graph before it bundles, and gets a graph without packages.
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
echo 'console.log("found");' > 'a#b.ts'
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2> /dev/null || true)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

run() { "$deno" run --quiet --no-config "$1"; }
info() { if "$deno" info --json --no-config "$1" | grep -q '"error"'; then echo error; else echo found; fi; }
bundle() { "$deno" bundle --quiet --no-config "$1" | grep -o found; }
"$deno" --version | head -n 1
expect "deno run ./a#b.ts" found run './a#b.ts'
expect "deno bundle ./a#b.ts" found bundle './a#b.ts'
expect "deno info ./a#b.ts" error info './a#b.ts'
expect "deno run ./a%23b.ts" "" run './a%23b.ts'
expect "deno bundle ./a%23b.ts" "" bundle './a%23b.ts'
expect "deno info ./a%23b.ts" found info './a%23b.ts'
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   deno run ./a#b.ts: found
#   deno bundle ./a#b.ts: found
#   deno info ./a#b.ts: error
#   deno run ./a%23b.ts: 
#   deno bundle ./a%23b.ts: 
#   deno info ./a%23b.ts: found
