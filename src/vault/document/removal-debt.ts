/**
 * What a removal leaves to do: whoever left has read the values of that time, and may have kept them.
 */
import type { VerifiedEnvironment } from "./document.ts";

/** The values that one removed member could read and that nobody has changed since. */
export interface RemovalDebt {
	/** The name that the member had. */
	readonly member: string;
	/** Number of the epoch that removed the member. */
	readonly epoch: number;
	/** Names of secrets, sorted; never empty. */
	readonly names: readonly string[];
}

/**
 * The debt of every removal, the oldest first. Whoever is a member again is owed nothing; of somebody who was removed more
 * than once, the last removal names all that the earlier ones do.
 */
export function removalDebt({ section, state }: VerifiedEnvironment): RemovalDebt[] {
	const live = [...section.records.values()].filter((record) => record.kind === "live");
	const debts = new Map<string, RemovalDebt>();
	for (const epoch of state.epochs.values()) {
		const names = live.filter((record) => record.since < epoch.number).map((record) => record.name);
		if (names.length === 0) continue;
		for (const member of epoch.removed) {
			if (state.members.has(member.sign)) continue;
			// Deleted first: a map keeps a key where it was.
			debts.delete(member.sign);
			debts.set(member.sign, { member: member.name, epoch: epoch.number, names });
		}
	}
	return [...debts.values()];
}
