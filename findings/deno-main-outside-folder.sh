#!/bin/sh
# Deno does not load a folder whose package.json has a `main` outside of that folder.
#
# Version: Deno 2.9.6.
# Behaviour: `require` of a folder whose package.json has `"main": "../dist/x.js"` fails with "Cannot find module",
#   although the file exists. The file is not even looked for. `deno bundle` fails in the same way, with ES modules too.
# Reason: since denoland/deno#33170, a `main` must be inside of the folder of its package.json. That is right for the
#   root of a package, but folders inside of a package often have a package.json that names a file beside them.
# Expected: as in Node: the file is loaded. A limit could be the root of the package.
# Affected: packages whose subpaths are folders, such as web-streams-polyfill 3 (`web-streams-polyfill/ponyfill`).
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
mkdir -p dist inside outside
echo 'module.exports = "loaded";' | tee dist/x.js > inside/x.js
echo '{"main": "x.js"}' > inside/package.json
echo '{"main": "../dist/x.js"}' > outside/package.json
for name in inside outside; do
	echo "try { console.log(require('./$name')); } catch ({ code }) { console.log(code); }" > "load-$name.cjs"
done
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

run() { "$deno" run --quiet --no-config --allow-read "$1"; }
"$deno" --version | head -n 1
expect "node, main outside" "loaded" node load-outside.cjs
expect "deno, main inside" "loaded" run load-inside.cjs
expect "deno, main outside" "MODULE_NOT_FOUND" run load-outside.cjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   node, main outside: loaded
#   deno, main inside: loaded
#   deno, main outside: MODULE_NOT_FOUND
