#!/bin/sh
# Deno's `spawnSync` adds the option `env` to the parent's variables, and its `spawn` replaces them by it.
#
# Version: Deno 2.9.6; Node 20 or later for comparison.
# Behaviour: a program starts a child with `env: { OWN: "1" }`. With `spawn` and `exec` of `node:child_process`, the child
#   has this variable alone. With `spawnSync`, `execSync` and `execFileSync`, it has all variables of the parent as well.
#   In Node, all of them replace. Deno's issue 27343 was about both forms, and is closed.
# Expected: the two forms of one function differ in how they wait, and in nothing else.
# Affected: build scripts and tests that start a tool with chosen variables, so that it does the same on every machine: it
#   reads `LANG`, `TZ`, `HOME` or `GIT_DIR` of the machine in one form and not in the other. `Deno.Command` with
#   `clearEnv: true` replaces them in both.
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
import { exec, execFileSync, execSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { promisify } from "node:util";

process.env.MARK = "parent";
const show = 'echo "${MARK-none} ${OWN-none}"';
const shell = ["/bin/sh", ["-c", show]];
const options = { env: { OWN: "1" }, encoding: "utf8" };

async function spawned() {
	const child = spawn(...shell, options);
	const [text] = await once(child.stdout, "data");
	return String(text);
}

const seen = {
	spawn: await spawned(),
	exec: (await promisify(exec)(show, options)).stdout,
	spawnSync: spawnSync(...shell, options).stdout,
	execSync: execSync(show, options),
	execFileSync: execFileSync(...shell, options),
};
console.log(Object.entries(seen).map(([name, text]) => `${name}: ${text.trim()}`).join(", "));
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

expect node "spawn: none 1, exec: none 1, spawnSync: none 1, execSync: none 1, execFileSync: none 1" node program.mjs
expect deno "spawn: none 1, exec: none 1, spawnSync: parent 1, execSync: parent 1, execFileSync: parent 1" \
	"$deno" run --allow-env --allow-run --allow-sys program.mjs
exit "$changed"
