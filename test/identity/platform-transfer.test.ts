/** A platform's identity is moved to another machine, with a real keychain. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newIdentity, sameIdentity } from "../../src/identity/identity.ts";
import { readIdentityFile, writeIdentityFile } from "../../src/identity/identity-file.ts";
import { openPlatformIdentity } from "../../src/identity/platform-identity.ts";
import { findPlatformIdentity, keepPlatformIdentity } from "../../src/identity/platform-transfer.ts";
import { folder, keychain, unreachable, useKeychain } from "./keychain-fixture.ts";

useKeychain();

const options = () => ({ env: {}, keychain, dataDirectory: join(folder, "data") });

describe("a platform's identity", () => {
	test("is read for an export from the same source as for a start, and never created", async () => {
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

	test("never replaces an existing identity when it is imported", async () => {
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
