/**
 * The making of this device's identity, in the system's keychain.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Identity } from "../identity/identity.ts";
import { createIdentityInKeychain, type FoundIdentity, openIdentity } from "../identity/sources.ts";
import { withLock } from "../project/lock.ts";
import { systemKeychain } from "./project.ts";

/** Where an identity is from, for a person. */
export const SOURCES: Readonly<Record<FoundIdentity["source"], string>> = {
	keychain: "the system's keychain",
	file: "the file that COFFER_IDENTITY_FILE names",
	environment: "COFFER_IDENTITY",
};

/** Makes the device's identity; one process at a time, since a keychain would let the second overwrite the first. */
export async function createIdentity(stateFolder: string): Promise<Identity> {
	await mkdir(stateFolder, { recursive: true, mode: 0o700 });
	const keychain = systemKeychain();
	return withLock(join(stateFolder, "identity.lock"), async () => {
		const made = await openIdentity({ env: {}, keychain });
		return made?.identity ?? (await createIdentityInKeychain(keychain));
	});
}
