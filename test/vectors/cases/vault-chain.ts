/** Changes that the vault's chain does not allow. Their links have the right position and signature. */
import { alice, bob, dave, linkHash } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import { fault, strayBit } from "./case.ts";

const REFUSED = "VAULT_LINK_REFUSED";
const HASH = linkHash("a link that is none");

const rows: readonly [name: string, comment: string, change: readonly string[]][] = [
	["unknown", "A change that this format does not have", ["bless", "everybody"]],
	["of-environment", "A change of the other chain", ["add", "reader", ...dave.words, HASH]],
	["genesis-again", "A second genesis", ["genesis", "AAAAAAAAAAAAAAAAAAAAAA", ...alice.words]],
	["create-existing", "An environment that exists", ["create", "production", HASH]],
	["create-name-invalid", "A name in upper case", ["create", "QA", HASH]],
	["create-hash-missing", "No hash", ["create", "qa"]],
	["create-hash-short", "A hash of 42 characters", ["create", "qa", HASH.slice(1)]],
	["create-hash-stray-bits", "Unused bits of the hash are set", ["create", "qa", strayBit(HASH)]],
	["create-word-more", "A word too many", ["create", "qa", HASH, "now"]],
	["delete-unknown", "An environment that does not exist", ["delete", "qa"]],
	["delete-word-more", "A word too many", ["delete", "preview", "now"]],
	["delete-word-missing", "Deletes an environment that does not exist", ["delete"]],
	["admit-owner", "An owner's signing key", ["admit", alice.sign, bob.words[1] ?? "", "other"]],
	["admit-owners-box", "An owner's box key", ["admit", bob.sign, alice.words[1] ?? "", "other"]],
	["admit-owners-name", "An owner's name", ["admit", bob.sign, bob.words[1] ?? "", "alice"]],
	["admit-name-invalid", "An invalid name", ["admit", bob.sign, bob.words[1] ?? "", "<bob>"]],
	[
		"admit-key-stray-bits",
		"Unused bits of a key are set",
		["admit", strayBit(bob.sign), ...bob.words.slice(1)],
	],
	["admit-word-missing", "No name", ["admit", ...bob.words.slice(0, 2)]],
	["admit-word-more", "A word too many", ["admit", ...bob.words, "now"]],
	["expel-stranger", "Somebody who is not an owner", ["expel", bob.sign]],
	["expel-last", "The last owner", ["expel", alice.sign]],
	["expel-word-more", "A word too many", ["expel", alice.sign, "now"]],
];

/** Links with the right position and signature whose change is not allowed. */
const vaultChanges: Vector[] = [
	...rows.map(([name, comment, change]) =>
		fault(`vault-${name}`, REFUSED, comment, (vault) => vault.link(change)),
	),
	fault("vault-by-expelled-owner", REFUSED, "Signed by an owner who was expelled", (vault) => {
		vault.link(["admit", ...bob.words]);
		vault.link(["expel", alice.sign], {}, bob);
		return vault.link(["create", "qa", HASH]);
	}),
	fault("vault-create-limit", REFUSED, "101 environments, by the chain", (vault) => {
		for (let count = 0; count < 98; count++) vault.link(["create", `qa${count}`, HASH]);
		return vault.link(["create", "one-too-many", HASH]);
	}),
	fault("vault-admit-limit", REFUSED, "257 owners", (vault) => {
		const key = (count: number) => HASH.slice(4).padStart(43, String(1000 + count));
		for (let count = 1; count < 256; count++) vault.link(["admit", key(count), key(count), `o${count}`]);
		return vault.link(["admit", ...bob.words]);
	}),
];

/** Vectors of the vault's chain. */
export const vaultChainVectors = (): Vector[] => vaultChanges;
