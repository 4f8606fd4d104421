/**
 * The making of this device's identity, in the system's keychain or in a file that was asked for.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type Identity, newIdentity, sameIdentity } from "../../identity/identity.ts";
import { writeIdentityFile } from "../../identity/identity-file.ts";
import {
	createIdentityInKeychain,
	type FoundIdentity,
	importIdentityToKeychain,
	openIdentity,
} from "../../identity/sources.ts";
import { withLock } from "../../project/files/vault-lock.ts";
import { requireOutOfGit } from "../plaintext/key-files.ts";
import type { Environment } from "../shell/process-environment.ts";
import { findIdentity, systemKeychain } from "./open-project.ts";

/** Where an identity is from, for a person. */
export const SOURCES: Readonly<Record<FoundIdentity["source"], string>> = {
	keychain: "the system's keychain",
	file: "the file that COFFER_IDENTITY_FILE names",
	environment: "COFFER_IDENTITY",
};

/**
 * Makes the device's identity: in the file that COFFER_IDENTITY_FILE names, else in the keychain; there one process at a
 * time, since a keychain would let the second overwrite the first.
 */
export async function createIdentity(environment: Environment): Promise<Identity> {
	const { identityFile, stateDirectory: stateFolder } = environment;
	if (identityFile !== undefined) {
		await requireOutOfGit(identityFile);
		const identity = newIdentity();
		await writeIdentityFile(identityFile, identity);
		return identity;
	}
	const keychain = systemKeychain();
	return withIdentityLock(stateFolder, async () => {
		const made = await openIdentity({ env: {}, keychain });
		return made?.identity ?? (await createIdentityInKeychain(keychain));
	});
}

/** Runs what changes the device's identity, one process at a time. @throws AppError as `withLock` */
export async function withIdentityLock<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
	await Promise.all([mkdir(stateFolder, { recursive: true, mode: 0o700 }), cryptoReady]);
	return withLock(join(stateFolder, "identity.lock"), work);
}

/**
 * The identity that is there, or undefined where one can be made: also where COFFER_IDENTITY_FILE names a file that does
 * not exist yet.
 */
export async function presentIdentity(environment: Environment): Promise<FoundIdentity | undefined> {
	try {
		return await findIdentity(environment);
	} catch (error) {
		if (error instanceof AppError && error.code === "IDENTITY_FILE_NOT_FOUND") return undefined;
		throw error;
	}
}

/**
 * Whether an identity that comes from elsewhere could become this device's: where COFFER_IDENTITY is set, it would be
 * looked for nowhere else.
 * @throws AppError `IDENTITY_EXISTS` (exit 5), or what the keychain or the file throws
 */
export async function requireImportable(environment: Environment): Promise<void> {
	const found = await presentIdentity(environment);
	if (found?.source !== "environment") return;
	throw new AppError({
		code: "IDENTITY_EXISTS",
		message: "COFFER_IDENTITY is set, and names the identity that every command uses.",
		hint: "Unset it to use one from the keychain, or from the file that COFFER_IDENTITY_FILE names.",
		exit: EXIT.conflict,
	});
}

/**
 * Keeps an identity that comes from elsewhere as the device's own: in the file that COFFER_IDENTITY_FILE names, else in the
 * keychain. The same one that is there already is left as it is.
 * @throws AppError `IDENTITY_EXISTS`, `IDENTITY_FILE_EXISTS` (exit 5) where there is another one, or what keychain or file throws
 */
export async function importIdentity(
	environment: Environment,
	identity: Identity,
): Promise<{ source: "file" | "keychain"; present: boolean }> {
	const { identityFile, stateDirectory } = environment;
	return withIdentityLock(stateDirectory, async () => {
		const found = await presentIdentity(environment);
		const present = found !== undefined && sameIdentity(found.identity, identity);
		if (identityFile === undefined) {
			await importIdentityToKeychain(systemKeychain(), identity);
			return { source: "keychain", present };
		}
		if (!present) {
			await requireOutOfGit(identityFile);
			await writeIdentityFile(identityFile, identity);
		}
		return { source: "file", present };
	});
}
