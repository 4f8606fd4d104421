/**
 * What the pre-commit hook asks: whether the vaults that are about to be committed hold, as far as no key is needed.
 */
import { basename } from "node:path";
import { AppError } from "../../errors.ts";
import { type VaultDocument, verifyChains } from "../../vault/document.ts";
import { parseVault } from "../../vault/format.ts";
import { verifyRoot } from "../../vault/root.ts";
import { checkSignatures, verifyRecord } from "../../vault/seal.ts";
import { VAULT_FILE } from "../root.ts";
import { type GitPlace, gitOutput, runGit } from "./run.ts";

/** The last commit's vault, whose records passed this check before; undefined where it has none that can be read. */
async function committed(place: GitPlace, path: string): Promise<VaultDocument | undefined> {
	const { status, stdout } = await runGit(place, ["show", `HEAD:${path}`]);
	if (status !== 0) return undefined;
	try {
		return parseVault(stdout);
	} catch (error) {
		if (error instanceof AppError) return undefined;
		throw error;
	}
}

async function checkDocument(document: VaultDocument, before: VaultDocument | undefined): Promise<void> {
	// Of another vault, the same record may be no record.
	const known = before?.vaultId === document.vaultId ? before.environments : undefined;
	for (const name of verifyRoot(document.vaultId, document.links).environments.keys()) {
		const { state, section } = verifyChains(document, name);
		const committed = known?.get(name)?.records;
		const changed = [...section.records.values()].filter(
			(record) => committed?.get(record.name)?.body !== record.body,
		);
		const fitting = await checkSignatures(state, changed);
		for (const record of changed) verifyRecord(state, record, fitting);
	}
}

/**
 * Checks every staged vault: no conflict markers, whole syntax, chains, and the signatures of records that are new.
 * @returns the paths that were checked
 * @throws AppError as `parseVault` and `verifyChains`, the path in the message
 */
export async function checkStaged(place: GitPlace): Promise<string[]> {
	const folder = await gitOutput(place, ["rev-parse", "--show-toplevel"]);
	const top: GitPlace = { ...place, folder };
	const staged = await gitOutput(top, ["diff", "--cached", "--name-only", "--diff-filter=d", "-z"]);
	const paths = staged.split("\0").filter((path) => basename(path) === VAULT_FILE);
	for (const path of paths) {
		// Not gitOutput: the text's last line feed is a part of it.
		const { stdout } = await runGit(top, ["show", `:${path}`]);
		try {
			await checkDocument(parseVault(stdout), await committed(top, path));
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			const { code, hint, exit, line, message } = error;
			const text = `Not committed. ${message} (staged as ${path})`;
			throw new AppError({ code, message: text, hint, exit, cause: error, ...(line ? { line } : {}) });
		}
	}
	return paths;
}
