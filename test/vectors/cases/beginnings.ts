/** Faults of the first links of both chains. */
import { alice, bob, linkHash, mallory } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { VaultWriter } from "../writer.ts";
import { fault, LINE, reword, smallVault, strayBit } from "./case.ts";
import { KEYS, signatureOfNobody } from "./signatures.ts";

const BROKEN = "VAULT_CHAIN_BROKEN";
const FORGED = "VAULT_LINK_FORGED";
const REFUSED = "VAULT_LINK_REFUSED";
const HASH = linkHash("a link that is none");

const genesis = (name: string, code: string, comment: string, ...twist: Parameters<VaultWriter["genesis"]>) =>
	fault(`vault-genesis-${name}`, code, comment, (vault) => {
		vault.links = [];
		vault.id = "";
		vault.genesis(...twist);
		return LINE.genesis;
	});
const first = (
	name: string,
	code: string,
	comment: string,
	change?: (words: string[]) => string[],
	twist?: Parameters<VaultWriter["genesis"]>[1],
) =>
	fault(`environment-genesis-${name}`, code, comment, (vault) => {
		const link = vault.section("qa").genesis(change, twist);
		vault.link(["create", "qa", linkHash(link)]);
		return link;
	});
const put = (index: number, word: string | ((word: string) => string)) => (words: string[]) =>
	reword(words.join(" "), index, word).split(" ");

/** Faults of the first links. */
const beginnings: Vector[] = [
	genesis("index", BROKEN, "The first link has index 1", undefined, { index: 1 }),
	genesis("previous", BROKEN, "The first link names a previous link", undefined, { previous: HASH }),
	genesis(
		"forged",
		FORGED,
		"Signed by another key than the named one",
		undefined,
		{ signer: alice.sign },
		mallory,
	),
	genesis(
		"signed-for-vault",
		FORGED,
		"Signed for a vault id, although the id depends on the genesis itself",
		undefined,
		{
			context: [HASH, ""],
		},
	),
	genesis(
		"by-another",
		REFUSED,
		"Signed by somebody else than the named owner",
		() => ["genesis", "AAAAAAAAAAAAAAAAAAAAAA", ...alice.words],
		{},
		mallory,
	),
	genesis("salt-short", REFUSED, "A salt of 15 bytes", put(1, "A".repeat(20))),
	genesis("salt-stray-bits", REFUSED, "Unused bits of the salt are set", put(1, strayBit)),
	genesis("name-invalid", REFUSED, "A name that begins with a hyphen", put(-1, "-alice")),
	genesis("name-too-long", REFUSED, "A name of 65 letters", put(-1, "a".repeat(65))),
	genesis("word-more", REFUSED, "A word too many", (words) => [...words, "more"]),
	genesis("create", REFUSED, "Another change instead of the genesis", () => ["create", "qa", HASH]),
	genesis(
		"small-order",
		FORGED,
		"A key of small order, for which anybody can forge signatures",
		put(2, KEYS.neutral),
		{
			signer: KEYS.neutral,
			signature: (_, content) => signatureOfNobody(Buffer.from("01".padEnd(64, "0"), "hex"), content),
		},
	),
	fault(
		"vault-id-of-another",
		"VAULT_ID_MISMATCH",
		"The id on the first line is another vault's",
		(vault) => {
			vault.id = smallVault("another").id;
			return LINE.genesis;
		},
	),
	fault(
		"vault-genesis-of-another",
		"VAULT_ID_MISMATCH",
		"The genesis of another vault of the same owner",
		(vault) => {
			vault.links[0] = smallVault("another").links[0] ?? "";
			return LINE.genesis;
		},
	),
	first("index", BROKEN, "The first link has index 1", undefined, { index: 1 }),
	first("previous", BROKEN, "The first link names a previous link", undefined, { previous: HASH }),
	first("signed-for-another", FORGED, "Signed for another environment", undefined, {
		context: [smallVault().id, "preview"],
	}),
	first("of-another", REFUSED, "Begins another environment", put(1, "preview")),
	first(
		"epoch-2",
		REFUSED,
		"Begins with epoch 2",
		put(2, (id) => id.replace("1.", "2.")),
	),
	first("epoch-stray-bits", REFUSED, "Unused bits of the epoch's random part are set", put(2, strayBit)),
	first(
		"commitment-short",
		REFUSED,
		"A commitment of 42 characters",
		put(3, (word) => word.slice(1)),
	),
	first("commitment-stray-bits", REFUSED, "Unused bits of the commitment are set", put(3, strayBit)),
	first(
		"wrap-short",
		REFUSED,
		"A wrap of 79 bytes",
		put(-1, (word) => word.slice(1, -1)),
	),
	first("wrap-stray-bits", REFUSED, "Unused bits of the wrap are set", put(-1, strayBit)),
	first("key-stray-bits", REFUSED, "Unused bits of a key are set", put(5, strayBit)),
	first("name-invalid", REFUSED, "An invalid name of a member", put(-2, "ali/ce")),
	first("word-more", REFUSED, "A word too many", (words) => [...words, "more"]),
	first("by-another", REFUSED, "Signed by somebody else than the named member", (words) => [
		...words.slice(0, 4),
		...bob.words,
		words.at(-1) ?? "",
	]),
	first("add", REFUSED, "Another change instead of the genesis", (words) => [
		"add",
		"writer",
		...words.slice(4),
	]),
];

/** Vectors of first links. */
export const beginningVectors = (): Vector[] => beginnings;
