/** A platform's identity on its way to another machine, with a real keychain. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { newIdentity, sameIdentity } from "../../src/identity/identity.ts";
import { readIdentityFile, writeIdentityFile } from "../../src/identity/identity-file.ts";
import { type Keychain, osKeychain } from "../../src/identity/keychain/keychain.ts";
import { openPlatformIdentity } from "../../src/identity/platform-identity.ts";
import { findPlatformIdentity, keepPlatformIdentity } from "../../src/identity/platform-transfer.ts";
import { type SecretService, withSecretService } from "../support/secret-service.ts";

/** With no bus to be found. */
const unreachable = osKeychain({ environment: {} });

let service: SecretService;
let keychain: Keychain;
let folder: string;
beforeAll(async () => {
	await cryptoReady;
	service = await withSecretService();
	// The native library looks into the environment of the process by itself.
	Object.assign(process.env, service.env);
	keychain = osKeychain({ environment: service.env });
}, 30_000);
afterAll(() => service.close());
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-transfer-"));
});
afterEach(async () => {
	await keychain.delete("platform-identity");
	await rm(folder, { recursive: true });
});

const options = () => ({ env: {}, keychain, dataDirectory: join(folder, "data") });

describe("a platform's identity", () => {
	test("is found for an export where a start would find it, and never made", async () => {
		await expect(findPlatformIdentity(options())).rejects.toMatchObject({
			code: "PLATFORM_IDENTITY_MISSING",
			exit: 3,
		});
		expect(await keychain.get("platform-identity")).toBe(undefined);
		const { identity } = await openPlatformIdentity(options());
		expect(await findPlatformIdentity(options())).toEqual({ identity, source: "keychain" });
		const [path, other] = [join(folder, "platform"), newIdentity()];
		await writeIdentityFile(path, other);
		expect(await findPlatformIdentity({ ...options(), identityFile: path })).toEqual({
			identity: other,
			source: "file",
		});
	});

	test("that comes from elsewhere takes the place of no other", async () => {
		const [moved, other] = [newIdentity(), newIdentity()];
		const file = join(folder, "platform");
		for (const place of [
			{ file: undefined, keychain },
			{ file, keychain: unreachable },
		]) {
			expect(await keepPlatformIdentity(moved, place)).toEqual({ present: false });
			expect(await keepPlatformIdentity(moved, place)).toEqual({ present: true });
			await expect(keepPlatformIdentity(other, place)).rejects.toMatchObject({ exit: 5 });
		}
		expect(sameIdentity((await findPlatformIdentity(options())).identity, moved)).toBe(true);
		expect(sameIdentity(await readIdentityFile(file), moved)).toBe(true);
	});
});
