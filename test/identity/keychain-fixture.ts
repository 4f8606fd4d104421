/** A real keychain and a temporary folder for each test of a file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { type Keychain, osKeychain } from "../../src/identity/keychain/keychain.ts";
import { type SecretService, withSecretService } from "../support/services/secret-service.ts";

/** A keychain that cannot be reached, because there is no bus. */
export const unreachable = osKeychain({ environment: {} });

/** All accounts that a test of identities may leave in the keychain. */
const ACCOUNTS = ["identity", "identity-previous", "platform-identity"] as const;

/** The keychain of the file's Secret Service. Its identities are deleted after each test. */
export let keychain: Keychain;
/** The folder of the running test. It is removed after the test. */
export let folder: string;

/** Starts a Secret Service for the tests of the calling file; `keychain` and `folder` can be used in each of them. */
export function useKeychain(): void {
	let service: SecretService;
	beforeAll(async () => {
		await cryptoReady;
		service = await withSecretService();
		// The native library reads the environment of the process directly.
		Object.assign(process.env, service.env);
		keychain = osKeychain({ environment: service.env });
	}, 30_000);
	afterAll(() => service.close());
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), "coffer-identity-"));
	});
	afterEach(async () => {
		for (const account of ACCOUNTS) await keychain.delete(account);
		await rm(folder, { recursive: true });
	});
}
