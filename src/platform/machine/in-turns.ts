import { setImmediate } from "node:timers/promises";

/** The number of items after which other work of this process goes first. */
const AT_ONCE = 32;

/** Goes through items whose work takes some microseconds each, without delaying the process's other work for long. */
export async function* inTurns<T>(items: Iterable<T>): AsyncIterable<T> {
	let count = 0;
	for (const item of items) {
		yield item;
		if (++count % AT_ONCE === 0) await setImmediate();
	}
}
