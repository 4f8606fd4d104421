#!/bin/sh
# `deno bundle` gives `require` the `module` of a package, so a package that exports a function is an object.
#
# Version: Deno 2.9.6, with node-fetch 2.7.0.
# Behaviour: for a package without `exports`, `deno bundle` takes the `module` field of its package.json also for
#   `require`. The CommonJS code then gets the namespace of an ES module ({ default, ... }) instead of what `main`
#   exports, and a call of it fails with "is not a function". `deno run` and Node load `main`.
# Reason: Deno resolves imports for esbuild, and its bundler prefers `module` for every kind of import. When esbuild
#   resolves by itself for the browser, it takes `main` for a package that any module loads with `require`.
# Expected: `main` for `require`, as in `deno run` of the same module.
# Affected: bundles with a CommonJS package that requires a package like node-fetch 2, whose `main` exports a function.
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
echo "{}" > package.json
npm install --silent --no-audit --no-fund node-fetch@2.7.0 esbuild@0.28.2
echo 'const fetch = require("node-fetch"); console.log(typeof fetch);' > main.cjs
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

run() { "$deno" run --quiet --allow-env --allow-read "$1" 2>/dev/null; }
"$deno" bundle --quiet --output=bundled.js main.cjs
npx esbuild --bundle --log-level=error --main-fields=module,main --platform=node --outfile=module.cjs main.cjs
npx esbuild --bundle --log-level=error --platform=node --outfile=main-first.cjs main.cjs
"$deno" --version | head -n 1
expect "node" "function" node --no-deprecation main.cjs
expect "deno run" "function" run main.cjs
expect "deno bundle" "object" run bundled.js
expect "esbuild with its own order for Node" "function" node --no-deprecation main-first.cjs
expect "esbuild with --main-fields=module,main" "object" node --no-deprecation module.cjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   node: function
#   deno run: function
#   deno bundle: object
#   esbuild with its own order for Node: function
#   esbuild with --main-fields=module,main: object
