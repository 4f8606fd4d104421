/**
 * Merges the chains and sections of two copies of a vault. Of two chains, the one that continues the other wins. The
 * sections are those that the vault's chain says exist.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash } from "../chains/chain.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import { compareChain } from "../document/version-marks.ts";
import type { SealedRecord } from "../records/record.ts";
import { compareNames, malformed } from "../syntax/syntax.ts";

/** What is known about the vault from which both sides were made. */
export interface MergeBase {
	/** Whether the merge base has exactly this record. */
	has(environment: string, record: SealedRecord): boolean;
	/** Whether the record is the merge base's record of this name, re-encrypted in another epoch. */
	isReencrypted(environment: string, record: SealedRecord): boolean;
	/** Whether the merge base has exactly this section. */
	hasSection(section: EnvironmentSection): boolean;
}

/** The error for two memberships of which only one can be kept unchanged. */
export function membershipConflict(code: string, message: string, line?: number): AppError {
	return new AppError({
		code,
		message,
		hint: "Choose the side to keep. Coffer then applies the other side's changes after it: coffer vault resolve --take ours (or --take theirs)",
		exit: EXIT.conflict,
		...(line ? { line } : {}),
	});
}

/**
 * Returns the chain that continues the other one.
 * @param subject says in the error what both sides changed
 * @throws AppError `MEMBERSHIP_CONFLICT` (exit 5) if the chains diverged
 */
export function longerChain(
	ours: readonly Link[],
	theirs: readonly Link[],
	subject: string,
): readonly Link[] {
	const comparison = compareChain(ours.map(linkHash), theirs);
	if (comparison === "longer") return theirs;
	if (comparison !== "diverged") return ours;
	const at = theirs.findIndex((link, index) => link.text !== ours[index]?.text);
	throw membershipConflict(
		"MEMBERSHIP_CONFLICT",
		`Both sides changed ${subject}, and neither side continues the other one.`,
		theirs[at]?.line,
	);
}

/** The `subject` of `longerChain` for the vault's own chain. */
export const VAULT_CHAIN_SUBJECT = "the vault's owners or environments";

/** Both sides of an environment, and the chain that won. */
export type SectionPair = { ours: EnvironmentSection; theirs: EnvironmentSection; links: readonly Link[] };

/** @throws AppError `VAULT_ENVIRONMENT_UNKNOWN` (exit 7) for a section that the vault's chain never created */
function requireCreated(links: readonly Link[], { name, line, links: [first] }: EnvironmentSection): void {
	const created = first && `create ${name} ${linkHash(first)}`;
	if (links.some(({ change }) => change.join(" ") === created)) return;
	const message = `no owner of the vault created environment '${name}' with this chain.`;
	throw malformed("VAULT_ENVIRONMENT_UNKNOWN", message, first?.line ?? line);
}

/**
 * Returns the sections that the vault's chain says exist, each with its chain. Their records are not merged yet.
 * @throws AppError exit 5 `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; exit 7 for a chain that is not valid
 */
export function mergeSections(
	ours: VaultDocument,
	theirs: VaultDocument,
	links: readonly Link[],
	base: MergeBase | undefined,
): Map<string, SectionPair> {
	const { environments } = verifyRoot(ours.vaultId, links);
	const merged = new Map<string, SectionPair>();
	for (const name of [...new Set([...ours.environments.keys(), ...theirs.environments.keys()])].sort(
		compareNames,
	)) {
		const sections = [ours.environments.get(name), theirs.environments.get(name)].filter(
			(section) => section !== undefined,
		);
		const living = sections.filter(
			({ links: [first] }) => first && linkHash(first) === environments.get(name),
		);
		for (const section of sections) {
			if (living.includes(section)) continue;
			requireCreated(links, section);
			if (base?.hasSection(section)) continue;
			throw membershipConflict(
				"ENVIRONMENT_CONFLICT",
				`One side deleted environment '${name}', which the other side may have changed.`,
				section.line,
			);
		}
		const [first, second = first] = living;
		if (!first || !second) continue;
		const chain = longerChain(first.links, second.links, `the members of environment '${name}'`);
		const empty = (section: EnvironmentSection) => ({ ...section, records: new Map() });
		merged.set(name, {
			ours: ours.environments.get(name) === first ? first : empty(first),
			theirs: theirs.environments.get(name) === second ? second : empty(second),
			links: chain,
		});
	}
	return merged;
}

/**
 * Checks that the chains and sections of two vaults can be merged. Records are not checked.
 * @throws AppError exit 5 `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; exit 7 for a chain that is not valid
 */
export function requireMergeableChains(ours: VaultDocument, theirs: VaultDocument, base?: MergeBase): void {
	mergeSections(ours, theirs, longerChain(ours.links, theirs.links, VAULT_CHAIN_SUBJECT), base);
}
