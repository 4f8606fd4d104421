/**
 * The pre-commit hook's check of vaults: whether the staged vaults are valid, and whether they have everything
 * that the parent commits have. No key is needed.
 */
import { basename } from "node:path";
import { AppError, attempt, EXIT, toUndefined } from "../../../errors.ts";
import { verifyRoot } from "../../../vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../../vault/document/document.ts";
import { parseVault } from "../../../vault/document/format.ts";
import { type Loss, lossesOf, type Parent } from "../../../vault/merge/losses.ts";
import { checkSignatures, verifyRecord } from "../../../vault/records/seal.ts";
import { LIMITS, malformed } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { vaultTextOf } from "../../files/vault-text.ts";
import { findObjects, readObjects } from "../history/objects.ts";
import type { GitPlace } from "../run.ts";
import { type OtherHead, otherHead } from "../unfinished.ts";
import { type StagedFile, stagedSince } from "./staged.ts";

/** A vault in the index, with the object ids of the parents' versions; undefined if a parent has none. */
interface StagedVault {
	readonly path: string;
	readonly mode: string;
	readonly id: string;
	readonly head: string | undefined;
	/** From the commit that is being merged in, and from the merge bases. */
	readonly other: string | undefined;
	readonly bases: readonly string[];
}

const isNothing = (id: string) => /^0+$/.test(id);
const known = (id: string | undefined) => (id === undefined || isNothing(id) ? undefined : id);

/**
 * The staged vaults that differ from HEAD, or from the commit that is being merged in. The second matters for a
 * merge that kept our side: it equals HEAD.
 */
async function vaultsToCheck(
	place: GitPlace,
	staged: readonly StagedFile[],
	other: OtherHead | undefined,
): Promise<StagedVault[]> {
	const isVault = ({ path }: StagedFile) => basename(path) === VAULT_FILE;
	const fromHead = new Map(staged.filter(isVault).map((file) => [file.path, file]));
	const beside = other ? (await stagedSince(place, other.id)).filter(isVault) : [];
	const fromOther = new Map(beside.map((file) => [file.path, file]));
	const vaults: StagedVault[] = [];
	for (const [path, file] of new Map([...fromOther, ...fromHead])) {
		const names = other ? other.bases.map((base) => `${base}:${path}`) : [];
		const bases = names.length > 0 ? await findObjects(place, names) : [];
		vaults.push({
			path,
			mode: file.mode,
			id: file.id,
			// A file that is not listed is the same there as in the index.
			head: known(fromHead.has(path) ? fromHead.get(path)?.idBefore : file.id),
			other: other && known(fromOther.has(path) ? fromOther.get(path)?.idBefore : file.id),
			bases: bases.flatMap((found) => (found?.type === "blob" ? [found.id] : [])),
		});
	}
	return vaults;
}

async function textOf(place: GitPlace, id: string): Promise<string> {
	let text: string | undefined;
	await readObjects(place, [id], LIMITS.fileBytes, (_, bytes) => {
		text = vaultTextOf(bytes);
	});
	return text ?? "";
}

/**
 * A commit's vault, whose records were checked by this hook before; undefined if the commit has no readable
 * one.
 */
async function committed(place: GitPlace, id: string | undefined): Promise<VaultDocument | undefined> {
	if (id === undefined) return undefined;
	const text = await textOf(place, id).catch(toUndefined);
	return text === undefined ? undefined : attempt(() => parseVault(text));
}

async function staged(place: GitPlace, { mode, id }: StagedVault): Promise<VaultDocument> {
	if (mode.startsWith("100")) return parseVault(await textOf(place, id));
	throw malformed("VAULT_MALFORMED", "what is staged is not a plain file.", 1);
}

async function checkDocument(document: VaultDocument, before: VaultDocument | undefined): Promise<void> {
	// In another vault, the same record may be invalid.
	const known = before?.vaultId === document.vaultId ? before.environments : undefined;
	for (const name of verifyRoot(document.vaultId, document.links).environments.keys()) {
		const { state, section } = verifyChains(document, name);
		const committed = known?.get(name)?.records;
		const changed = [...section.records.values()].filter(
			(record) => committed?.get(record.name)?.body !== record.body,
		);
		const validSignatures = await checkSignatures(state, changed);
		for (const record of changed) verifyRecord(state, record, validSignatures);
	}
}

/** The most losses that a message lists. */
const SHOWN_MAX = 10;

function shown({ environment, name }: Loss): string {
	if (name !== null && environment !== null) return `${name} (${environment})`;
	return environment === null ? "owners or environments of the vault" : `members of '${environment}'`;
}

/** @throws AppError `VAULT_LOSES` (exit 5) */
function requireNoLoss(losses: readonly Loss[], isMerge: boolean): void {
	const [first] = losses;
	if (!first) return;
	const parents = [...new Set(losses.map(({ parent }) => parent))].join(" and ");
	const names = losses.slice(0, SHOWN_MAX).map(shown);
	const more = losses.length > SHOWN_MAX ? `, and ${losses.length - SHOWN_MAX} more` : "";
	throw new AppError({
		code: "VAULT_LOSES",
		message: `coffer.vault would lose what ${parents} has: ${names.join(", ")}${more}.`,
		hint: isMerge
			? "Unite both sides: coffer vault resolve; then: git add coffer.vault. What is not wanted can be deleted by name afterwards (coffer secrets delete NAME)."
			: "Take HEAD's (git checkout HEAD -- coffer.vault), or one secret of it (coffer vault restore NAME). To go back on purpose: git commit --no-verify.",
		exit: EXIT.conflict,
		data: losses,
	});
}

async function checkVault(place: GitPlace, vault: StagedVault, other: OtherHead | undefined): Promise<void> {
	const [document, head] = [await staged(place, vault), await committed(place, vault.head)];
	await checkDocument(document, head);
	const theirs = await committed(place, vault.other);
	const bases: VaultDocument[] = [];
	for (const id of vault.bases) {
		const base = await committed(place, id);
		if (base) bases.push(base);
	}
	const parents: Parent[] = head ? [{ label: "HEAD", document: head }] : [];
	if (other && theirs) parents.push({ label: other.label, document: theirs });
	requireNoLoss(lossesOf(document, parents, bases), theirs !== undefined);
}

/**
 * Checks every staged vault: no conflict markers, valid syntax and chains, valid signatures of new records, and
 * no loss of anything that HEAD has, or the commit that a merge, cherry-pick or rebase brings in.
 * @param files the staged files
 * @returns the paths that were checked
 * @throws AppError as `parseVault` and `verifyChains`, `VAULT_LOSES` (exit 5); the message names the path
 */
export async function checkStaged(place: GitPlace, files: readonly StagedFile[]): Promise<string[]> {
	const other = await otherHead(place);
	const vaults = await vaultsToCheck(place, files, other);
	for (const vault of vaults) {
		try {
			await checkVault(place, vault, other);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			throw error.with({ message: `Not committed. ${error.message} (staged as ${vault.path})` });
		}
	}
	return vaults.map(({ path }) => path);
}
