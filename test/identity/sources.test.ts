import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatIdentity, newIdentity, sameIdentity } from "../../src/identity/identity.ts";
import { readIdentityFile, writeIdentityFile } from "../../src/identity/identity-file.ts";
import { openPlatformIdentity } from "../../src/identity/platform-identity.ts";
import {
	createIdentityInKeychain,
	importIdentityToKeychain,
	openIdentity,
} from "../../src/identity/sources.ts";
import { deleteToken, readToken, storeToken } from "../../src/identity/tokens.ts";
import { folder, keychain, unreachable, useKeychain } from "./keychain-fixture.ts";

useKeychain();

describe("the device's identity", () => {
	test("comes from the environment, else from the file, else from the keychain", async () => {
		const [ci, filed] = [newIdentity(), newIdentity()];
		const path = join(folder, "identity");
		await writeIdentityFile(path, filed);
		expect(await openIdentity({ env: {}, keychain })).toBe(undefined);
		const stored = await createIdentityInKeychain(keychain);

		const env = { COFFER_IDENTITY: formatIdentity(ci), COFFER_IDENTITY_FILE: path };
		expect(await openIdentity({ env, keychain })).toEqual({ identity: ci, source: "environment" });
		const fileOnly = { COFFER_IDENTITY_FILE: path };
		expect(await openIdentity({ env: fileOnly, keychain })).toEqual({ identity: filed, source: "file" });
		expect(await openIdentity({ env: {}, keychain })).toEqual({ identity: stored, source: "keychain" });
	});

	test("needs no keychain if another source is named", async () => {
		const env = { COFFER_IDENTITY: formatIdentity(newIdentity()) };
		expect(await openIdentity({ env, keychain: unreachable })).toMatchObject({ source: "environment" });
	});

	test("has no fallback if the named source fails", async () => {
		await createIdentityInKeychain(keychain);
		for (const COFFER_IDENTITY of ["", "nonsense"]) {
			const opening = openIdentity({ env: { COFFER_IDENTITY }, keychain });
			await expect(opening).rejects.toMatchObject({ code: "IDENTITY_MALFORMED", exit: 3 });
		}
		const missing = openIdentity({ env: { COFFER_IDENTITY_FILE: join(folder, "none") }, keychain });
		await expect(missing).rejects.toMatchObject({
			code: "IDENTITY_FILE_NOT_FOUND",
			exit: 3,
			hint: expect.stringContaining("'coffer identity new'"),
		});
		const none = openIdentity({ env: {}, keychain: unreachable });
		await expect(none).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE", exit: 3 });
	});

	test("is never overwritten in the keychain", async () => {
		const first = await createIdentityInKeychain(keychain);
		const exists = { code: "IDENTITY_EXISTS", exit: 5 };
		await expect(createIdentityInKeychain(keychain)).rejects.toMatchObject(exists);
		await expect(importIdentityToKeychain(keychain, newIdentity())).rejects.toMatchObject(exists);
		await importIdentityToKeychain(keychain, first);
		expect((await openIdentity({ env: {}, keychain }))?.identity).toEqual(first);
	});

	test("is neither shown nor replaced if it is damaged in the keychain", async () => {
		await keychain.set("identity", "damaged");
		await expect(openIdentity({ env: {}, keychain })).rejects.toMatchObject({
			code: "IDENTITY_MALFORMED",
			message: expect.not.stringContaining("damaged"),
		});
		await expect(createIdentityInKeychain(keychain)).rejects.toMatchObject({ code: "IDENTITY_EXISTS" });
		expect(await keychain.get("identity")).toBe("damaged");
	});

	test("is the imported one after an import", async () => {
		const imported = newIdentity();
		await importIdentityToKeychain(keychain, imported);
		expect((await openIdentity({ env: {}, keychain }))?.identity).toEqual(imported);
	});
});

