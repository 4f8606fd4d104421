/**
 * Loaded into a platform's process before its own code (`NODE_OPTIONS=--import`). At each SIGWINCH it appends a line to the
 * file `$EVENT_LOOP_PROBE`: the event loop's longest delay since the last signal, in ms.
 */
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const RESOLUTION_MS = 5;
/** The monitor's timer records a stall that has just ended, and may run after the signal. */
const SETTLED_MS = 50;

const file = process.env.EVENT_LOOP_PROBE;
if (isMainThread && file !== undefined) {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	process.on("SIGWINCH", () =>
		setTimeout(() => {
			appendFileSync(file, `${delay.max / 1e6}\n`);
			delay.reset();
		}, SETTLED_MS),
	);
}
