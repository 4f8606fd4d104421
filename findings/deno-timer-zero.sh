#!/bin/sh
# In Deno, setTimeout(f, 0) and setTimeout(f, 1) call back after two milliseconds.
#
# Version: Deno 2.9.6.
# Behaviour: of 200 waits for `setTimeout(f, 0)`, and for `setTimeout(f, 1)`, the lower quartile is 2.1 ms. `setImmediate(f)`
#   takes microseconds. In Node 20 the same waits take 1.1 ms.
# Reason: not looked up in the source. Each timer is late by about a millisecond (setTimeout(f, 5) takes 6.1 ms), and the
#   documentation of tokio, Deno's runtime, says that its timers have a resolution of one millisecond.
# Expected: about one millisecond, as in Node.
# Affected: code that defers work with setTimeout(f, 0) where its time counts, and that was measured in Node.
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
cat > waits.mjs <<'PROGRAM'
// The lower quartile: a busy machine makes waits longer, and a process that was not scheduled makes single ones shorter.
async function usual(wait) {
	const waits = [];
	for (let round = 0; round < 200; round++) {
		const start = performance.now();
		await new Promise(wait);
		waits.push(performance.now() - start);
	}
	return waits.sort((a, b) => a - b)[50];
}
const asked = {
	"setTimeout(f, 0)": (done) => setTimeout(done, 0),
	"setTimeout(f, 1)": (done) => setTimeout(done, 1),
	"setImmediate(f)": (done) => setImmediate(done),
};
for (const [name, wait] of Object.entries(asked))
	console.log(`${name}: ${(await usual(wait)) < 2 ? "less than 2 ms" : "2 ms or more"}`);
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" | tr '\n' ';')
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

"$DENO" --version | head -n 1
expect Deno "setTimeout(f, 0): 2 ms or more;setTimeout(f, 1): 2 ms or more;setImmediate(f): less than 2 ms;" \
	"$DENO" run --quiet --no-config waits.mjs
node --version
expect Node "setTimeout(f, 0): less than 2 ms;setTimeout(f, 1): less than 2 ms;setImmediate(f): less than 2 ms;" \
	node waits.mjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   Deno: setTimeout(f, 0): 2 ms or more;setTimeout(f, 1): 2 ms or more;setImmediate(f): less than 2 ms;
#   v20.20.2
#   Node: setTimeout(f, 0): less than 2 ms;setTimeout(f, 1): less than 2 ms;setImmediate(f): less than 2 ms;
