/**
 * The beginning of a project: its vault, and what git needs to know of it.
 */
import { join } from "node:path";
import { fromUtf8 } from "../bytes.ts";
import { createVault } from "../vault/create.ts";
import { readWhole, replaceFile } from "./atomic-file.ts";
import { VAULT_FILE } from "./root.ts";
import { openSession, type SessionContext } from "./session.ts";
import { writeProjectPin } from "./state.ts";
import { writeNewVault } from "./vault-file.ts";

const GIT_ATTRIBUTES = [`${VAULT_FILE} text eol=lf`];
const GIT_IGNORE = [`${VAULT_FILE}.lock`, `.${VAULT_FILE}.*.tmp`];

/** Adds the lines that a text file lacks. @returns whether anything was added */
async function ensureLines(path: string, lines: readonly string[]): Promise<boolean> {
	const bytes = await readWhole(path);
	const text = bytes === undefined ? "" : fromUtf8(bytes);
	if (text === undefined) return false;
	const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
	const absent = lines.filter((line) => !present.has(line));
	if (absent.length === 0) return false;
	const separator = text === "" || text.endsWith("\n") ? "" : "\n";
	await replaceFile(path, `${text}${separator}${absent.join("\n")}\n`, { mode: 0o644 });
	return true;
}

export interface Initialised {
	readonly vaultId: string;
	/** The git files that were written or extended. */
	readonly gitFiles: readonly string[];
}

/**
 * Makes a project's vault with one environment, its creator the first writer.
 * @param creatorName what teammates will read in `members list`
 * @throws AppError `VAULT_EXISTS` (exit 5)
 */
export async function initProject(context: SessionContext, creatorName: string): Promise<Initialised> {
	const { identity, root } = context;
	const { sign, box } = identity.publicKeys;
	const document = createVault(context.environment, { sign, box, name: creatorName }, identity);
	const loaded = await writeNewVault(root, document);
	await writeProjectPin(
		{ folder: context.stateFolder, member: context.member, stateKey: identity.stateKey, root },
		document.vaultId,
	);
	await (await openSession(loaded, context)).remember(loaded);
	const gitFiles: string[] = [];
	if (await ensureLines(join(root, ".gitattributes"), GIT_ATTRIBUTES)) gitFiles.push(".gitattributes");
	if (await ensureLines(join(root, ".gitignore"), GIT_IGNORE)) gitFiles.push(".gitignore");
	return { vaultId: document.vaultId, gitFiles };
}
