/**
 * The pre-commit hook's check of vaults: whether the staged vaults are valid, and whether they have everything
 * that the parent commits have. No key is needed.
 */
import { basename, posix } from "node:path";
import { AppError, attempt, EXIT, toUndefined } from "../../../errors.ts";
import { printable, shellWord } from "../../../printable.ts";
import { verifyRoot } from "../../../vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../../vault/document/document.ts";
import { parseVault } from "../../../vault/document/format.ts";
import { type Loss, lossesOf, type Parent, preservesMoreOf } from "../../../vault/merge/losses.ts";
import { checkSignatures, verifyRecord } from "../../../vault/records/seal.ts";
import { LIMITS, malformed } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { vaultTextOf } from "../../files/vault-text.ts";
import { findObjects, readObjects } from "../history/objects.ts";
import { type GitContext, runGit } from "../run.ts";
import { RESTAGE } from "../setup.ts";
import { type OtherHead, otherHeads, SQUASH } from "../unfinished.ts";
import { hasFileOf, type StagedFile, stagedSince } from "./staged.ts";
import { hintAt } from "./user-folder.ts";

/** The version of a staged vault in a commit that is being merged in. */
interface OtherSide {
	readonly label: string;
	/** Undefined if the commit has no such vault. */
	readonly id: string | undefined;
	/** From the merge bases. */
	readonly bases: readonly string[];
	/** Whether to check this side only if the staged vault contains something from it (see `isSquashStaged`). */
	readonly isUncertain: boolean;
}

/** A vault in the index, with the object ids of the parents' versions. */
interface StagedVault {
	readonly path: string;
	readonly mode: string;
	readonly id: string;
	/** Undefined if HEAD has no such vault. */
	readonly head: string | undefined;
	readonly others: readonly OtherSide[];
}

const isNothing = (id: string) => /^0+$/.test(id);
const known = (id: string | undefined) => (id === undefined || isNothing(id) ? undefined : id);

const isVault = ({ path }: StagedFile) => path.endsWith(VAULT_FILE) && basename(path) === VAULT_FILE;

/** The version of a staged vault in a commit that is being merged in. @param isUncertain as in `OtherSide` */
async function otherSide(
	place: GitContext,
	{ label, bases }: OtherHead,
	{
		beside,
		isUncertain,
	}: { readonly beside: ReadonlyMap<string, StagedFile> | undefined; readonly isUncertain: boolean },
	{ id, path }: StagedFile,
): Promise<OtherSide> {
	const names = bases.map((base) => `${base}:${path}`);
	const found = names.length > 0 ? await findObjects(place, names) : [];
	return {
		label,
		isUncertain,
		// A file that is not listed is the same in that commit as in the index.
		id: known(beside?.has(path) ? beside.get(path)?.idBefore : id),
		bases: found.flatMap((object) => (object?.type === "blob" ? [object.id] : [])),
	};
}

/**
 * The staged vaults that differ from HEAD, or from a commit that is being merged in. The second matters for a merge
 * that kept our side: it equals HEAD.
 */
async function vaultsToCheck(
	place: GitContext,
	staged: readonly StagedFile[],
	others: readonly OtherHead[],
): Promise<StagedVault[]> {
	const byPath = (files: readonly StagedFile[]) =>
		new Map(files.filter(isVault).map((file): [string, StagedFile] => [file.path, file]));
	const fromHead = byPath(staged);
	const beside: { vaults: ReadonlyMap<string, StagedFile>; isUncertain: boolean }[] = [];
	for (const { id, label } of others) {
		const files = await stagedSince(place, id);
		beside.push({ vaults: byPath(files), isUncertain: label === SQUASH && !hasFileOf(files, staged) });
	}
	const vaults: StagedVault[] = [];
	for (const [path, file] of new Map([...beside.flatMap((files) => [...files.vaults]), ...fromHead])) {
		const sides: OtherSide[] = [];
		for (const [index, other] of others.entries()) {
			const { vaults, isUncertain = false } = beside[index] ?? {};
			sides.push(await otherSide(place, other, { beside: vaults, isUncertain }, file));
		}
		const head = known(fromHead.has(path) ? fromHead.get(path)?.idBefore : file.id);
		vaults.push({ path, mode: file.mode, id: file.id, head, others: sides });
	}
	return vaults;
}

