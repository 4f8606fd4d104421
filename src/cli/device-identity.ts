/**
 * The making of this device's identity, in the system's keychain or in a file that was asked for.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { type Identity, newIdentity } from "../identity/identity.ts";
import { writeIdentityFile } from "../identity/identity-file.ts";
import { createIdentityInKeychain, type FoundIdentity, openIdentity } from "../identity/sources.ts";
import { withLock } from "../project/lock.ts";
import type { Environment } from "./environment.ts";
import { findIdentity, systemKeychain } from "./project.ts";

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
		const identity = newIdentity();
		await writeIdentityFile(identityFile, identity);
		return identity;
	}
	await mkdir(stateFolder, { recursive: true, mode: 0o700 });
	const keychain = systemKeychain();
	return withLock(join(stateFolder, "identity.lock"), async () => {
		const made = await openIdentity({ env: {}, keychain });
		return made?.identity ?? (await createIdentityInKeychain(keychain));
	});
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
