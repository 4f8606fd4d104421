/**
 * Loaded into a process before its own code (`NODE_OPTIONS=--import`). At each SIGWINCH it appends a line to the file
 * `$EVENT_LOOP_PROBE.PID`: the event loop's longest delay since the last signal and the 99th percentile of its delays, in
 * ms.
 */
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Node counts this interval as part of each delay. */
const RESOLUTION_MS = 1;
/** The monitor's timer records a stall that has just ended, and may run after the signal. */
const SETTLED_MS = 50;

const file = process.env.EVENT_LOOP_PROBE;
if (isMainThread && file !== undefined) {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	const beyond = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
	process.on("SIGWINCH", () =>
		setTimeout(() => {
			appendFileSync(`${file}.${process.pid}`, `${beyond(delay.max)} ${beyond(delay.percentile(99))}\n`);
			delay.reset();
		}, SETTLED_MS),
	);
}
