#!/bin/sh
# In Deno, an attempt to freeze `process.env` fails, and from then on no code can list the variables any more.
#
# Version: Deno 2.9.6; Node 20 or later for comparison.
# Behaviour: `Object.freeze(process.env)` throws, in Node too. In Deno the object is left not extensible all the same, and
#   since it is a proxy, `{ ...process.env }`, `Object.keys(process.env)` and `JSON.stringify(process.env)` throw a TypeError
#   for the rest of the process. `Object.preventExtensions(process.env)` has the same effect and throws nothing. Reading a
#   variable by its name goes on working.
# Expected: an operation that fails changes nothing, as in Node, where the variables can still be listed.
# Affected: programs that freeze their configuration deeply, with `process.env` in it, and ignore or log the error. Later,
#   a library that copies the variables (for a child process, a schema, a logger) fails, far from the cause. The way out
#   is to freeze a copy: `Object.freeze({ ...process.env })`.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true }' > package.json
npm install --silent --no-audit --no-fund deno@2.9.6
deno=$folder/node_modules/.bin/deno
cat > program.mjs <<'PROGRAM'
import process from "node:process";

function outcome(work) {
	try {
		work();
		return "works";
	} catch (error) {
		return `throws a ${error.name}`;
	}
}

const [method] = process.argv.slice(2);
const first = outcome(() => Object[method](process.env));
const copy = outcome(() => ({ ...process.env }));
const read = outcome(() => process.env.PATH.length);
console.log(`${method} ${first}, then a copy ${copy}, and a read ${read}`);
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

expect node "freeze throws a TypeError, then a copy works, and a read works" node program.mjs freeze
expect deno "freeze throws a TypeError, then a copy throws a TypeError, and a read works" \
	"$deno" run --allow-env program.mjs freeze
expect node "preventExtensions throws a TypeError, then a copy works, and a read works" node program.mjs preventExtensions
expect deno "preventExtensions works, then a copy throws a TypeError, and a read works" \
	"$deno" run --allow-env program.mjs preventExtensions
exit "$changed"
