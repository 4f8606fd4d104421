/** Faults that a link of either chain may have: a wrong position or a wrong signature. */
import { alice, bob, carol, dave, linkHash, mallory, type Person, signatureOf } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { VaultWriter } from "../writer.ts";
import { fault, type Spot } from "./case.ts";
import { neutralR, unreduced } from "./signatures.ts";

const BROKEN = "VAULT_CHAIN_BROKEN";
const FORGED = "VAULT_LINK_FORGED";
const REFUSED = "VAULT_LINK_REFUSED";
const HASH = linkHash("a link that is none");

type Twist = NonNullable<Parameters<VaultWriter["link"]>[1]>;
type Row = readonly [name: string, code: string, comment: string, twist: (vault: VaultWriter) => Twist];

interface Chain {
	readonly name: string;
	/** The chain's environment; empty for the vault's environment chain. */
	readonly environment: string;
	readonly links: (vault: VaultWriter) => readonly string[];
	readonly append: (vault: VaultWriter, twist: Twist, by?: Person) => Spot;
}

const chains: readonly Chain[] = [
	{
		name: "vault",
		environment: "",
		links: (vault) => vault.links,
		append: (vault, twist, by) => vault.link(["create", "qa", HASH], twist, by),
	},
	{
		name: "environment",
		environment: "production",
		links: (vault) => vault.production.links,
		append: ({ production }, twist, by) =>
			production.link(["add", "reader", ...dave.words, production.wrap(dave)], twist, by),
	},
];

function positions({ environment, links }: Chain): Row[] {
	return [
		["index-skipped", BROKEN, "An index is skipped", () => ({ index: 4 })],
		["index-repeated", BROKEN, "The index of the link before", () => ({ index: 2 })],
		["previous-of-another", BROKEN, "The hash is that of no earlier link", () => ({ previous: HASH })],
		[
			"previous-forked",
			BROKEN,
			"The hash of the link before the last: a fork",
			(vault) => ({ previous: linkHash(links(vault)[1] ?? "") }),
		],
		["previous-none", BROKEN, "No previous link, as in a first link", () => ({ previous: "-" })],
		[
			"signed-for-another-vault",
			FORGED,
			"The signature is for another vault",
			() => ({ context: [HASH, environment] }),
		],
		[
			"signed-for-no-vault",
			FORGED,
			"The signature is for the empty vault id, which only a genesis uses",
			() => ({ context: ["", environment] }),
		],
		[
			"signed-for-another-chain",
			FORGED,
			"The signature is for the other chain",
			(vault) => ({ context: [vault.id, environment ? "" : "production"] }),
		],
		[
			"signed-for-another-environment",
			FORGED,
			"The signature is for environment preview",
			(vault) => ({ context: [vault.id, "preview"] }),
		],
	];
}

const signatures: readonly Row[] = [
	[
		"signature-of-something-else",
		FORGED,
		"A signature of the signer for something else",
		() => ({ signature: () => signatureOf(Buffer.from("something else"), alice.signing) }),
	],
	["signature-zero", FORGED, "A signature of zeros", () => ({ signature: () => new Uint8Array(64) })],
	["signature-not-reduced", FORGED, "S is not below the group's order", () => ({ signature: unreduced })],
	[
		"signature-small-r",
		FORGED,
		"R is the neutral point; the equation holds",
		() => ({ signature: (_, content) => neutralR(alice, content) }),
	],
];

/** Links with one fault each; everything else in them is correct. */
function vectorsOf(chain: Chain): Vector[] {
	const { name: place, environment, append } = chain;
	const strangers = environment ? [mallory, carol] : [mallory, carol, bob];
	return [
		...[...positions(chain), ...signatures].map(([name, code, comment, twist]) =>
			fault(`${place}-link-${name}`, code, comment, (vault) => append(vault, twist(vault))),
		),
		fault(`${place}-link-signer-claimed`, FORGED, "A stranger's signature in the owner's name", (vault) =>
			append(vault, { signer: alice.sign }, mallory),
		),
		...strangers.map((who) =>
			fault(`${place}-link-by-${who.name}`, REFUSED, `Signed by ${who.name}, who has no right to`, (vault) =>
				append(vault, {}, who),
			),
		),
	];
}

/** Vectors of links on either chain. */
export const linkFaultVectors = (): Vector[] => chains.flatMap(vectorsOf);
