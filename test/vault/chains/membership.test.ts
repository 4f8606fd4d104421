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
import { removedMember } from "../../../src/vault/chains/membership.ts";
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

/** Expects that environment production is refused because of its last link, which is in line 12. */
function expectRefused(maker: VaultMaker, reason: string): void {
	const error = refusal(() => maker.reread().verified());
	expect(error).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7, line: 12 });
	expect(error.message).toMatch(new RegExp(`${reason}\\.$`));
}

/** The wraps of an epoch without a member's. */
const without = (wraps: string, { publicKeys }: typeof alice) =>
	wraps
		.split(",")
		.filter((wrap) => !wrap.startsWith(publicKeys.sign))
		.join(",");

function addWords(who: typeof alice, role: string, name: string): string[] {
	return ["add", role, ...words(who, name), random(80)];
}

describe("changes of membership", () => {
	const malformed = "does not describe a member correctly";
	const refused: [string, string[]][] = [
		["adds a member who is already there", addWords(bob, "writer", "another")],
		["adds a second member named 'bob'", addWords(mallory, "writer", "bob")],
		[
			"adds the encryption key of 'bob' a second time",
			["add", "reader", mallory.publicKeys.sign, bob.publicKeys.box, "mallory", random(80)],
		],
		[malformed, addWords(mallory, "owner", "mallory")],
		[malformed, addWords(mallory, "reader", "-dash")],
		[malformed, addWords(mallory, "reader", "mallory").slice(0, -1)],
		[malformed, [...addWords(mallory, "reader", "mallory"), "more"]],
		[malformed, ["add", "reader", ...words(mallory, "mallory"), random(79)]],
		["has a change that this version of Coffer does not know", ["remove", bob.publicKeys.sign]],
		["does not describe an epoch correctly", ["epoch"]],
	];
	test.each(refused)("refuses a link that %s: %s", (reason, change) => {
		expectRefused(team().link(PRODUCTION, change), reason);
	});

	const [first = "", second = ""] = [alice, bob].map(({ publicKeys }) => publicKeys.sign).sort();
	const notNext = "does not begin the next epoch";
	const unsorted = "lists a removed member twice or out of order";
	const notMember = "wraps the new key for somebody who is not a member";
	const notEach = "does not wrap the new key exactly once for every member, in order";
	const wrong: [string, string, (words: EpochWords) => Partial<EpochWords>][] = [
		["skips a number", notNext, () => ({ id: newEpochId(3) })],
		["repeats a number", notNext, () => ({ id: newEpochId(1) })],
		["has no commitment", notNext, () => ({ commitment: "-" })],
		["carries no previous key", notNext, () => ({ previousKey: "-" })],
		[
			"removes a stranger",
			"removes somebody who is not a member",
			() => ({ removed: mallory.publicKeys.sign }),
		],
		["removes twice", unsorted, ({ removed }) => ({ removed: `${removed},${removed}` })],
		["removes out of order", unsorted, () => ({ removed: `${second},${first}` })],
		[
			"removes its signer",
			"removes its own signer, who knows the new key",
			({ wraps }) => ({ removed: alice.publicKeys.sign, wraps: without(wraps, alice) }),
		],
		["leaves a wrap out", notEach, ({ wraps }) => ({ wraps: without(wraps, bob) })],
		["wraps twice", notEach, ({ wraps }) => ({ wraps: `${wraps},${wraps.split(",").at(-1)}` })],
		[
			"wraps one twice and another never",
			notEach,
			({ wraps }) => ({ wraps: [wraps.split(",")[0], wraps.split(",")[0]].join(",") }),
		],
		["wraps out of order", notEach, ({ wraps }) => ({ wraps: wraps.split(",").reverse().join(",") })],
		[
			"wraps for the removed",
			notMember,
			({ wraps }) => ({ wraps: `${wraps},${carol.publicKeys.sign}:${random(80)}` }),
		],
		["has a wrap of the wrong length", notMember, ({ wraps }) => ({ wraps: wraps.slice(0, -2) })],
		["has a member without a wrap", notMember, ({ wraps }) => ({ wraps: wraps.replace(/:[^,]*$/, "") })],
		["has a wrap with more after it", notMember, ({ wraps }) => ({ wraps: `${wraps}:more` })],
	];
	test.each(wrong)("refuses an epoch that %s", (_, reason, change) => {
		const maker = team();
		maker.epoch([carol], (words) => ({ ...words, ...change(words) }));
		expectRefused(maker, reason);
	});

	test("refuses an epoch with a word less or more", () => {
		const [, ...right] = team().epoch([carol]).section().links.at(-1)?.change ?? [];
		expect(right).toHaveLength(5);
		for (const wrongWords of [...right.map((_, count) => right.slice(0, count)), [...right, "more"]])
			expectRefused(
				team().link(PRODUCTION, ["epoch", ...wrongWords]),
				"does not describe an epoch correctly",
			);
	});

	test("an epoch makes no reader a writer, and a removed member who is added again is not removed", () => {
		const maker = team().epoch([bob]);
		expect([...maker.verified().state.epoch.writers]).toEqual([alice.publicKeys.sign]);
		expect(removedMember(maker.verified().state, bob.publicKeys.sign)).toMatchObject({ name: "bob" });
		maker.add(bob, "reader", "bob").reread();
		expect([...maker.verified().state.epoch.writers]).toEqual([alice.publicKeys.sign]);
		expect(removedMember(maker.verified().state, bob.publicKeys.sign)).toBeUndefined();
		expect(removedMember(maker.verified().state, carol.publicKeys.sign)).toBeUndefined();
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
