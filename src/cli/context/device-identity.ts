/**
 * Creates or imports this device's identity, in the system's keychain or in the file that
 * COFFER_IDENTITY_FILE names.
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

/** Where the identity is stored, as a text for messages. */
export const SOURCES: Readonly<Record<FoundIdentity["source"], string>> = {
	keychain: "the system's keychain",
	file: "the file that COFFER_IDENTITY_FILE names",
	environment: "COFFER_IDENTITY",
};

/**
 * Creates the device's identity in the file that COFFER_IDENTITY_FILE names, or else in the keychain. The
 * keychain needs the lock, because a second process would overwrite the identity of the first. If the
 * keychain has an identity already, that one is returned.
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
		const existing = await openIdentity({ env: {}, keychain });
		return existing?.identity ?? (await createIdentityInKeychain(keychain));
	});
}

/** Runs work that changes the device's identity, in one process at a time. @throws AppError as `withLock` */
export async function withIdentityLock<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
	await Promise.all([mkdir(stateFolder, { recursive: true, mode: 0o700 }), cryptoReady]);
	return withLock(join(stateFolder, "identity.lock"), work);
}

/**
 * The device's identity, or undefined if a command may create one. That includes a COFFER_IDENTITY_FILE that
 * does not exist yet.
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
 * Refuses an import while COFFER_IDENTITY is set: every command would use that identity, and not the imported
 * one.
 * @throws AppError `IDENTITY_EXISTS` (exit 5), or what the keychain or the file throws
 */
export async function requireImportable(environment: Environment): Promise<void> {
	const found = await presentIdentity(environment);
	if (found?.source !== "environment") return;
	throw new AppError({
		code: "IDENTITY_EXISTS",
		message: "COFFER_IDENTITY is set, so every command uses the identity in it.",
		hint: "Unset it to use an identity in the keychain, or in the file that COFFER_IDENTITY_FILE names.",
		exit: EXIT.conflict,
	});
}

/**
 * Stores an exported identity as the device's own: in the file that COFFER_IDENTITY_FILE names, or else in
 * the keychain. Changes nothing if the device has the same identity already.
 * @returns where it is stored, and whether it was already `present`
 * @throws AppError `IDENTITY_EXISTS`, `IDENTITY_FILE_EXISTS` (exit 5) if there is another identity, or what
 *   the keychain or the file throws
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
