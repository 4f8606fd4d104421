import { expect, test } from "vitest";
import { makeAdmit, makeExpel } from "../../../src/vault/chains/vault-chain.ts";
import { describeVault } from "../../../src/vault/document/describe.ts";
import { alice, bob, VaultMaker } from "../maker.ts";

test("the description names owners who are added and removed", () => {
	const { document } = new VaultMaker();
	const { sign, box } = bob.publicKeys;
	const admitted = document.links.at(-1);
	if (!admitted) throw new Error("The vault has no link.");
	const add = makeAdmit(document.vaultId, admitted, { sign, box, name: "bob" }, alice.signing);
	const remove = makeExpel(document.vaultId, add, sign, alice.signing);
	const removeFirst = makeExpel(document.vaultId, remove, alice.publicKeys.sign, alice.signing);
	const links = [...document.links, add, remove, removeFirst];
	expect(
		describeVault({ ...document, links })
			.split("\n")
			.slice(1, 6),
	).toEqual([
		"  link 0: made",
		"  link 1: create production",
		"  link 2: owner bob added",
		"  link 3: owner bob removed",
		"  link 4: owner alice removed",
	]);
});
