/**
 * What the pre-commit hook asks: whether the vaults that are about to be committed hold, as far as no key is needed.
 */
import { basename } from "node:path";
import { AppError } from "../../errors.ts";
import { type VaultDocument, verifyChains } from "../../vault/document.ts";
import { parseVault } from "../../vault/format.ts";
import { verifyRoot } from "../../vault/root.ts";
import { checkSignatures, verifyRecord } from "../../vault/seal.ts";
import { LIMITS, malformed } from "../../vault/syntax.ts";
import { VAULT_FILE } from "../root.ts";
import { vaultTextOf } from "../vault-file.ts";
import { readObjects } from "./objects.ts";
import { type GitPlace, gitFailed, gitOutput, runGit } from "./run.ts";

/** A vault in the index that is not the last commit's. */
interface Staged {
	readonly path: string;
	/** Of the file; anything else than `100…` is a link, a submodule, or a merge that is not done. */
	readonly mode: string;
	/** Of its content. */
	readonly id: string;
	/** Of the last commit's content; zeros where it has none. */
	readonly idBefore: string;
}

const CHANGE = /^:([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]/;

/** The tree of the last commit, or an empty one before the first. */
async function lastTree(place: GitPlace): Promise<string> {
	const { status, stdout } = await runGit(place, ["rev-parse", "--quiet", "--verify", "HEAD^{tree}"]);
	return status === 0 ? stdout.trim() : gitOutput(place, ["hash-object", "-t", "tree", "--stdin"]);
}

/** The vaults that would be committed. Plumbing: it neither refreshes the index nor shows a difference. */
async function stagedVaults(place: GitPlace): Promise<Staged[]> {
	const options = ["--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"];
	const kinds = ["--ignore-submodules=dirty", "--diff-filter=d"];
	const listed = await gitOutput(place, ["diff-index", ...options, ...kinds, await lastTree(place), "--"]);
	const words = listed.split("\0");
	const found: Staged[] = [];
	for (let index = 0; index + 1 < words.length; index += 2) {
		const path = words[index + 1] ?? "";
		const [, , mode, idBefore, id] = CHANGE.exec(words[index] ?? "") ?? [];
		if (mode === undefined || id === undefined || idBefore === undefined)
			throw gitFailed("diff-index", 0, place);
		if (basename(path) === VAULT_FILE) found.push({ path, mode, id, idBefore });
	}
	return found;
}

async function textOf(place: GitPlace, id: string): Promise<string> {
	let text: string | undefined;
	await readObjects(place, [id], LIMITS.fileBytes, (_, bytes) => {
		text = vaultTextOf(bytes);
	});
	return text ?? "";
}

/** The last commit's vault, whose records passed this check before; undefined where it has none that can be read. */
async function committed(place: GitPlace, { idBefore }: Staged): Promise<VaultDocument | undefined> {
	if (/^0+$/.test(idBefore)) return undefined;
	try {
		return parseVault(await textOf(place, idBefore));
	} catch (error) {
		if (error instanceof AppError) return undefined;
		throw error;
	}
}

async function staged(place: GitPlace, { mode, id }: Staged): Promise<VaultDocument> {
	if (mode.startsWith("100")) return parseVault(await textOf(place, id));
	throw malformed("VAULT_MALFORMED", "what is staged is not a plain file.", 1);
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
	const vaults = await stagedVaults(place);
	for (const vault of vaults) {
		try {
			await checkDocument(await staged(place, vault), await committed(place, vault));
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			const { code, hint, exit, line, message } = error;
			const text = `Not committed. ${message} (staged as ${vault.path})`;
			throw new AppError({ code, message: text, hint, exit, cause: error, ...(line ? { line } : {}) });
		}
	}
	return vaults.map(({ path }) => path);
}
