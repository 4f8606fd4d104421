/**
 * The beginning of a project: its vault, and what git needs to know of it.
 */
import { join } from "node:path";
import { createVault } from "../vault/document/create.ts";
import { ensureLines } from "./files/managed-lines.ts";
import { VAULT_FILE } from "./files/project-root.ts";
import { afterWrite, writeNewVault } from "./files/vault-file.ts";
import { writeProjectPin } from "./memory/device-state.ts";
import { openSession } from "./session/open-session.ts";
import type { SessionContext } from "./session/session.ts";

const GIT_ATTRIBUTES = [`${VAULT_FILE} text eol=lf`];
const GIT_IGNORE = [`${VAULT_FILE}.lock`, `.${VAULT_FILE}.*.tmp`];

export interface Initialised {
	readonly vaultId: string;
	/** The git files that were written or extended. */
	readonly gitFiles: readonly string[];
}

/**
 * Makes a project's vault with one environment, its creator the first writer.
 * @param creatorName what teammates will read in `members list`
 * @throws AppError `VAULT_EXISTS` (exit 5); `MEMORY_FAILED` (exit 1) where the vault is there, and no memory of it
 */
export async function initProject(context: SessionContext, creatorName: string): Promise<Initialised> {
	const { identity, root } = context;
	const { sign, box } = identity.publicKeys;
	const document = createVault(context.environment, { sign, box, name: creatorName }, identity);
	const loaded = await writeNewVault(root, document);
	const place = { folder: context.stateFolder, member: context.member, stateKey: identity.stateKey, root };
	await afterWrite(async () => {
		await writeProjectPin(place, document.vaultId);
		await (await openSession(loaded, context)).remember(loaded);
	});
	const gitFiles: string[] = [];
	if (await ensureLines(join(root, ".gitattributes"), GIT_ATTRIBUTES)) gitFiles.push(".gitattributes");
	if (await ensureLines(join(root, ".gitignore"), GIT_IGNORE)) gitFiles.push(".gitignore");
	return { vaultId: document.vaultId, gitFiles };
}
