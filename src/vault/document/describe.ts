/**
 * The text that `git diff` and `git show` print for a vault: names, versions, kinds, epochs and authors. It never
 * contains a value. If the caller can open a record, it contains the masked value.
 */
import type { Link } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";
import type { SealedRecord } from "../records/record.ts";
import type { EnvironmentSection, VaultDocument } from "./document.ts";

/** Where a link of an environment that adds a member has the signing key, which the box key and the name follow. */
const MEMBER_AT: Readonly<Record<string, number>> = { genesis: 4, add: 2 };
/** The same for a link of the vault that adds an owner. */
const OWNER_AT: Readonly<Record<string, number>> = { genesis: 2, admit: 1 };

/** The name of every member that the links add, by signing key. Removed members are included. */
function memberNames(links: readonly Link[], keyAt: Readonly<Record<string, number>>): Map<string, string> {
	const names = new Map<string, string>();
	for (const { change } of links) {
		const [sign, , name] = change.slice(keyAt[change[0] ?? ""] ?? change.length);
		if (sign !== undefined && name !== undefined) names.set(sign, name);
	}
	return names;
}

/** Describes what a link of the vault's own chain did: owners by name, environments without their keys. */
function describeVaultLink({ change, index }: Link, names: ReadonlyMap<string, string>): string {
	const [verb, first = ""] = change;
	if (verb === "genesis") return `  link ${index}: made`;
	if (verb === "admit" || verb === "expel")
		return `  link ${index}: owner ${names.get(first) ?? first} ${verb === "admit" ? "added" : "removed"}`;
	return `  link ${index}: ${change.slice(0, 2).join(" ")}`;
}

/** Describes what a link did, without keys and wraps. */
function describeLink({ change, index }: Link, names: ReadonlyMap<string, string>): string {
	const [verb, first = "", ...rest] = change;
	if (verb === "genesis") return `  link ${index}: made by ${change[6] ?? ""}`;
	if (verb === "add") return `  link ${index}: ${first} ${rest[2] ?? ""} added`;
	if (verb !== "epoch") return `  link ${index}: ${verb ?? ""}`;
	const removed = (rest[2] ?? "-").split(",").map((key) => names.get(key) ?? "nobody");
	return `  link ${index}: epoch ${epochNumber(first) ?? "?"}, removed ${removed.join(", ")}`;
}

/** Returns the masked value of a record, or undefined to print none. */
export type MaskOf = (environment: string, record: SealedRecord) => string | undefined;

function describeRecord(section: EnvironmentSection, names: ReadonlyMap<string, string>, maskOf: MaskOf) {
	return (record: SealedRecord): string => {
		const { name, version, kind, epoch, author } = record;
		const by = names.get(author) ?? `${author.slice(0, 12)}…`;
		const mask = maskOf(section.name, record);
		const words = [`  ${name}`, `v${version}`, kind, `epoch ${epochNumber(epoch) ?? "?"}`, `by ${by}`];
		return (mask === undefined ? words : [...words, mask]).join("  ");
	};
}

/**
 * Describes a vault: one line for each link and each record. The links and records are not verified; `maskOf` verifies
 * the records that it opens.
 */
export function describeVault(document: VaultDocument, maskOf: MaskOf = () => undefined): string {
	const lines = [`vault ${document.vaultId}`];
	const owners = memberNames(document.links, OWNER_AT);
	for (const link of document.links) lines.push(describeVaultLink(link, owners));
	for (const section of document.environments.values()) {
		const names = memberNames(section.links, MEMBER_AT);
		lines.push(`environment ${section.name}`);
		for (const link of section.links) lines.push(describeLink(link, names));
		lines.push(...[...section.records.values()].map(describeRecord(section, names, maskOf)));
	}
	return `${lines.join("\n")}\n`;
}
