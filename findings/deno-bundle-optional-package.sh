#!/bin/sh
# `deno bundle` fails at an optional package that is not installed, if the package that tries to load it replaces it for
# browsers.
#
# Version: Deno 2.9.6.
# Behaviour: `try { require("absent") } catch {}` in an npm package is bundled, and the catch handles it. With
#   `"browser": {"absent": false}` in the package's package.json the bundling fails: "Could not convert path to URL".
# Reason: Deno does not find the module and leaves it to esbuild. esbuild bundles for the browser, so it replaces the
#   module by an empty one without a namespace. Deno is asked to load that one, and takes its name for a URL.
# Expected: for the platform Deno, the field `browser` has no effect.
# Affected: rdf-canonize 3.4.0 and packages that import it.
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
for name in plain replaced; do
	mkdir -p "node_modules/$name"
	echo 'try { require("absent"); } catch ({ code }) { module.exports = code; }' > "node_modules/$name/index.js"
	echo "import seen from '$name'; console.log(seen);" > "$name.js"
done
echo '{"name": "plain", "version": "1.0.0"}' > node_modules/plain/package.json
echo '{"name": "replaced", "version": "1.0.0", "browser": {"absent": false}}' > node_modules/replaced/package.json
echo '{"dependencies": {"plain": "1.0.0", "replaced": "1.0.0"}}' > package.json
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

flags="--quiet --no-lock --node-modules-dir=manual"
run() { "$deno" run $flags --allow-read "$1"; }
bundled() {
	if NO_COLOR=1 "$deno" bundle $flags --output=out.js "$1" 2> errors; then run out.js
	else sed -n 's/^error: \(Could not .*\)/\1/p' errors; fi
}
"$deno" --version | head -n 1
expect "deno run, plain" "MODULE_NOT_FOUND" run plain.js
expect "deno run, replaced" "MODULE_NOT_FOUND" run replaced.js
expect "deno bundle, plain" "MODULE_NOT_FOUND" bundled plain.js
expect "deno bundle, replaced" "Could not convert path to URL." bundled replaced.js
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   deno run, plain: MODULE_NOT_FOUND
#   deno run, replaced: MODULE_NOT_FOUND
#   deno bundle, plain: MODULE_NOT_FOUND
#   deno bundle, replaced: Could not convert path to URL.
