/** Finds when records of the vault were first committed. */

import type { GitContext } from "../run.ts";
import { readVaultHistory } from "./vault-commits.ts";

/**
 * The author's date of the first commit, on any branch, that has each record.
 * @param place the project's folder
 * @param bodies the records' second lines, which are unique
 * @returns milliseconds since 1970 by body; no entry for a record that is in no commit, or in one without a
 *   date
 * @throws AppError as `readVaultHistory`
 */
export async function commitDatesOf(
	place: GitContext,
	bodies: readonly string[],
): Promise<ReadonlyMap<string, number>> {
	const dates = new Map<string, number>();
	const visit = ({ atMs }: { readonly atMs: number | null }, text: string | undefined) => {
		if (atMs === null || text === undefined) return;
		for (const body of bodies) if (text.includes(body) && !dates.has(body)) dates.set(body, atMs);
	};
	await readVaultHistory(place, visit, "everywhere");
	return dates;
}
