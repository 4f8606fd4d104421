/** Valid vaults that differ from what the same device has seen before. */
import { bob, dave, mallory } from "../primitives.ts";
import type { Value, Vector } from "../vector.ts";
import { fault, good, SMALL_VALUES, smallVault, vectorOf } from "./case.ts";

const [previewKey, apiKey, token] = SMALL_VALUES as [Value, Value, Value];
const seen = { seen: "good-small" };

const newer: Value = ["production", "API_KEY", "a newer key"];

const records: Vector[] = [
	good("seen-nothing-new", "The same vault that this device has seen", () => undefined, SMALL_VALUES, seen),
	good(
		"seen-newer",
		"A newer version than this device has seen",
		({ production }) => void production.set("API_KEY", "a newer key", { version: 2 }),
		[previewKey, newer, token],
		seen,
	),
	good("seen-rolled-back", "An older version than this device has seen", () => undefined, SMALL_VALUES, {
		seen: "seen-newer",
		strict: "RECORD_ROLLED_BACK",
	}),
	good(
		"seen-dropped",
		"A record that this device has seen is missing",
		({ production }) => void production.records.delete("TOKEN"),
		[previewKey, apiKey],
		{ ...seen, strict: "RECORD_DROPPED" },
	),
	good(
		"seen-tombstone-dropped",
		"A tombstone that this device has seen is missing",
		({ production }) => void production.records.delete("GONE"),
		SMALL_VALUES,
		{ ...seen, strict: "RECORD_DROPPED" },
	),
	good(
		"seen-undeleted",
		"A deleted secret is live again, with the version before its deletion",
		({ production }) => void production.set("GONE", "back", { version: 1 }),
		[previewKey, apiKey, ["production", "GONE", "back"], token],
		{ ...seen, strict: "RECORD_ROLLED_BACK" },
	),
	good(
		"seen-replaced",
		"Another record with the version that this device has seen",
		({ production }) => void production.set("API_KEY", "a newer key", { by: bob }),
		[previewKey, newer, token],
		{ ...seen, strict: "RECORD_REPLACED" },
	),
	good(
		"seen-sealed-anew",
		"The version that this device has seen, re-encrypted in a newer epoch",
		({ production }) => {
			production.begin([]);
			production.set("API_KEY", "the key itself", { since: 1 });
		},
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-author-removed",
		"Its author was removed after this device saw it; the record stays valid",
		({ production }) => void production.begin([bob]),
		SMALL_VALUES,
		seen,
	),
	fault(
		"seen-author-removed-changed",
		"RECORD_AUTHOR_REMOVED",
		"Its author was removed, and the record differs from the one that this device has seen",
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
		"One member more than this device has seen",
		({ production }) => void production.add("reader", dave),
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-member-less",
		"An environment's chain is a prefix of the one that this device has seen",
		() => undefined,
		SMALL_VALUES,
		{ seen: "seen-member-more", strict: "MEMBERSHIP_ROLLED_BACK" },
	),
	good(
		"seen-environment-more",
		"One environment more than this device has seen",
		(vault) => void vault.create("qa"),
		SMALL_VALUES,
		seen,
	),
	good(
		"seen-environment-less",
		"The vault's chain is a prefix of the one that this device has seen",
		() => undefined,
		SMALL_VALUES,
		{ seen: "seen-environment-more", strict: "MEMBERSHIP_ROLLED_BACK" },
	),
	fault(
		"seen-chain-forked",
		diverged,
		"A link of an environment's chain differs from the one that this device has seen",
		({ production }) => void production.add("reader", mallory),
		{ seen: "seen-member-more" },
	),
	fault(
		"seen-chain-forked-longer",
		diverged,
		"The same, with a longer chain",
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
		"A link of the vault's chain differs from the one that this device has seen",
		(vault) => {
			// Random bytes that differ from those of the vault that was seen.
			vault.random(8);
			vault.create("qa");
			return undefined;
		},
		{ seen: "seen-environment-more" },
	),
	good(
		"seen-environment-anew",
		"An environment was deleted and created again; this device has seen the earlier one",
		(vault) => {
			vault.link(["delete", "preview"]);
			vault.create("preview").set("API_KEY", "anew", { version: 2 });
		},
		[["preview", "API_KEY", "anew"], apiKey, token],
		seen,
	),
	good(
		"seen-environment-before",
		"The file is older than the deletion and second creation of an environment that this device has seen",
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
