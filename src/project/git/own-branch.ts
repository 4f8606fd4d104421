/** The vault of the current branch before a merge. It shows which parts of a merged text are the branch's own. */
import { attempt } from "../../errors.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { parseVault } from "../../vault/document/format.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { vaultTextOf } from "../files/vault-text.ts";
import { findObjects, readObjects } from "./history/objects.ts";
import type { GitContext } from "./run.ts";

/** The most commits that are searched for the vault. Each may contain a vault that cannot be read. */
const COMMITS_MAX = 10;

/**
 * The newest readable vault in HEAD and its first parents. If the merge is not committed yet, HEAD is the branch before
 * it. If it is committed, its first parent is.
 * @param place the vault's folder
 * @returns undefined if there is none
 * @throws AppError as `findObjects` and `readObjects`
 */
export async function vaultOfOwnBranch(place: GitContext): Promise<VaultDocument | undefined> {
	const names = Array.from({ length: COMMITS_MAX }, (_, back) => `HEAD~${back}:./${VAULT_FILE}`);
	const found = await findObjects(place, names);
	const ids = found.flatMap((object) => (object?.type === "blob" ? [object.id] : []));
	const documents = new Map<string, VaultDocument | undefined>();
	await readObjects(place, [...new Set(ids)], LIMITS.fileBytes, (id, bytes) => {
		documents.set(
			id,
			attempt(() => parseVault(vaultTextOf(bytes))),
		);
	});
	return ids.map((id) => documents.get(id)).find((document) => document !== undefined);
}
