/** Finds the values of the vaults that a commit could reveal. */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { AppError, attempt } from "../../errors.ts";
import { type EnvironmentKeys, openKeys } from "../../vault/chains/environment-keys.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { parseVault } from "../../vault/document/format.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { openRecord } from "../../vault/records/seal.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { loadVault } from "../files/vault-file.ts";
import { vaultTextOf } from "../files/vault-text.ts";
import { findObjects, readObjects } from "../git/history/objects.ts";
import { workTreeAround } from "../git/repository.ts";
import { type GitContext, gitOutput } from "../git/run.ts";
import type { SessionIdentity } from "../session/session.ts";
import type { LiveSecret } from "./searchable.ts";

/**
 * Folders with a vault, relative to the top of the working tree: in the index, in the working folder above a
 * staged file, or at the top, where it may not be staged yet.
 * @param place the top of the working tree
 * @throws AppError as `runGit`
 */
export async function vaultFolders(place: GitContext, staged: readonly string[]): Promise<string[]> {
	const list = ["ls-files", "-z", "--", `:(glob)**/${VAULT_FILE}`];
	const listed = (await gitOutput(place, list, { seen: "path-syntax" })).split("\0");
	const found = new Set(listed.filter((path) => basename(path) === VAULT_FILE).map(dirname));
	const seen = new Set<string>();
	for (const path of staged) {
		for (let folder = dirname(path); !seen.has(folder); folder = dirname(folder)) {
			seen.add(folder);
			if (existsSync(join(place.folder, folder, VAULT_FILE))) found.add(folder);
		}
	}
	return [...found];
}

/** The folders of the other vaults that git's index has, from the working folder. None where git opens no repository. */
export async function otherVaults(place: GitContext, root: string): Promise<string[]> {
	try {
		const folder = await workTreeAround(place);
		if (folder === undefined) return [];
		const folders = (await vaultFolders({ ...place, folder }, [])).map((each) => join(folder, each));
		return folders.filter((each) => each !== root).map((each) => relative(place.folder, each) || ".");
	} catch (error) {
		if (error instanceof AppError) return [];
		throw error;
	}
}

/** The vault in the working folder, or else the one in the index; undefined if neither can be parsed. */
async function vaultIn(place: GitContext, folder: string): Promise<VaultDocument | undefined> {
	try {
		return (await loadVault(join(place.folder, folder))).document;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
	}
	const path = folder === "." ? VAULT_FILE : `${folder}/${VAULT_FILE}`;
	const [object] = await findObjects(place, [`:${path}`]);
	if (object?.type !== "blob") return undefined;
	let document: VaultDocument | undefined;
	await readObjects(place, [object.id], LIMITS.fileBytes, (_, bytes) => {
		document = attempt(() => parseVault(vaultTextOf(bytes)));
	});
	return document;
}

/**
 * The value of one record. Its signature is not checked: the value is only searched for, so a forged one can at worst
 * block a commit.
 */
function openedValue(
	state: EnvironmentState,
	keys: EnvironmentKeys,
	record: SealedRecord,
): string | undefined {
	return record.kind === "live" ? attempt(() => openRecord(state, keys, record)) : undefined;
}

/** The values of a vault, and the environments whose values this identity cannot open. */
export interface VaultValues {
	readonly secrets: readonly LiveSecret[];
	readonly closed: readonly ClosedEnvironment[];
	/** The names of the environments that were opened. */
	readonly opened: readonly string[];
}

export interface ClosedEnvironment {
	readonly environment: string;
	/** The error's code: `NOT_A_MEMBER`, or that of a fault in the vault. */
	readonly code: string;
}

/** Opens every value that an identity may open. Faults are not thrown: the other environments are still searched for. */
export function valuesIn(document: VaultDocument, identity: SessionIdentity): VaultValues {
	const [secrets, closed, opened]: [LiveSecret[], ClosedEnvironment[], string[]] = [[], [], []];
	for (const environment of document.environments.keys()) {
		try {
			const { section, state } = verifyChains(document, environment);
			const keys = openKeys(state, identity);
			opened.push(environment);
			for (const record of section.records.values()) {
				const value = openedValue(state, keys, record);
				if (value !== undefined) secrets.push({ environment, name: record.name, value });
			}
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			closed.push({ environment, code: error.code });
		}
	}
	return { secrets, closed, opened };
}

/**
 * As `valuesIn`, for a search that would be useless without values.
 * @throws AppError the reason why the first environment cannot be opened, if none can: `NOT_A_MEMBER` (exit 3), or a fault
 *   in the vault (exit 7)
 */
export function openableValues(document: VaultDocument, identity: SessionIdentity): VaultValues {
	const values = valuesIn(document, identity);
	const [first] = document.environments.keys();
	if (values.opened.length > 0 || first === undefined) return values;
	openKeys(verifyChains(document, first).state, identity);
	return values;
}

/** All live values that an identity may open in the vaults of these folders, from the top. @throws AppError as `runGit` */
export async function liveSecrets(
	place: GitContext,
	folders: readonly string[],
	identity: SessionIdentity,
): Promise<LiveSecret[]> {
	const secrets: LiveSecret[] = [];
	for (const folder of folders) {
		const document = await vaultIn(place, folder);
		if (!document) continue;
		const found = valuesIn(document, identity).secrets;
		secrets.push(...(folders.length > 1 ? found.map((each) => ({ ...each, vault: folder })) : found));
	}
	return secrets;
}
