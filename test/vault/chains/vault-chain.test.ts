/** Verification of the vault's own chain, which names its owners and environments. */
import { describe, expect, test } from "vitest";
import { randomBytes, toBase64 } from "../../../src/crypto.ts";
import { linkHash, makeLink } from "../../../src/vault/chains/chain.ts";
import { verifyRoot } from "../../../src/vault/chains/vault-chain.ts";
import { createVault } from "../../../src/vault/document/create.ts";
import { refusal } from "../../support/refusal.ts";
import { alice, bob, carol, mallory, PRODUCTION, VaultMaker } from "../maker.ts";

const random = (bytes: number) => toBase64(randomBytes(bytes));
const words = (who: typeof alice, name: string) => [who.publicKeys.sign, who.publicKeys.box, name];
const team = () => new VaultMaker().add(bob, "writer", "bob").add(carol, "reader", "carol");

/** The error code and line of verifying environment production; undefined if it is valid. */
function verdict(maker: VaultMaker) {
	return refusal(() => maker.reread().verified());
}

describe("the vault's own chain", () => {
	test("refuses another genesis, because its hash is another id", () => {
		const other = createVault(PRODUCTION, { ...alice.publicKeys, name: "alice" }, alice);
		const maker = new VaultMaker().links("", other.links);
		expect(verdict(maker)).toMatchObject({ code: "VAULT_ID_MISMATCH", exit: 7, line: 4 });
	});

	test("refuses an environment that no owner created", () => {
		const maker = new VaultMaker().environment("preview").add(mallory, "writer", "mallory");
		const foreign = new VaultMaker(PRODUCTION, mallory);
		maker.links(PRODUCTION, foreign.section().links);
		expect(verdict(maker)).toMatchObject({ code: "VAULT_ENVIRONMENT_UNKNOWN", exit: 7 });
	});

	test("refuses environments and owners that a writer adds who is not an owner", () => {
		for (const change of [
			["create", "preview", random(32)],
			["admit", ...words(mallory, "m")],
			["delete", PRODUCTION],
		]) {
			expect(verdict(team().link("", change, bob))).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7 });
		}
	});

	test("accepts added and removed owners", () => {
		const maker = team()
			.link("", ["admit", ...words(bob, "bob")])
			.link("", ["expel", alice.publicKeys.sign], bob);
		expect([...maker.verified().root.owners.keys()]).toEqual([bob.publicKeys.sign]);
		maker.link("", ["create", "preview", random(32)], alice);
		expect(verdict(maker)).toMatchObject({ code: "VAULT_LINK_REFUSED" });
	});

	const unknown = "has a change that this version of Coffer does not know";
	const refused: [string, string[]][] = [
		["creates 'production', which already exists", ["create", PRODUCTION, random(32)]],
		["has an invalid name or hash of an environment", ["create", "Preview", random(32)]],
		["has an invalid name or hash of an environment", ["create", "preview", random(31)]],
		[unknown, ["create", "preview"]],
		[unknown, ["create", "preview", random(32), "now"]],
		["deletes an environment that does not exist", ["delete", "preview"]],
		[unknown, ["delete", PRODUCTION, "now"]],
		["does not add a new owner", ["admit", ...words(alice, "other")]],
		["does not add a new owner", ["admit", ...words(mallory, "<script>")]],
		[unknown, ["admit", mallory.publicKeys.sign, mallory.publicKeys.box]],
		[unknown, ["admit", ...words(mallory, "mallory"), "now"]],
		["removes somebody who is not an owner", ["expel", mallory.publicKeys.sign]],
		["removes the vault's last owner", ["expel", alice.publicKeys.sign]],
		[unknown, ["expel", alice.publicKeys.sign, "now"]],
		[unknown, ["expel"]],
		[unknown, ["genesis", random(16), ...words(alice, "alice")]],
		[unknown, ["bless", "everybody"]],
	];
	test.each(refused)("refuses a link that %s: %s", (reason, change) => {
		const error = verdict(new VaultMaker().link("", change));
		expect(error).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7, line: 6 });
		expect(error.message).toMatch(new RegExp(`${reason}\\.$`));
	});

	test("refuses the name and the encryption key of any other owner", () => {
		for (const owner of [
			[mallory.publicKeys.sign, mallory.publicKeys.box, "alice"],
			[mallory.publicKeys.sign, alice.publicKeys.box, "mallory"],
		]) {
			const maker = new VaultMaker().link("", ["admit", ...words(bob, "bob")]);
			const error = verdict(maker.link("", ["admit", ...owner]));
			expect(error).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7, line: 7 });
			expect(error.message).toContain("adds an owner with the name or the encryption key of another owner");
		}
	});

	test.each([
		["a change of another kind", ["create", random(16), ...words(mallory, "m")]],
		["a word less", ["genesis", ...words(mallory, "m")]],
		["a word more", ["genesis", random(16), ...words(mallory, "m"), "now"]],
		["a salt of the wrong length", ["genesis", random(15), ...words(mallory, "m")]],
		["a name that is none", ["genesis", random(16), ...words(mallory, "-m")]],
	])("refuses a genesis with %s", (_, change) => {
		const genesis = makeLink({ vaultId: "", environment: "" }, undefined, change, mallory.signing);
		const error = refusal(() => verifyRoot(linkHash(genesis), [genesis]));
		expect(error).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7 });
		expect(error.message).toContain("is not a genesis link");
	});

	test("refuses a genesis that somebody else has signed, and a chain without one", () => {
		const change = ["genesis", random(16), ...words(alice, "alice")];
		const genesis = makeLink({ vaultId: "", environment: "" }, undefined, change, mallory.signing);
		expect(refusal(() => verifyRoot(linkHash(genesis), [genesis])).message).toContain(
			"is not signed by the creator that it adds",
		);
		expect(refusal(() => verifyRoot(linkHash(genesis), []))).toMatchObject({ code: "VAULT_MALFORMED" });
	});

	test("refuses the section of a deleted environment, and a missing section", () => {
		expect(verdict(new VaultMaker().link("", ["delete", PRODUCTION]))).toMatchObject({
			code: "VAULT_ENVIRONMENT_UNKNOWN",
		});
		const maker = new VaultMaker().environment("preview");
		maker.document = { ...maker.document, environments: new Map([["preview", maker.section("preview")]]) };
		expect(verdict(maker)).toMatchObject({ code: "VAULT_ENVIRONMENT_DROPPED", exit: 7, line: 6 });
		expect(refusal(() => maker.verified("staging"))).toMatchObject({
			code: "ENVIRONMENT_NOT_FOUND",
			exit: 4,
		});
	});
});
