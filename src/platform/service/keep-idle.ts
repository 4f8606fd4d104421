/** Stops functions that get no requests. */
import type { Clock } from "../machine/clock.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";

/**
 * One timer serves all functions. It is set for the earliest function to become idle, within these limits: a
 * function that starts in the meantime may have an idle time of one second.
 */
const SWEEP_MIN_MS = 50;
const SWEEP_MAX_MS = 1_000;

/**
 * Stops functions that get no requests, now and from now on.
 * @param functions the functions of all apps
 * @param defaultMs idle time of functions whose settings name none
 * @returns a function that ends this
 */
export function keepIdle(
	functions: () => Iterable<Pick<AppFunctions, "stopIdle">>,
	clock: Clock,
	defaultMs: number,
): () => void {
	let cancel = () => {};
	const sweep = () => {
		let soonestMs = SWEEP_MAX_MS;
		for (const each of functions()) soonestMs = Math.min(soonestMs, each.stopIdle(defaultMs));
		cancel = clock.schedule(sweep, Math.max(SWEEP_MIN_MS, soonestMs));
	};
	sweep();
	return () => cancel();
}
