/** Finds the values of the vaults that a commit could reveal. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
import { type GitContext, gitOutput } from "../git/run.ts";
import type { SessionIdentity } from "../session/session.ts";
import type { LiveSecret } from "./search.ts";

/**
 * Folders with a vault, relative to the top of the working tree: in the index, in the working folder above a
 * staged file, or at the top, where it may not be staged yet.
 * @param place the top of the working tree
 * @throws AppError as `runGit`
 */
export async function vaultFolders(place: GitContext, staged: readonly string[]): Promise<string[]> {
	const listed = (await gitOutput(place, ["ls-files", "-z", "--", `:(glob)**/${VAULT_FILE}`])).split("\0");
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

function valuesIn(document: VaultDocument, identity: SessionIdentity): LiveSecret[] {
	return [...document.environments.keys()].flatMap((environment) => {
		const opened = attempt(() => {
			const { section, state } = verifyChains(document, environment);
			return { section, state, keys: openKeys(state, identity) };
		});
		if (!opened) return [];
		return [...opened.section.records.values()].flatMap((record) => {
			const value = openedValue(opened.state, opened.keys, record);
			return value === undefined ? [] : [{ environment, name: record.name, value }];
		});
	});
}

/** All live values that an identity may open in the vaults of these folders. @throws AppError as `runGit` */
export async function liveSecrets(
	place: GitContext,
	folders: readonly string[],
	identity: SessionIdentity,
): Promise<LiveSecret[]> {
	const secrets: LiveSecret[] = [];
	for (const folder of folders) {
		const document = await vaultIn(place, folder);
		if (document) secrets.push(...valuesIn(document, identity));
	}
	return secrets;
}
