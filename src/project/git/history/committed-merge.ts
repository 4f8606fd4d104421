/**
 * The sides of a merge that was committed although its vault cannot be read: somebody resolved a conflict by hand, such
 * as in the editor of a hosting service, and kept both sides' lines.
 */
import { attempt } from "../../../errors.ts";
import { verifyRoot } from "../../../vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../../vault/document/document.ts";
import { parseVault } from "../../../vault/document/format.ts";
import { LIMITS } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { vaultTextOf } from "../../files/vault-text.ts";
import { type GitContext, runGit } from "../run.ts";
import type { MergeTexts } from "../unfinished.ts";
import { findObjects, readObjects } from "./objects.ts";

/** The most commits that are searched, newest first. */
const COMMITS_MAX = 20;

export interface CommittedDamage {
	/** The sides, if a merge of two readable vaults made the committed one unreadable. */
	readonly merge: MergeTexts | undefined;
	/** The newest commit whose vault is readable, abbreviated by git. */
	readonly readable: string | undefined;
}

/** Whether the memberships of the vault and of each environment are valid. */
export function hasValidChains(document: VaultDocument): boolean {
	const names = attempt(() => verifyRoot(document.vaultId, document.links).environments.keys());
	return names !== undefined && [...names].every((name) => attempt(() => verifyChains(document, name)));
}

/** The vaults' texts for names such as `COMMIT:./PATH`, in the same order; undefined for one that cannot be read. */
async function readableTexts(place: GitContext, names: readonly string[]): Promise<(string | undefined)[]> {
	const found = await findObjects(place, names);
	const ids = found.flatMap((object) =>
		object?.type === "blob" && object.size <= LIMITS.fileBytes ? [object.id] : [],
	);
	const texts = new Map<string, string | undefined>();
	await readObjects(place, [...new Set(ids)], LIMITS.fileBytes, (id, bytes) => {
		const text = attempt(() => vaultTextOf(bytes));
		const document = text === undefined ? undefined : attempt(() => parseVault(text));
		texts.set(id, document && hasValidChains(document) ? text : undefined);
	});
	return found.map((object) => object && texts.get(object.id));
}

async function sidesOf(
	place: GitContext,
	merge: string,
	[ours, theirs]: readonly [string, string],
): Promise<MergeTexts> {
	const { stdout } = await runGit(place, ["merge-base", "--all", `${merge}^1`, `${merge}^2`]);
	const commits = stdout.split("\n").filter((line) => line !== "");
	const bases = await readableTexts(
		place,
		commits.map((commit) => `${commit}:./${VAULT_FILE}`),
	);
	return {
		labels: { ours: `${merge}^1`, theirs: `${merge}^2` },
		ours,
		theirs,
		// If one base is missing, what the others have is no base of both sides.
		bases: bases.every((text) => text !== undefined) ? bases : [],
		unmerged: false,
		isUncertain: false,
	};
}

/**
 * Finds how the committed vault became unreadable.
 * @param place the vault's folder
 * @returns undefined if HEAD has a readable vault, or none
 * @throws AppError as `runGit`
 */
export async function committedDamage(place: GitContext): Promise<CommittedDamage | undefined> {
	const walk = ["rev-list", "--abbrev-commit", `--max-count=${COMMITS_MAX}`, "HEAD", "--", VAULT_FILE];
	const { status, stdout } = await runGit(place, walk);
	const commits = stdout.split("\n").filter((line) => line !== "");
	if (status !== 0 || commits.length === 0) return undefined;
	for (const [index, commit] of commits.entries()) {
		const of = (parent: string) => `${commit}${parent}:./${VAULT_FILE}`;
		const [own, ours, theirs, third] = await readableTexts(place, ["", "^1", "^2", "^3"].map(of));
		if (own !== undefined) return index === 0 ? undefined : { merge: undefined, readable: commit };
		if (ours === undefined || theirs === undefined || third !== undefined) continue;
		const merge = await sidesOf(place, commit, [ours, theirs]);
		return { merge, readable: `${commit}^1` };
	}
	return { merge: undefined, readable: undefined };
}
