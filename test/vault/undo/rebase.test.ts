/** Two sides that removed each other's members: whoever is left on a side can keep it. */
import { describe, expect, test } from "vitest";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { rebase } from "../../../src/vault/undo/rebase.ts";
import { refusal } from "../../support/refusal.ts";
import { alice, bob, carol, PRODUCTION, VaultMaker } from "../maker.ts";

const shared = new VaultMaker().add(bob, "writer", "bob").set("A", "a").set("B", "b").text;

function from(text: string): VaultMaker {
	const maker = new VaultMaker();
	maker.document = parseVault(text);
	return maker;
}

const withoutAlice = () => from(shared).epoch([alice], undefined, bob);

/** Alice keeps a side. */
const keep = (chosen: VaultMaker, other: VaultMaker) =>
	rebase(chosen.document, other.document, alice, () => true);

describe("the other side removed the member who resolves the conflict", () => {
	test("and was removed on the chosen side: nothing of it is applied again", () => {
		const ours = from(shared).epoch([bob]);
		const { chosen, leftOut, remade } = keep(ours, withoutAlice().set("NEW", "n", PRODUCTION, bob));
		expect(printVault(chosen)).toBe(ours.text);
		expect(remade).toEqual([]);
		expect(leftOut).toEqual([
			expect.stringMatching(/bob removed alice .*: its signer is no longer a writer$/),
			...["A", "B", "NEW"].map((name) => expect.stringMatching(`^${name} in 'production': its author`)),
		]);
	});

	test("and is a writer on the chosen side: what nobody here can open is named", () => {
		const ours = from(shared).add(carol, "reader", "carol");
		const { chosen, leftOut, other } = keep(ours, withoutAlice());
		expect(printVault(chosen)).toBe(ours.text);
		expect(other.environments.get(PRODUCTION)?.records.size).toBe(0);
		expect(leftOut).toEqual([
			expect.stringMatching(/bob removed alice .*: it would remove you$/),
			"A in 'production': the other side removed you, so you cannot open it",
			"B in 'production': the other side removed you, so you cannot open it",
		]);
	});
});

test("who was removed on the chosen side cannot encrypt what others set on the own side", () => {
	const ours = from(shared).add(carol, "reader", "carol").set("A", "a2", PRODUCTION, bob);
	expect(refusal(() => keep(withoutAlice(), ours))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
});
