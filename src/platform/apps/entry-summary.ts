/** What the entries of an app's log change. Pure. */
import type { SecretChange } from "../../references/plan/plan.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

/** What one entry of the log changed. */
export interface EntrySummary {
	/** The operation that made it. */
	readonly operation: string;
	/** When the platform accepted it, in milliseconds since 1970. Null for entries that earlier versions stored. */
	readonly atMs: number | null;
	/** The names of its records. */
	readonly names: readonly string[];
	/** Whether it contains a header. */
	readonly header: boolean;
	/**
	 * The names that were set to another value or deleted. A record that was only re-encrypted is not in it.
	 */
	readonly changed: readonly SecretChange[];
}

/**
 * The names that these records set to another value or delete. A record that was only re-encrypted keeps its
 * version.
 */
export function changedSecrets(
	before: ReadonlyMap<string, SealedRecord>,
	records: readonly SealedRecord[],
): SecretChange[] {
	const changed: SecretChange[] = [];
	for (const { name, version, kind } of records) {
		const old = before.get(name);
		if (kind === "live" && version !== old?.version) changed.push({ name, kind: "set" });
		else if (kind === "deleted" && old?.kind === "live") changed.push({ name, kind: "deleted" });
	}
	return changed;
}
