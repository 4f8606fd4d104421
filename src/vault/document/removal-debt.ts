/**
 * Removal debts: the values that a removed member could read and that nobody has replaced since. The member may have
 * kept a copy of them.
 */
import type { VerifiedEnvironment } from "./document.ts";

/** The values that one removed member could read and that nobody has replaced since. */
export interface RemovalDebt {
	/** The member's name at the time of the removal. */
	readonly member: string;
	/** Number of the epoch that removed the member. */
	readonly epoch: number;
	/** Names of secrets, sorted; never empty. */
	readonly names: readonly string[];
}

/** A verified environment, or the parts of it that are needed. */
interface VerifiedRecords extends Pick<VerifiedEnvironment, "state"> {
	readonly section: Pick<VerifiedEnvironment["section"], "records">;
}

/**
 * Lists the debt of every removal, the oldest first. A removed member who is a member again causes no debt. If somebody
 * was removed more than once, only the last removal is listed, because its names include those of the earlier ones.
 */
export function removalDebt({ section, state }: VerifiedRecords): RemovalDebt[] {
	const live = [...section.records.values()].filter((record) => record.kind === "live");
	const debts = new Map<string, RemovalDebt>();
	for (const epoch of state.epochs.values()) {
		const names = live.filter((record) => record.since < epoch.number).map((record) => record.name);
		if (names.length === 0) continue;
		for (const member of epoch.removed) {
			if (state.members.has(member.sign)) continue;
			// A map keeps the position of an existing key, so the key is deleted first to move it to the end.
			debts.delete(member.sign);
			debts.set(member.sign, { member: member.name, epoch: epoch.number, names });
		}
	}
	return [...debts.values()];
}
