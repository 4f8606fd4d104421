/** Changes of membership that are not allowed, and keys that do not match. */
import { describe, expect, test } from "vitest";
import { randomBytes, toBase64 } from "../../../src/crypto.ts";
import {
	commitmentOf,
	newEnvironmentKey,
	newEpochId,
	openKeys,
	wrapKey,
} from "../../../src/vault/chains/environment-keys.ts";
import { refusal } from "../../support/refusal.ts";
import {
	alice,
	bob,
	carol,
	type EpochWords,
	mallory,
	openEverything,
	PRODUCTION,
	VaultMaker,
} from "../maker.ts";

const random = (bytes: number) => toBase64(randomBytes(bytes));
const words = (who: typeof alice, name: string) => [who.publicKeys.sign, who.publicKeys.box, name];
const team = () => new VaultMaker().add(bob, "writer", "bob").add(carol, "reader", "carol");

/** The error code and line of verifying environment production; undefined if it is valid. */
function verdict(maker: VaultMaker) {
	return refusal(() => maker.reread().verified());
}

function addWords(who: typeof alice, role: string, name: string): string[] {
	return ["add", role, ...words(who, name), random(80)];
}

describe("changes of membership", () => {
	test.each([
		addWords(bob, "writer", "another"),
		addWords(mallory, "writer", "bob"),
		["add", "reader", mallory.publicKeys.sign, bob.publicKeys.box, "mallory", random(80)],
		addWords(mallory, "owner", "mallory"),
		addWords(mallory, "reader", "-dash"),
		addWords(mallory, "reader", "mallory").slice(0, -1),
		[...addWords(mallory, "reader", "mallory"), "more"],
		["add", "reader", ...words(mallory, "mallory"), random(79)],
		["remove", bob.publicKeys.sign],
		["epoch"],
	])("refuses %s %s %s", (...change) => {
		expect(verdict(team().link(PRODUCTION, change))).toMatchObject({
			code: "VAULT_LINK_REFUSED",
			exit: 7,
			line: 12,
		});
	});

	const [first = "", second = ""] = [alice, bob].map(({ publicKeys }) => publicKeys.sign).sort();
	const wrong: [string, (words: EpochWords) => Partial<EpochWords>][] = [
		["skips a number", () => ({ id: newEpochId(3) })],
		["repeats a number", () => ({ id: newEpochId(1) })],
		["removes a stranger", () => ({ removed: mallory.publicKeys.sign })],
		["removes twice", ({ removed }) => ({ removed: `${removed},${removed}` })],
		["removes out of order", () => ({ removed: `${second},${first}` })],
		["removes its signer", () => ({ removed: alice.publicKeys.sign })],
		["leaves a wrap out", ({ wraps }) => ({ wraps: wraps.split(",").slice(1).join(",") })],
		["wraps twice", ({ wraps }) => ({ wraps: `${wraps},${wraps.split(",").at(-1)}` })],
		[
			"wraps one twice and another never",
			({ wraps }) => ({ wraps: [wraps.split(",")[0], wraps.split(",")[0]].join(",") }),
		],
		["wraps out of order", ({ wraps }) => ({ wraps: wraps.split(",").reverse().join(",") })],
		["wraps for the removed", ({ wraps }) => ({ wraps: `${wraps},${carol.publicKeys.sign}:${random(80)}` })],
		["has no commitment", () => ({ commitment: "-" })],
		["carries no previous key", () => ({ previousKey: "-" })],
	];
	test.each(wrong)("refuses an epoch that %s", (_, change) => {
		const maker = team();
		maker.epoch([carol], (words) => ({ ...words, ...change(words) }));
		expect(verdict(maker)).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7, line: 12 });
	});

	test("an epoch hides the new key from removed members, and keeps the old records readable", () => {
		const maker = team().set("NAME", "value").epoch([carol]).reread();
		expect([...maker.verified().state.members.values()].map(({ name }) => name).sort()).toEqual([
			"alice",
			"bob",
		]);
		expect(openEverything(maker.document, bob)).toEqual(new Map([["production/NAME", "value"]]));
		expect(refusal(() => maker.keys(PRODUCTION, carol))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	});
});

describe("keys", () => {
	test("refuses a wrap for another member, and a wrap of a key that does not match the commitment", () => {
		const notHers = team().link(PRODUCTION, ["add", "reader", ...words(mallory, "m"), random(80)]);
		const wrapped = wrapKey(newEnvironmentKey(), mallory.publicKeys.box);
		const notTheKey = team().link(PRODUCTION, ["add", "reader", ...words(mallory, "m"), wrapped]);
		for (const maker of [notHers, notTheKey]) {
			expect(refusal(() => maker.keys(PRODUCTION, mallory))).toMatchObject({
				code: "VAULT_KEY_WRONG",
				exit: 7,
			});
		}
	});

	test("refuses a commitment to another key, environment or epoch", () => {
		const { vaultId } = team().document;
		const key = newEnvironmentKey();
		const right = commitmentOf(key, vaultId, PRODUCTION, "1.AAAAAAAAAAA");
		expect(commitmentOf(newEnvironmentKey(), vaultId, PRODUCTION, "1.AAAAAAAAAAA")).not.toBe(right);
		expect(commitmentOf(key, vaultId, "preview", "1.AAAAAAAAAAA")).not.toBe(right);
		expect(commitmentOf(key, vaultId, PRODUCTION, "2.AAAAAAAAAAA")).not.toBe(right);
		const maker = team();
		maker.epoch([], (words) => ({ ...words, commitment: right }));
		expect(refusal(() => maker.keys())).toMatchObject({ code: "VAULT_KEY_WRONG", exit: 7 });
	});

	test("refuses a previous key that is another key", () => {
		const maker = team().set("NAME", "old");
		const old = maker.section().records.get("NAME");
		maker.epoch([], (words) => ({ ...words, previousKey: random(72) }));
		const keys = openKeys(maker.verified().state, alice);
		expect(refusal(() => keys.keyOf(old?.epoch ?? ""))).toMatchObject({ code: "VAULT_KEY_WRONG", exit: 7 });
		expect(team().keys().keyOf("1.AAAAAAAAAAA")).toBeUndefined();
	});

	test("a key of small order is refused, because everybody can compute its shared secret", () => {
		expect(refusal(() => wrapKey(newEnvironmentKey(), toBase64(new Uint8Array(32))))).toMatchObject({
			code: "MEMBER_KEY_INVALID",
		});
		expect(refusal(() => wrapKey(newEnvironmentKey(), "junk!"))).toMatchObject({
			code: "MEMBER_KEY_INVALID",
		});
	});
});

describe("makeAddMember", () => {
	test.each([
		["MEMBER_NAME_INVALID", () => team().add(mallory, "reader", "two words")],
		["MEMBER_EXISTS", () => team().add(mallory, "reader", "bob")],
		["MEMBER_EXISTS", () => team().add(bob, "reader", "bobby")],
		["NOT_A_WRITER", () => team().add(mallory, "reader", "mallory", PRODUCTION, carol)],
	])("%s", (code, action) => {
		expect(refusal(action).code).toBe(code);
	});
});
