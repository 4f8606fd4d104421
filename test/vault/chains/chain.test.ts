/** Verification of chains: links that are not allowed, and the error for each. */
import { describe, expect, test } from "vitest";
import { randomBytes, toBase64 } from "../../../src/crypto.ts";
import { linkHash, makeLink, parseLink } from "../../../src/vault/chains/chain.ts";
import { verifyChains, withSection } from "../../../src/vault/document/document.ts";
import { refusal } from "../../support/refusal.ts";
import { alice, bob, carol, dave, mallory, PRODUCTION, VaultMaker } from "../maker.ts";

const random = (bytes: number) => toBase64(randomBytes(bytes));
const words = (who: typeof alice, name: string) => [who.publicKeys.sign, who.publicKeys.box, name];
const team = () => new VaultMaker().add(bob, "writer", "bob").add(carol, "reader", "carol");

/** The error code and line of verifying environment production; undefined if it is valid. */
function verdict(maker: VaultMaker) {
	return refusal(() => maker.reread().verified());
}

function addWords(who: typeof alice, role: string, name: string): string[] {
	return ["add", role, ...words(who, name), random(80)];
}

describe("who may sign links of an environment", () => {
	test.each([
		["a stranger", mallory],
		["a reader", carol],
	])("refuses a valid signature of %s", (_, signer) => {
		const maker = team().link(PRODUCTION, addWords(mallory, "writer", "mallory"), signer);
		expect(verdict(maker)).toMatchObject({ code: "VAULT_LINK_REFUSED", exit: 7, line: 12 });
	});

	test("accepts a writer, and refuses a signature in a writer's name", () => {
		const maker = team().link(PRODUCTION, addWords(mallory, "reader", "mallory"), bob);
		expect(maker.verified().state.members.get(mallory.publicKeys.sign)?.role).toBe("reader");
		const claimed = team();
		const links = claimed.section().links;
		const forged = makeLink(
			{ vaultId: claimed.document.vaultId, environment: PRODUCTION },
			links.at(-1),
			addWords(mallory, "writer", "mallory"),
			{ publicKey: alice.signing.publicKey, privateKey: mallory.signing.privateKey },
		);
		expect(verdict(claimed.links(PRODUCTION, [...links, forged]))).toMatchObject({
			code: "VAULT_LINK_FORGED",
		});
	});

	test("refuses a removed writer", () => {
		const maker = team().add(dave, "writer", "dave").epoch([dave]);
		expect(verdict(maker.link(PRODUCTION, addWords(mallory, "writer", "m"), dave))).toMatchObject({
			code: "VAULT_LINK_REFUSED",
		});
	});
});

describe("links that were moved", () => {
	test("refuses a link of another environment", () => {
		const maker = team().environment("preview");
		const foreign = maker.section().links.at(-1);
		const own = maker.section("preview").links;
		if (!foreign) throw new Error("no link");
		maker.links("preview", [...own, foreign]);
		expect(refusal(() => maker.verified("preview"))).toMatchObject({ code: "VAULT_CHAIN_BROKEN" });
	});

	test("refuses a link that continues the chain but is signed for another environment or vault", () => {
		const { vaultId } = team().document;
		for (const context of [
			{ vaultId, environment: "preview" },
			{ vaultId, environment: "" },
			{ vaultId: new VaultMaker().document.vaultId, environment: PRODUCTION },
		]) {
			const maker = team().link(PRODUCTION, addWords(mallory, "reader", "m"), alice, context);
			expect(verdict(maker)).toMatchObject({ code: "VAULT_LINK_FORGED", exit: 7 });
		}
	});

	test("refuses a chain in which a link is missing, swapped or repeated", () => {
		const links = team().section().links;
		const [first, second, third] = links;
		if (!first || !second || !third) throw new Error("no links");
		for (const wrong of [
			[first, third],
			[first, third, second],
			[first, second, second, third],
			[second, third],
			[first, first],
		]) {
			const maker = team();
			const own = maker.section().links;
			const picked = wrong.map((link) => own[links.indexOf(link)] ?? link);
			expect(["VAULT_CHAIN_BROKEN", "VAULT_ENVIRONMENT_UNKNOWN"]).toContain(
				verdict(maker.links(PRODUCTION, picked)).code,
			);
		}
	});

	test("refuses a fork, that is a link that continues an earlier one", () => {
		const maker = team();
		const links = maker.section().links;
		const fork = makeLink(
			{ vaultId: maker.document.vaultId, environment: PRODUCTION },
			links[1],
			addWords(mallory, "reader", "m"),
			alice.signing,
		);
		expect(verdict(maker.links(PRODUCTION, [...links, fork]))).toMatchObject({ code: "VAULT_CHAIN_BROKEN" });
	});
});

const form = "does not have the form 'link INDEX PREVIOUS CHANGE… SIGNER SIGNATURE'";
const keys = `${random(32)} ${random(64)}`;
test.each([
	["link", form],
	["link 0 - a b", form],
	["link 0 -  a b c", form],
	[`Link 0 - a ${keys}`, form],
	[`link 10000 - a ${keys}`, "has no valid index"],
	[`link 01 - a ${keys}`, "has no valid index"],
	[`link 1 + a ${keys}`, "does not contain the hash of the previous link"],
	[`link 1 ${random(31)} a ${keys}`, "does not contain the hash of the previous link"],
	[`link 1 - a ${random(31)} ${random(64)}`, "has no valid signer"],
	[`link 1 - a ${random(32)} ${random(63)}`, "has no valid signature"],
])("parseLink refuses a malformed link %#", (text, reason) => {
	const error = refusal(() => parseLink(text, 3));
	expect(error).toMatchObject({ code: "VAULT_LINK_MALFORMED", exit: 7, line: 3 });
	expect(error.message).toContain(reason);
});

describe("with a pin of links that were verified before", () => {
	const maker = team();
	const pin = {
		epoch: 1,
		vault: maker.document.links.map(linkHash),
		environment: maker.section().links.map(linkHash),
	};

	test("the same chains have the same result", () => {
		expect(verifyChains(maker.document, PRODUCTION, pin)).toEqual(verifyChains(maker.document, PRODUCTION));
	});

	test("verifies a link that differs from the pinned one, and a link after the pin", () => {
		const section = maker.section();
		const [last] = section.links.slice(-1);
		const text = last?.text.replace(/[A-Za-z0-9_-]{86}$/, random(64)) ?? "";
		const forged = { ...section, links: [...section.links.slice(0, -1), parseLink(text, 9)] };
		const shorter = { ...pin, environment: pin.environment.slice(0, -1) };
		for (const known of [pin, shorter]) {
			const found = refusal(() => verifyChains(withSection(maker.document, forged), PRODUCTION, known));
			expect(found).toMatchObject({ code: "VAULT_LINK_FORGED", line: 9 });
		}
	});
});
