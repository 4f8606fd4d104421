/** Rotations in a real keychain and in real files, interrupted at every step. */
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { formatIdentity, identityOf, newIdentity, sameIdentity } from "../../src/identity/identity.ts";
import { writeIdentityFile } from "../../src/identity/identity-file.ts";
import {
	beginRotation,
	fileRotationStore,
	keychainRotationStore,
	openRotation,
	type RotationStore,
} from "../../src/identity/rotation.ts";
import { refusalOf } from "../support/refusal.ts";
import { folder, keychain, useKeychain } from "./keychain-fixture.ts";

const VAULT = "A".repeat(43);

useKeychain();
let file: string;
beforeEach(() => {
	file = join(folder, "identity");
});

const PLACES: { name: string; make: () => RotationStore; keep: (text: string) => Promise<void> }[] = [
	{
		name: "a keychain",
		make: () => keychainRotationStore(keychain),
		keep: (text) => keychain.set("identity", text),
	},
	{
		name: "a file",
		make: () => fileRotationStore(file),
		keep: (text) => writeFile(file, `${text}\n`, { mode: 0o600 }),
	},
];

/**
 * A store of identities that fails at its n-th write, before or after it is done, as if the process ended
 * there.
 */
function dyingAt(place: RotationStore, write: number, when: "before" | "after"): RotationStore {
	let count = 0;
	const dying =
		<A extends unknown[]>(work: (...args: A) => Promise<void>) =>
		async (...args: A) => {
			const isLast = ++count === write;
			if (isLast && when === "before") throw new Error("died");
			await work(...args);
			if (isLast) throw new Error("died");
		};
	return { ...place, setPresent: dying(place.setPresent), setPrevious: dying(place.setPrevious) };
}

describe.each(PLACES)("rotation in $name", ({ make, keep }) => {
	test("replaces the identity and keeps the previous one until it is deleted", async () => {
		const [place, first] = [make(), identityOf(newIdentity().seed, VAULT)];
		await keep(formatIdentity(first));
		expect(await openRotation(place)).toBe(undefined);
		const rotation = await beginRotation(place);
		expect(rotation.created).toBe(true);
		expect(rotation.previous).toEqual(first);
		expect(sameIdentity(rotation.present, first)).toBe(false);
		expect(rotation.present.vaultPin).toBe(VAULT);
		expect(await openRotation(make())).toEqual({ ...rotation, created: false });
		expect(await beginRotation(make())).toEqual({ ...rotation, created: false });

		await place.forgetPrevious();
		expect(await make().previous()).toBe(undefined);
		const next = await beginRotation(make());
		expect(next.created).toBe(true);
		expect(next.previous).toEqual(rotation.present);
	});

	test.each([
		{ write: 1, when: "before" },
		{ write: 1, when: "after" },
		{ write: 2, when: "before" },
		{ write: 2, when: "after" },
	] as const)(
		"loses no identity of a vault if it is cut $when write $write, and can continue",
		async ({ write, when }) => {
			const first = newIdentity();
			await keep(formatIdentity(first));
			await expect(beginRotation(dyingAt(make(), write, when))).rejects.toThrow("died");
			const place = make();
			const held = [await place.present(), await place.previous()];
			expect(held.some((identity) => identity && sameIdentity(identity, first))).toBe(true);
			const rotation = await beginRotation(place);
			expect(rotation.previous).toEqual(first);
			expect(sameIdentity(rotation.present, first)).toBe(false);
			expect(await make().present()).toEqual(rotation.present);
			if (held[0] && !sameIdentity(held[0], first)) expect(rotation.present).toEqual(held[0]);
		},
	);

	test("refuses a damaged previous identity, and replaces nothing", async () => {
		const first = newIdentity();
		await keep(formatIdentity(first));
		await keychain.set("identity-previous", "damaged");
		await writeFile(`${file}.previous`, "damaged", { mode: 0o600 });
		expect(await refusalOf(beginRotation(make()))).toMatchObject({ code: "IDENTITY_MALFORMED", exit: 3 });
		expect(await make().present()).toEqual(first);
	});
});

test("rotation in a keychain without an identity is refused", async () => {
	const refused = await refusalOf(beginRotation(keychainRotationStore(keychain)));
	expect(refused).toMatchObject({ code: "IDENTITY_MISSING", exit: 3 });
	expect(await keychain.get("identity-previous")).toBe(undefined);
});

describe("rotation in files", () => {
	test("leaves two private files and no other", async () => {
		await writeIdentityFile(file, newIdentity());
		await writeFile(`${file}.next`, "of a process that was killed");
		await beginRotation(fileRotationStore(file));
		expect((await readdir(folder)).sort()).toEqual(["identity", "identity.previous"]);
		for (const name of ["identity", "identity.previous"])
			expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
	});

	test("keeps a symbolic link and replaces its target", async () => {
		await writeIdentityFile(join(folder, "real"), newIdentity());
		await symlink("real", file);
		const before = await readFile(join(folder, "real"), "utf8");
		await beginRotation(fileRotationStore(file));
		expect((await readdir(folder)).sort()).toEqual(["identity", "real", "real.previous"]);
		expect(await readFile(join(folder, "real.previous"), "utf8")).toBe(before);
		expect(await readFile(file, "utf8")).not.toBe(before);
	});
});
