/** Finds the vault of a folder on another branch or in the stash, where the branch here has none. */
import { findObjects } from "./history/objects.ts";
import { namedRefs, stashEntries } from "./history/vault-texts.ts";
import type { GitContext } from "./run.ts";

/** A vault that a ref has. */
export interface VaultOnRef {
	/** The path from the top of the working tree. */
	readonly path: string;
	/** A revision for git's commands, not quoted for a shell. */
	readonly rev: string;
	/** The ref, as a clause. */
	readonly why: string;
}

interface Holder {
	readonly rev: string;
	readonly why: string;
}

/** What may have the vault. A stash keeps the files that git did not track in a third parent. */
async function holders(place: GitContext): Promise<Holder[]> {
	const stashed = (await stashEntries(place)).flatMap(({ rev }) => [rev, `${rev}^3`]);
	const refs = (await namedRefs(place)).filter(({ kind, rev }) => kind !== "tag" && !rev.endsWith("/HEAD"));
	return [
		...stashed.map((rev) => ({ rev, why: `git's stash (${rev}) has it` })),
		...refs.map(({ kind, rev }) => ({
			rev,
			why: `${kind === "remote" ? "remote branch" : kind} ${rev} has it, and the branch here does not`,
		})),
	];
}

/**
 * Searches the stash, then the branches, then the remote branches that this clone knows. Fetches nothing.
 * @param place the top of the working tree
 * @param paths from the top, the nearest folder first
 * @throws AppError as `findObjects`
 */
export async function vaultOnOtherRef(
	place: GitContext,
	paths: readonly string[],
): Promise<VaultOnRef | undefined> {
	const found = await holders(place);
	const asked = paths.flatMap((path) => found.map((holder) => ({ ...holder, path })));
	if (asked.length === 0) return undefined;
	const names = asked.map(({ path, rev }) => `${rev}:${path}`);
	const objects = await findObjects(place, names, () => undefined);
	return asked[objects.findIndex((object) => object?.type === "blob")];
}