async function textOf(place: GitContext, id: string): Promise<string> {
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
async function committed(place: GitContext, id: string | undefined): Promise<VaultDocument | undefined> {
	if (id === undefined) return undefined;
	const text = await textOf(place, id).catch(toUndefined);
	return text === undefined ? undefined : attempt(() => parseVault(text));
}

async function staged(place: GitContext, { mode, id }: StagedVault): Promise<VaultDocument> {
	if (mode.startsWith("100")) return parseVault(await textOf(place, id));
	throw malformed("VAULT_MALFORMED", "the staged file is not a regular file.", 1);
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
			? "Merge both sides: coffer vault resolve; then: git add coffer.vault. Secrets that you do not need can be deleted by name afterwards (coffer secrets delete NAME)."
			: "Restore HEAD's file (git checkout HEAD -- coffer.vault), or one secret of it (coffer vault restore NAME). If the loss is intended: git commit --no-verify.",
		exit: EXIT.conflict,
		data: losses,
	});
}

const isPresent = (document: VaultDocument | undefined) => document !== undefined;

async function checkVault(place: GitContext, vault: StagedVault): Promise<void> {
	const [document, head] = [await staged(place, vault), await committed(place, vault.head)];
	await checkDocument(document, head);
	const bases: VaultDocument[] = [];
	const parents: Parent[] = head ? [{ label: "HEAD", document: head }] : [];
	for (const { label, id, bases: ids, isUncertain } of vault.others) {
		const theirs = await committed(place, id);
		const found: VaultDocument[] = [];
		for (const base of ids) found.push(...[await committed(place, base)].filter(isPresent));
		if (theirs === undefined) continue;
		const side = { label, document: theirs };
		if (isUncertain && head && !preservesMoreOf(document, side, { before: head, bases: found })) continue;
		parents.push(side);
		bases.push(...found);
	}
	requireNoLoss(lossesOf(document, parents, bases), parents.length > (head ? 1 : 0));
}

/**
 * What to do about a faulty vault that git sends through a filter, such as git-crypt or git-lfs: the file itself is
 * valid, and no repair of it helps. Undefined without a filter.
 */
async function hintOfFilter(place: GitContext, path: string): Promise<string | undefined> {
	const { status, stdout } = await runGit(place, ["check-attr", "-z", "filter", "--", path]);
	const filter = stdout.split("\0")[2] ?? "unspecified";
	if (status !== 0 || ["unspecified", "unset", "set"].includes(filter)) return undefined;
	const folder = posix.dirname(path);
	const where = folder === "." ? "Run" : `In the folder ${shellWord(folder)}, run`;
	return `The attributes send the file through the filter '${filter}', so git stores other bytes than the file has. The vault is encrypted already. ${where} 'coffer git setup', which takes the filter away, and then: ${RESTAGE}`;
}

/**
 * Checks every staged vault: no conflict markers, valid syntax and chains, valid signatures of new records, and
 * no loss of anything that HEAD has, or a commit that a merge (also a squashed one), cherry-pick or rebase brings in.
 * @param files the staged files
 * @returns the paths that were checked
 * @throws AppError as `parseVault` and `verifyChains`, `VAULT_LOSES` (exit 5); the message names the path
 */
export async function checkStaged(place: GitContext, files: readonly StagedFile[]): Promise<string[]> {
	const vaults = await vaultsToCheck(place, files, await otherHeads(place));
	for (const vault of vaults) {
		try {
			await checkVault(place, vault);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			const message = `Not committed. ${error.message} (staged as ${printable(vault.path, 300)})`;
			const ofFilter = await hintOfFilter(place, vault.path);
			throw error.with({ message, hint: ofFilter ?? hintAt(error.hint, vault.path, place) });
		}
	}
	return vaults.map(({ path }) => path);
}
