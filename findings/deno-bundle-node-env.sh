#!/bin/sh
# `deno bundle` replaces process.env.NODE_ENV by "development".
#
# Version: Deno 2.9.6.
# Behaviour: `deno bundle --platform=deno`, which is the default platform, writes "development" for each
#   `process.env.NODE_ENV` and `process.env["NODE_ENV"]`, and leaves out the branches that are dead after that, in
#   packages too. With --minify it writes "production". No option and no variable changes it, the value of NODE_ENV
#   during the bundling included. Other forms (destructuring, `Deno.env.get`) are read at run time.
# Reason: for this platform Deno gives esbuild no --platform, so esbuild bundles for the browser, where it defines the
#   expression.
# Expected: for the platform Deno the read stays, as in `deno run` of the same module, and as esbuild does it with
#   --platform=node and --platform=neutral.
# Affected: a server whose bundle runs a package's development code, whatever NODE_ENV is.
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
cat > main.js <<'PROGRAM'
const { NODE_ENV } = process.env;
const seen = [process.env.NODE_ENV, process.env["NODE_ENV"], NODE_ENV, Deno.env.get("NODE_ENV")];
console.log(seen.join(), process.env.NODE_ENV === "production" ? "fast" : "slow");
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

export NODE_ENV=production
run() { "$deno" run --quiet --no-config --allow-env "$1"; }
bundle() { "$deno" bundle --quiet --no-config "$@" main.js; }
bundle --platform=deno --output=bundled.js
bundle --minify --output=minified.js
"$deno" --version | head -n 1
expect "deno run" "production,production,production,production fast" run main.js
expect "deno bundle" "development,development,production,production slow" run bundled.js
export NODE_ENV=staging
expect "deno bundle --minify" "production,production,staging,staging fast" run minified.js
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   deno run: production,production,production,production fast
#   deno bundle: development,development,production,production slow
#   deno bundle --minify: production,production,staging,staging fast
