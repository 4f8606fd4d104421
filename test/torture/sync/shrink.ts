/** Reduces a failing schedule to the actions that the failure needs. */

import type { Round } from "./round.ts";
import type { Action } from "./world/actions.ts";

/** The kind of a failure, without names and numbers. */
function kindOf(failure: string): string {
	return failure.split(":", 1)[0] ?? failure;
}

/**
 * Removes runs of actions, smaller and smaller ones, as long as the first failure is still of the same kind.
 * @param again runs a list of actions in the same world
 */
export async function shrink(
	round: Round,
	again: (actions: readonly Action[]) => Promise<Round>,
): Promise<Round> {
	const kind = kindOf(round.failures[0] ?? "");
	let best = round;
	for (
		let size = Math.ceil(best.actions.length / 2);
		size >= 1;
		size = size === 1 ? 0 : Math.ceil(size / 2)
	) {
		for (let at = 0; at < best.actions.length; ) {
			const fewer = [...best.actions.slice(0, at), ...best.actions.slice(at + size)];
			const next = await again(fewer);
			if (next.failures.some((failure) => kindOf(failure) === kind)) best = next;
			else at += size;
		}
	}
	return best;
}
