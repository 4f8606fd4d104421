/** Draws the apps of a cell: how many functions each has, and how many requests each of these gets. */
import { randomFrom } from "../../test/torture/random.ts";
import type { Assumed } from "./assumptions.ts";
import { atLeastOne, lognormal } from "./distributions.ts";

const DAY_MS = 86_400_000;

export interface CellApps {
	readonly length: number;
	/** Requests in a millisecond of the busiest hour, by function. */
	readonly rates: readonly number[];
	/** The app of each function. */
	readonly appOf: readonly number[];
	/** The first function of each app. */
	readonly firstOf: readonly number[];
}

/** Draws apps. The same seed gives the same apps. An app's requests are spread evenly over its functions. */
export function drawApps(count: number, seed: number, of: Assumed): CellApps {
	const random = randomFrom(seed);
	const mean = (of.requestsPerAppDay * of.peak) / DAY_MS;
	const [rates, appOf, firstOf]: [number[], number[], number[]] = [[], [], []];
	for (let app = 0; app < count; app++) {
		const functions = atLeastOne(random, of.functionsPerApp);
		const rate = lognormal(random, mean, of.trafficSigma);
		firstOf.push(rates.length);
		for (let index = 0; index < functions; index++) {
			rates.push(rate / functions);
			appOf.push(app);
		}
	}
	return { length: count, rates, appOf, firstOf };
}

/** What drawn functions need, for each app. Times are in milliseconds. */
export interface Demand {
	readonly functions: number;
	/** Requests in a millisecond. */
	readonly requests: number;
	/** Processes that run at a time. */
	readonly running: number;
	/** Starts in a millisecond. */
	readonly coldStarts: number;
}

/** What drawn functions need on average. A function runs while it had a request in the last `idleMs`. */
export function meanDemand({ length, rates }: CellApps, idleMs: number): Demand {
	let [requests, running, coldStarts] = [0, 0, 0];
	for (const rate of rates) {
		const isIdle = Math.exp(-rate * idleMs);
		requests += rate;
		running += 1 - isIdle;
		coldStarts += rate * isIdle;
	}
	return {
		functions: rates.length / length,
		requests: requests / length,
		running: running / length,
		coldStarts: coldStarts / length,
	};
}
