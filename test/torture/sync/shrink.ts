/** Cuts a failing schedule down to what it takes. */
import type { Action } from "./actions.ts";
import type { Round } from "./round.ts";

/** What kind of failure it is, names and numbers aside. */
function kindOf(failure: string): string {
	return failure.split(":", 1)[0] ?? failure;
}

/**
 * Leaves out actions, in ever smaller runs, as long as the first failure stays of its kind.
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
