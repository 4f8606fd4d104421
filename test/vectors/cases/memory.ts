/** Valid vaults that differ from what the same device has seen before. */
import { bob, dave, mallory } from "../primitives.ts";
import type { Value, Vector } from "../vector.ts";
import { fault, good, SMALL_VALUES, smallVault, vectorOf } from "./case.ts";

const [previewKey, apiKey, token] = SMALL_VALUES as [Value, Value, Value];
const seen = { seen: "good-small" };

const newer: Value = ["production", "API_KEY", "a newer key"];

const records: Vector[] = [
	good("seen-nothing-new", "What was seen", () => undefined, SMALL_VALUES, seen),
	good(
		"seen-newer",
		"A newer version than was seen",
		({ production }) => void production.set("API_KEY", "a newer key", { version: 2 }),
		[previewKey, newer, token],
		seen,
	),
	good("seen-rolled-back", "An older version than was seen", () => undefined, SMALL_VALUES, {
		seen: "seen-newer",
		strict: "RECORD_ROLLED_BACK",
	}),
	good(
		"seen-dropped",
		"A record that was seen is gone",
		({ production }) => void production.records.delete("TOKEN"),
		[previewKey, apiKey],
		{ ...seen, strict: "RECORD_DROPPED" },
	),
	good(
		"seen-tombstone-dropped",
		"A tombstone that was seen is gone",
		({ production }) => void production.records.delete("GONE"),
		SMALL_VALUES,
		{ ...seen, strict: "RECORD_DROPPED" },
	),
	good(
		"seen-undeleted",
		"A deleted name is alive again, at the version before",
		({ production }) => void production.set("GONE", "back", { version: 1 }),
		[previewKey, apiKey, ["production", "GONE", "back"], token],
		{ ...seen, strict: "RECORD_ROLLED_BACK" },
	),
	good(
		"seen-replaced",
		"Another record of the version that was seen",
		({ production }) => void production.set("API_KEY", "a newer key", { by: bob }),
		[previewKey, newer, token],
		{ ...seen, strict: "RECORD_REPLACED" },
	),
	good(
		"seen-sealed-anew",
		"The version that was seen, sealed anew in an epoch that was not",
		({ production }) => {
			production.begin([]);
			production.set("API_KEY", "the key itself", { since: 1 });
		},
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-author-removed",
		"Its author was removed after it was seen: it stays",
		({ production }) => void production.begin([bob]),
		SMALL_VALUES,
		seen,
	),
	fault(
		"seen-author-removed-changed",
		"RECORD_AUTHOR_REMOVED",
		"Its author was removed, and it is not what was seen",
		({ production }) => {
			const before = production.epoch;
			production.begin([bob]);
			production.set("TOKEN", "another token", { by: bob, epoch: before, version: 2 });
			return ["production", "TOKEN"];
		},
		seen,
	),
];

const diverged = "MEMBERSHIP_DIVERGED";

const chains: Vector[] = [
	good(
		"seen-member-more",
		"A member more than was seen",
		({ production }) => void production.add("reader", dave),
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-member-less",
		"An environment's chain is a beginning of what was seen",
		() => undefined,
		SMALL_VALUES,
		{ seen: "seen-member-more", strict: "MEMBERSHIP_ROLLED_BACK" },
	),
	good(
		"seen-environment-more",
		"An environment more than was seen",
		(vault) => void vault.create("qa"),
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-environment-less",
		"The vault's chain is a beginning of what was seen",
		() => undefined,
		SMALL_VALUES,
		{ seen: "seen-environment-more", strict: "MEMBERSHIP_ROLLED_BACK" },
	),
	fault(
		"seen-chain-forked",
		diverged,
		"Another link where one was seen",
		({ production }) => void production.add("reader", mallory),
		{ seen: "seen-member-more" },
	),
	fault(
		"seen-chain-forked-longer",
		diverged,
		"The same, and the chain is longer",
		({ production }) => {
			production.add("reader", mallory);
			production.add("reader", dave);
			production.begin([mallory]);
			return undefined;
		},
		{ seen: "seen-member-more" },
	),
	fault(
		"seen-vault-chain-forked",
		diverged,
		"Another link of the vault's where one was seen",
		(vault) => {
			// Other random bytes than those of the one that was seen.
			vault.random(8);
			vault.create("qa");
			return undefined;
		},
		{ seen: "seen-environment-more" },
	),
	good(
		"seen-environment-anew",
		"An environment was deleted and made anew: the pin knows the one before",
		(vault) => {
			vault.link(["delete", "preview"]);
			vault.create("preview").set("API_KEY", "anew", { version: 2 });
		},
		[["preview", "API_KEY", "anew"], apiKey, token],
		seen,
	),
	good(
		"seen-environment-before",
		"The file is from before an environment was deleted and made anew, as this device has seen",
		() => undefined,
		SMALL_VALUES,
		{ seen: "seen-environment-anew", strict: "MEMBERSHIP_ROLLED_BACK" },
	),
	vectorOf(
		"seen-another-vault",
		"VAULT_REPLACED",
		"Another vault of the same owner",
		smallVault("another").text(),
		seen,
	),
	vectorOf(
		"bound-to-another-vault",
		"VAULT_REPLACED",
		"The identity is bound to another vault",
		smallVault().text(),
		{ bound: smallVault("another").id },
	),
	good("bound-to-this-vault", "The identity is bound to this vault", () => undefined, SMALL_VALUES, {
		bound: smallVault().id,
	}),
];

/** Vectors for a device that has a memory. */
export const memoryVectors = (): Vector[] => [...records, ...chains];
