/** Valid vaults that a reader could refuse by mistake. */
import { alice, bob, carol, dave, linkHash, mallory } from "../primitives.ts";
import type { Value, Vector } from "../vector.ts";
import { VaultWriter } from "../writer.ts";
import { good, SMALL_VALUES, vectorOf } from "./case.ts";
import { KEYS } from "./signatures.ts";

const production = (name: string, value: string): Value => ["production", name, value];
const [, apiKey, token] = SMALL_VALUES as [Value, Value, Value];

/** One record more, of any value. */
function value(name: string, comment: string, text: string): Vector {
	return good(`good-value-${name}`, comment, (vault) => void vault.production.set("VALUE", text), [
		...SMALL_VALUES,
		production("VALUE", text),
	]);
}

function secret(label: string, comment: string, name: string): Vector {
	const values = [...SMALL_VALUES, production(name, "x")];
	return good(`good-name-${label}`, comment, (vault) => void vault.production.set(name, "x"), values);
}

function records(): Vector[] {
	return [
		value("empty", "An empty value", ""),
		value("64-bytes", "A value of exactly one block, which needs a second block for padding", "x".repeat(64)),
		value("63-bytes", "A block with one byte of padding", "x".repeat(63)),
		value("65536-bytes", "As large as a value may be", "x".repeat(65_536)),
		value("line-feeds", "A value of several lines", "one\ntwo\r\n\n"),
		value("nul", "A NUL inside", "a\0b"),
		value("byte-order-mark", "A byte order mark at the beginning is a part of the value", "\uFEFFvalue"),
		value("beyond-ascii", "Letters of two, three and four bytes", "é€🔑"),
		value("padding-bytes", "A value that ends with bytes that look like padding", "a\u0080\0\0"),
		secret("prototype", "A name that JavaScript objects have as a property", "__proto__"),
		secret("constructor", "The id of another vault", "constructor"),
		secret("128-letters", "A name of the maximum length", "N".repeat(128)),
		secret("digit-first", "A name that begins with a digit", "0"),
		secret("small-letters", "Small letters sort after capitals", "api_key"),
		secret("reserved", "A name that cannot be set can still be read", "PATH"),
		secret("end", "A name that a section's end begins with", "end"),
		secret("link", "A name that a link begins with", "link"),
		good(
			"good-version-limit",
			"The highest version",
			(vault) => void vault.production.set("TOKEN", "bob's token", { by: bob, version: 999_999_999 }),
		),
		good(
			"good-payload-of-another-author",
			"Bob signs a payload that alice encrypted for this name and version",
			({ production: section }) => {
				section.set("API_KEY", "", { by: bob, sealed: section.word("API_KEY", 5) });
			},
		),
	];
}

const admitted = (vault: VaultWriter) => vault.link(["admit", ...bob.words]);

const chains: Vector[] = [
	good("good-small", "Two environments, three members, a tombstone", () => undefined),
	good("good-empty-environment", "An environment without records", (vault) => void vault.create("empty")),
	vectorOf("good-no-environment", "good", "A vault whose only environment is deleted", alone(), {
		values: [],
	}),
	good("good-owner-expels-itself", "An owner removes itself, and another owner continues", (vault) => {
		admitted(vault);
		vault.link(["expel", alice.sign]);
		vault.create("bobs", bob).set("X", "unseen", { by: bob });
	}),
	good("good-owner-comes-back", "An owner who was expelled is admitted again", (vault) => {
		admitted(vault);
		vault.link(["expel", bob.sign]);
		admitted(vault);
		vault.link(["create", "qa", linkHash(vault.section("qa").genesis())], {}, bob);
	}),
	good(
		"good-deleted-environment",
		"An environment was deleted, with its section",
		(vault) => {
			vault.link(["delete", "preview"]);
			vault.environments.delete("preview");
		},
		[apiKey, token],
	),
	good(
		"good-environment-anew",
		"An environment was deleted and created again",
		(vault) => {
			vault.link(["delete", "preview"]);
			vault.create("preview").set("API_KEY", "anew");
		},
		[["preview", "API_KEY", "anew"], apiKey, token],
	),
	good(
		"good-member-name",
		"Every kind of character that a member's name may have",
		(vault) =>
			void vault.production.add("reader", dave, (words) =>
				words.map((word) => (word === "dave" ? `0${"d.-_@+".repeat(10)}xyz` : word)),
			),
	),
	good(
		"good-weak-box-key",
		"A box key of small order is accepted when reading",
		(vault) =>
			void vault.production.add("reader", dave, (words) => [
				...words.slice(0, 3),
				KEYS.orderFour,
				...words.slice(4),
			]),
	),
	good(
		"good-weak-signing-key",
		"A signing key of small order that has signed nothing is accepted",
		(vault) =>
			void vault.production.add("writer", dave, (words) => [
				...words.slice(0, 2),
				KEYS.neutral,
				...words.slice(3),
			]),
	),
	good("good-as-writer", "Read by a writer of one environment", () => undefined, [apiKey, token], {
		identity: bob.seed,
	}),
	good("good-as-reader", "Read by a reader of one environment", () => undefined, [apiKey, token], {
		identity: carol.seed,
	}),
	good(
		"good-added-by-writer",
		"A writer who is not an owner adds a member",
		(vault) => void vault.production.add("writer", dave, undefined, bob),
		[apiKey, token],
		{ identity: dave.seed },
	),
];

/** A vault whose environments are all deleted. */
function alone(): string {
	const vault = new VaultWriter();
	vault.genesis();
	vault.create("production");
	vault.link(["delete", "production"]);
	vault.environments.delete("production");
	return vault.text();
}

const resealed = (vault: VaultWriter) => {
	const section = vault.production;
	section.set("API_KEY", "the key itself", { since: 1 });
	section.set("GONE", "", { version: 2, kind: "deleted", since: 1 });
	section.set("TOKEN", "bob's token", { since: 1 });
};

const epochs: Vector[] = [
	good("good-removal", "A writer was removed, and all values are re-encrypted", (vault) => {
		vault.production.add("writer", dave);
		vault.production.begin([dave]);
		resealed(vault);
	}),
	good("good-stale", "Records of the previous epoch by writers who are still members", (vault) => {
		vault.production.add("writer", dave);
		vault.production.begin([dave]);
	}),
	good("good-stale-of-three-epochs", "Records of three epochs", ({ production: section }) => {
		section.begin([]);
		section.set("API_KEY", "the key itself");
		section.begin([], undefined, {}, bob);
		section.set("TOKEN", "bob's token", { by: bob });
	}),
	good("good-epoch-of-nobody", "An epoch that removes nobody", (vault) => {
		vault.production.begin([]);
		resealed(vault);
	}),
	good("good-epoch-of-several", "An epoch that removes two", (vault) => {
		vault.production.begin([bob, carol]);
		resealed(vault);
	}),
	good(
		"good-back-again",
		"A removed writer is added again, and his old records are valid again",
		({ production: section }) => {
			section.begin([bob]);
			section.begin([]);
			section.add("writer", bob);
		},
	),
	good(
		"good-names-reused",
		"The name and box key of a removed member can be used again",
		({ production: section }) => {
			section.begin([bob, carol]);
			section.add("writer", mallory, (words) => [
				...words.slice(0, 3),
				bob.words[1] ?? "",
				"bob",
				words.at(-1) ?? "",
			]);
			section.set("TOKEN", "bob's token");
		},
	),
];

/** Good vectors. */
export const soundVectors = (): Vector[] => [...records(), ...chains, ...epochs];