describe("the platform's identity", () => {
	const options = () => ({ env: {}, keychain, dataDirectory: join(folder, "data") });

	test("is created once in the named file", async () => {
		const identityFile = join(folder, "platform");
		const first = await openPlatformIdentity({ ...options(), identityFile, keychain: unreachable });
		expect(first).toMatchObject({ source: "file", created: true });
		expect(await readIdentityFile(identityFile)).toEqual(first.identity);
		const second = await openPlatformIdentity({ ...options(), identityFile, keychain: unreachable });
		expect(second).toEqual({ ...first, created: false });
	});

	test("is created once by any number of concurrent starts", async () => {
		const identityFile = join(folder, "platform");
		const start = () => openPlatformIdentity({ ...options(), identityFile }).catch((error: unknown) => error);
		const started = await Promise.all([start(), start(), start(), start()]);
		expect(started).toContainEqual(expect.objectContaining({ created: true }));
		const stored = await readIdentityFile(identityFile);
		for (const one of started) {
			if (!(one instanceof Error))
				expect(sameIdentity((one as { identity: typeof stored }).identity, stored)).toBe(true);
		}
	});

	test("is not created for a platform that is there: it would be another one", async () => {
		const identityFile = join(folder, "platform");
		const there = { ...options(), hasPlatform: true };
		for (const named of [{ identityFile, keychain: unreachable }, {}]) {
			await expect(openPlatformIdentity({ ...there, ...named })).rejects.toMatchObject({
				code: "PLATFORM_IDENTITY_MISSING",
				message: expect.stringContaining(there.dataDirectory),
				exit: 3,
			});
		}
		await expect(readIdentityFile(identityFile)).rejects.toMatchObject({ code: "IDENTITY_FILE_NOT_FOUND" });
		const first = await openPlatformIdentity(options());
		expect(await openPlatformIdentity(there)).toEqual({ ...first, created: false });
	});

	test("is not created in a file that a variable names", async () => {
		const path = join(folder, "platform");
		const env = { COFFER_PLATFORM_IDENTITY_FILE: path };
		await expect(openPlatformIdentity({ ...options(), env })).rejects.toMatchObject({
			code: "IDENTITY_FILE_NOT_FOUND",
		});
		await writeIdentityFile(path, newIdentity());
		expect(await openPlatformIdentity({ ...options(), env })).toMatchObject({
			source: "file",
			created: false,
		});
	});

	test("comes from its own variables, never from those of the user's identity", async () => {
		const own = newIdentity();
		const env = {
			COFFER_PLATFORM_IDENTITY: formatIdentity(own),
			COFFER_IDENTITY: formatIdentity(newIdentity()),
		};
		expect(await openPlatformIdentity({ ...options(), env })).toEqual({
			identity: own,
			source: "environment",
			created: false,
		});
		const { COFFER_IDENTITY } = env;
		const opening = openPlatformIdentity({
			...options(),
			env: { COFFER_IDENTITY } as object,
			keychain: unreachable,
		});
		await expect(opening).rejects.toMatchObject({ code: "PLATFORM_IDENTITY_MISSING" });
	});

	test("is created in the keychain if no source is named, separate from the user's", async () => {
		const person = await createIdentityInKeychain(keychain);
		const first = await openPlatformIdentity(options());
		expect(first).toMatchObject({ source: "keychain", created: true });
		expect(sameIdentity(first.identity, person)).toBe(false);
		expect(await openPlatformIdentity(options())).toEqual({ ...first, created: false });
	});

	test("is missing: the error names the three ways to create one", async () => {
		await expect(openPlatformIdentity({ ...options(), keychain: unreachable })).rejects.toMatchObject({
			code: "PLATFORM_IDENTITY_MISSING",
			exit: 3,
			hint: expect.stringMatching(/--identity-file.*COFFER_PLATFORM_IDENTITY\b.*keychain/),
		});
	});

	test("is refused inside the data directory, by any path to it", async () => {
		const refused = { code: "PLATFORM_IDENTITY_IN_DATA", exit: 3 };
		const dataDirectory = join(folder, "data");
		const inside = join(dataDirectory, "keys", "platform");
		await expect(openPlatformIdentity({ ...options(), identityFile: inside })).rejects.toMatchObject(refused);
		await mkdir(join(dataDirectory, "keys"), { recursive: true });
		await expect(openPlatformIdentity({ ...options(), identityFile: inside })).rejects.toMatchObject(refused);

		await symlink(dataDirectory, join(folder, "alias"));
		const aliased = join(folder, "alias", "platform");
		await expect(openPlatformIdentity({ ...options(), identityFile: aliased })).rejects.toMatchObject(
			refused,
		);

		await writeIdentityFile(inside, newIdentity());
		await symlink(inside, join(folder, "link"));
		const env = { COFFER_PLATFORM_IDENTITY_FILE: join(folder, "link") };
		await expect(openPlatformIdentity({ ...options(), env })).rejects.toMatchObject(refused);

		const viaAlias = { ...options(), dataDirectory: join(folder, "alias"), identityFile: inside };
		await expect(openPlatformIdentity(viaAlias)).rejects.toMatchObject(refused);
		await openPlatformIdentity({ ...options(), identityFile: join(folder, "data-of-another") });
	});

	test("is not replaced in a file that cannot be read", async () => {
		const identityFile = join(folder, "platform");
		await writeFile(identityFile, "nonsense", { mode: 0o600 });
		const opening = openPlatformIdentity({ ...options(), identityFile });
		await expect(opening).rejects.toMatchObject({ code: "IDENTITY_MALFORMED" });
	});
});

describe("an access token", () => {
	test("is bound to an origin", async () => {
		await storeToken(keychain, "https://Coffer.example:443/v1/apps", "one");
		await storeToken(keychain, "http://127.0.0.1:4000", "two");
		expect(await readToken(keychain, "https://coffer.example")).toBe("one");
		expect(await readToken(keychain, "http://127.0.0.1:4000/x?y")).toBe("two");
		for (const other of ["http://coffer.example", "https://coffer.example:444", "http://localhost:4000"]) {
			expect(await readToken(keychain, other)).toBe(undefined);
		}
		expect(await deleteToken(keychain, "https://coffer.example/")).toBe(true);
		expect(await deleteToken(keychain, "https://coffer.example/")).toBe(false);
		expect(await readToken(keychain, "http://127.0.0.1:4000")).toBe("two");
	});

	test.each(["", "coffer.example", "ftp://coffer.example", "file:///x", "data:,x"])(
		"is refused for %j",
		async (url) => {
			await expect(async () => readToken(keychain, url)).rejects.toMatchObject({
				code: "PLATFORM_URL_INVALID",
				exit: 2,
			});
		},
	);

	test("is refused if it is empty", async () => {
		await expect(storeToken(keychain, "https://a.example", "")).rejects.toMatchObject({
			code: "TOKEN_EMPTY",
			exit: 2,
		});
	});
});
