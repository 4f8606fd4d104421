/** Faults of an environment's members and epochs. */
import { alice, bob, carol, dave, mallory } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { EpochWords } from "../words.ts";
import type { EnvironmentWriter, VaultWriter } from "../writer.ts";
import { fault, reword, strayBit } from "./case.ts";

const REFUSED = "VAULT_LINK_REFUSED";

type Change = (words: string[]) => string[];

const put =
	(index: number, word: string | ((word: string) => string)): Change =>
	(words) =>
		reword(words.join(" "), index, word).split(" ");

const additionRows: readonly [name: string, comment: string, change: Change][] = [
	["role-unknown", "A role that is neither writer nor reader", put(1, "owner")],
	["role-upper-case", "'Writer'", put(1, "Writer")],
	["member", "A member's signing key", put(2, bob.sign)],
	["members-box", "A member's box key", put(3, bob.words[1] ?? "")],
	["members-name", "A member's name", put(4, "bob")],
	["name-invalid", "An invalid name", put(4, "da,ve")],
	["name-too-long", "A name of 65 letters", put(4, "d".repeat(65))],
	["key-short", "A key of 42 characters", put(2, (key) => key.slice(1))],
	["key-stray-bits", "Unused bits of a key are set", put(2, strayBit)],
	["box-stray-bits", "Unused bits of a box key are set", put(3, strayBit)],
	["wrap-short", "A wrap of 79 bytes", put(5, (wrap) => wrap.slice(1, -1))],
	["wrap-stray-bits", "Unused bits of the wrap are set", put(5, strayBit)],
	["wrap-missing", "No wrap", (words) => words.slice(0, -1)],
	["word-more", "A word too many", (words) => [...words, "more"]],
];

const additions: Vector[] = [
	...additionRows.map(([name, comment, change]) =>
		fault(`add-${name}`, REFUSED, comment, (vault) => vault.production.add("writer", dave, change)),
	),
	fault("add-limit", REFUSED, "257 members", ({ production }) => {
		const key = (count: number) => dave.sign.slice(4).padStart(43, String(1000 + count));
		const wrap = "A".repeat(107);
		for (let count = 0; count < 253; count++)
			production.link(["add", "reader", key(count), key(count), `m${count}`, wrap]);
		return production.add("writer", dave);
	}),
	...["bless", "remove", "create", "genesis"].map((verb) =>
		fault(
			`environment-change-${verb}`,
			REFUSED,
			"A change that an environment's chain does not have",
			({ production }) => production.link([verb, "qa", dave.sign]),
		),
	),
	fault("add-by-removed", REFUSED, "Signed by a writer who was removed", ({ production }) => {
		production.begin([bob]);
		return production.add("writer", dave, undefined, bob);
	}),
];

/** The words with those of one epoch changed. */
type Turn = (words: EpochWords, environment: EnvironmentWriter) => Partial<EpochWords>;

const pairs = (wraps: string) => wraps.split(",");
const epochRows: readonly [name: string, comment: string, turn: Turn][] = [
	["number-skipped", "Epoch 3 after epoch 1", ({ id }) => ({ id: id.replace("2.", "3.") })],
	["number-repeated", "Epoch 1 after epoch 1", ({ id }) => ({ id: id.replace("2.", "1.") })],
	["id-stray-bits", "Unused bits of the random part are set", ({ id }) => ({ id: strayBit(id) })],
	["id-bare", "No random part", () => ({ id: "2" })],
	[
		"commitment-short",
		"A commitment of 42 characters",
		({ commitment }) => ({ commitment: commitment.slice(1) }),
	],
	[
		"commitment-stray-bits",
		"Unused bits of the commitment are set",
		({ commitment }) => ({ commitment: strayBit(commitment) }),
	],
	[
		"previous-key-short",
		"A previous key of 71 bytes",
		({ previousKey }) => ({ previousKey: previousKey.slice(1) }),
	],
	["previous-key-none", "No previous key", () => ({ previousKey: "-" })],
	["removes-stranger", "Removes somebody who is not a member", () => ({ removed: mallory.sign })],
	["removes-signer", "Removes its signer, who makes the new key", () => ({ removed: alice.sign })],
	["removes-twice", "Removes somebody twice", () => ({ removed: `${dave.sign},${dave.sign}` })],
	[
		"removes-unsorted",
		"Two members in descending order",
		() => ({ removed: [carol.sign, dave.sign].sort().reverse().join(",") }),
	],
	["removes-comma", "A comma at the end", ({ removed }) => ({ removed: `${removed},` })],
	["removes-by-name", "A name instead of a key", () => ({ removed: "dave" })],
	[
		"wraps-for-removed",
		"A wrap for the removed member",
		({ wraps }, { vault }) => ({
			wraps: [...pairs(wraps), `${dave.sign}:${vault.production.wrap(dave)}`].sort().join(","),
		}),
	],
	[
		"wraps-for-stranger",
		"A wrap for somebody who is not a member",
		({ wraps }, { vault }) => ({
			wraps: [...pairs(wraps), `${mallory.sign}:${vault.production.wrap(mallory)}`].sort().join(","),
		}),
	],
	[
		"wraps-missing",
		"No wrap for a remaining member",
		({ wraps }) => ({ wraps: pairs(wraps).slice(1).join(",") }),
	],
	["wraps-twice", "A wrap twice", ({ wraps }) => ({ wraps: [pairs(wraps)[0], ...pairs(wraps)].join(",") })],
	[
		"wraps-unsorted",
		"Wraps in descending order",
		({ wraps }) => ({ wraps: pairs(wraps).reverse().join(",") }),
	],
	["wraps-comma", "A comma at the end", ({ wraps }) => ({ wraps: `${wraps},` })],
	["wraps-none", "No wraps", () => ({ wraps: "-" })],
	["wrap-short", "A wrap of 79 bytes", ({ wraps }) => ({ wraps: wraps.slice(0, -1) })],
	["wrap-stray-bits", "Unused bits of a wrap are set", ({ wraps }) => ({ wraps: strayBit(wraps) })],
	["wrap-two-colons", "Two colons", ({ wraps }) => ({ wraps: wraps.replace(":", "::") })],
	["word-more", "A word too many", ({ wraps }) => ({ wraps: `${wraps} more` })],
];
const begun = (vault: VaultWriter, turn: Turn, by = alice) => {
	vault.production.add("writer", dave);
	return vault.production.begin([dave], (words) => ({ ...words, ...turn(words, vault.production) }), {}, by);
};

const epochs: Vector[] = [
	...epochRows.map(([name, comment, turn]) =>
		fault(`epoch-${name}`, REFUSED, comment, (vault) => begun(vault, turn)),
	),
	fault("epoch-by-reader", REFUSED, "An epoch that a reader began", (vault) =>
		begun(vault, () => ({}), carol),
	),
	fault("epoch-by-stranger", REFUSED, "An epoch that a stranger began", (vault) =>
		begun(vault, () => ({}), mallory),
	),
	fault("epoch-word-missing", REFUSED, "No wraps at all: a word is missing", ({ production }) =>
		production.link(["epoch", `2.${"A".repeat(11)}`, "A".repeat(43), "A".repeat(96), "-"]),
	),
];

/** Vectors of members and epochs. */
export const memberVectors = (): Vector[] => [...additions, ...epochs];
