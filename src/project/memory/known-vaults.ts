/** The vaults that a device has opened, according to its memory. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isBase64Text } from "../../bytes.ts";

/** An environment that an identity of this device has opened. */
export interface RememberedEnvironment {
	readonly vaultId: string;
	readonly environment: string;
}

async function foldersIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
	return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * The environments that one identity of this device has opened and another one has not.
 * @param stateFolder `$XDG_STATE_HOME/coffer`
 * @param opened fingerprint of the identity that has opened them
 * @param missing fingerprint of the identity that has not
 */
export async function environmentsOpenedOnlyBy(
	stateFolder: string,
	opened: string,
	missing: string,
): Promise<RememberedEnvironment[]> {
	const vaults = (await foldersIn(stateFolder)).filter((name) => isBase64Text(name, 32));
	const found: RememberedEnvironment[] = [];
	for (const vaultId of vaults.sort()) {
		for (const environment of (await foldersIn(join(stateFolder, vaultId))).sort()) {
			const has = (member: string) =>
				existsSync(join(stateFolder, vaultId, environment, `marks-${member}.json`));
			if (has(opened) && !has(missing)) found.push({ vaultId, environment });
		}
	}
	return found;
}

/**
 * The environments of a vault that an identity of this device has a memory of; sorted.
 * @param stateFolder `$XDG_STATE_HOME/coffer`
 * @param member fingerprint of the identity
 */
export async function environmentsRemembered(
	stateFolder: string,
	vaultId: string,
	member: string,
): Promise<string[]> {
	const names = await foldersIn(join(stateFolder, vaultId));
	return names.filter((name) => existsSync(join(stateFolder, vaultId, name, `marks-${member}.json`))).sort();
}
