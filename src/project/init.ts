/** Creates a project: its vault, and the lines in git's files that the vault needs. */
import { join } from "node:path";
import { createVault } from "../vault/document/create.ts";
import { ensureLines } from "./files/managed-lines.ts";
import { VAULT_FILE } from "./files/project-root.ts";
import { afterWrite, writeNewVault } from "./files/vault-file.ts";
import { readProjectPin, writeProjectPin } from "./memory/device-state.ts";
import { openSession } from "./session/open-session.ts";
import type { SessionContext } from "./session/session.ts";

const GIT_ATTRIBUTES = [`${VAULT_FILE} text eol=lf`];
const GIT_IGNORE = [`${VAULT_FILE}.lock`, `.${VAULT_FILE}.*.tmp`];

export interface Initialised {
	readonly vaultId: string;
	/** The id of the vault that this folder contained before, which is gone; undefined if there was none. */
	readonly formerVaultId: string | undefined;
	/** The git files that were created or extended. */
	readonly gitFiles: readonly string[];
}

/**
 * Creates a project's vault with one environment. Its creator is the first writer.
 * @param creatorName the creator's name in `members list`
 * @throws AppError `VAULT_EXISTS` (exit 5); `MEMORY_FAILED` (exit 1) if the vault was written and the memory
 *   was not
 */
export async function initProject(context: SessionContext, creatorName: string): Promise<Initialised> {
	const { identity, root } = context;
	const { sign, box } = identity.publicKeys;
	const document = createVault(context.environment, { sign, box, name: creatorName }, identity);
	const place = { folder: context.stateFolder, member: context.member, stateKey: identity.stateKey, root };
	// A damaged memory is written anew below.
	const formerVaultId = await readProjectPin(place).catch(() => undefined);
	const loaded = await writeNewVault(root, document);
	await afterWrite(async () => {
		await writeProjectPin(place, document.vaultId);
		await (await openSession(loaded, context)).remember(loaded);
	});
	const gitFiles: string[] = [];
	if (await ensureLines(join(root, ".gitattributes"), GIT_ATTRIBUTES)) gitFiles.push(".gitattributes");
	if (await ensureLines(join(root, ".gitignore"), GIT_IGNORE)) gitFiles.push(".gitignore");
	return { vaultId: document.vaultId, formerVaultId, gitFiles };
}
