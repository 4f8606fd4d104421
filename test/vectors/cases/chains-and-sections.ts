/** Chains with missing or swapped links, and sections that do not match the vault's chain. */
import { linkHash, mallory } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { VaultWriter } from "../writer.ts";
import { fault, LINE, otherBytes, reword, type Spot, smallVault } from "./case.ts";

const BROKEN = "VAULT_CHAIN_BROKEN";
const FORGED = "VAULT_LINK_FORGED";
const HASH = linkHash("a link that is none");

const unknown = (name: string, comment: string, build: (vault: VaultWriter) => Spot) =>
	fault(`environment-${name}`, "VAULT_ENVIRONMENT_UNKNOWN", comment, build);
const dropped = (name: string, comment: string, build: (vault: VaultWriter) => Spot) =>
	fault(`environment-${name}`, "VAULT_ENVIRONMENT_DROPPED", comment, build);

/** Sections that do not match the chain, and missing or swapped links. */
const vectors: Vector[] = [
	unknown("nobody-created", "A section that no owner created", (vault) =>
		vault.section("qa").genesis(undefined, {}, mallory),
	),
	unknown("renamed", "Preview's section under another name", (vault) => {
		const { links } = vault.preview;
		const qa = vault.section("qa");
		qa.links = links;
		return 1 + vault.lines().lastIndexOf(links[0] ?? "");
	}),
	unknown("replaced", "A stranger's chain under the name of an existing environment", (vault) => {
		vault.environments.delete("production");
		return vault.section("production").genesis(undefined, {}, mallory);
	}),
	unknown("swapped", "The chains of the two environments are swapped", (vault) => {
		const { preview, production } = vault;
		[preview.links, production.links] = [production.links, preview.links];
		return LINE.preview + 1;
	}),
	unknown("of-another-vault", "The section of another vault of the same owner", (vault) => {
		vault.environments.set("production", smallVault("another").production);
		return LINE.first;
	}),
	unknown("deleted", "The section of a deleted environment", (vault) => {
		vault.link(["delete", "preview"]);
		return LINE.preview + 2;
	}),
	unknown("first-link-dropped", "The first link is missing", (vault) => {
		vault.production.links.shift();
		return LINE.first;
	}),
	dropped("dropped", "A section is missing", (vault) => {
		vault.environments.delete("preview");
		return LINE.createProduction;
	}),
	dropped("never-there", "An environment was created, and has no section", (vault) =>
		vault.link(["create", "qa", HASH]),
	),
	fault("vault-link-dropped", BROKEN, "A link of the vault's chain is missing", (vault) => {
		vault.links.splice(1, 1);
		return LINE.createPreview;
	}),
	fault("environment-link-dropped", BROKEN, "A link of an environment's chain is missing", (vault) => {
		vault.production.links.splice(1, 1);
		return LINE.addBob;
	}),
	fault("environment-links-swapped", BROKEN, "Two links are swapped", (vault) => {
		vault.production.links.push(...vault.production.links.splice(1, 1));
		return LINE.addBob;
	}),
	fault("environment-link-twice", BROKEN, "A link appears twice", (vault) => {
		vault.production.links.push(vault.production.links[2] ?? "");
		return LINE.addCarol + 1;
	}),
	fault("environment-link-signature-changed", FORGED, "A signature of other bytes", (vault) => {
		const links = vault.production.links;
		links[1] = reword(links[1] ?? "", -1, otherBytes);
		return LINE.addBob;
	}),
	fault(
		"environment-link-word-changed",
		FORGED,
		"A reader was made a writer, under the old signature",
		(vault) => {
			const links = vault.production.links;
			links[2] = (links[2] ?? "").replace("reader", "writer");
			return LINE.addCarol;
		},
	),
];

/** Vectors of sections and whole links. */
export const chainAndSectionVectors = (): Vector[] => vectors;
