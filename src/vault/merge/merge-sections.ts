/**
 * The chains and sections of two vaults that came from one: of two chains the one that continues the other, and the
 * sections that the vault's chain says exist.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash } from "../chains/chain.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import { compareChain } from "../document/version-marks.ts";
import type { SealedRecord } from "../records/record.ts";
import { compareNames, malformed } from "../syntax/syntax.ts";

/** What is known of the vault that both sides came from. */
export interface MergeBase {
	/** Whether the record stood in it just so. */
	has(environment: string, record: SealedRecord): boolean;
	/** Whether the record is what stood there, sealed anew in a later epoch. */
	isReencrypted(environment: string, record: SealedRecord): boolean;
	/** Whether the whole section stood in it just so. */
	hasSection(section: EnvironmentSection): boolean;
}

/** What only one side can be kept of as it is. */
export function membershipConflict(code: string, message: string, line?: number): AppError {
	return new AppError({
		code,
		message,
		hint: "Say whose are kept; the other side's are made again after them: coffer vault resolve --take ours (or --take theirs)",
		exit: EXIT.conflict,
		...(line ? { line } : {}),
	});
}

/** The chain that continues the other. @param subject names it in the error */
export function longerChain(
	ours: readonly Link[],
	theirs: readonly Link[],
	subject: string,
): readonly Link[] {
	const standing = compareChain(ours.map(linkHash), theirs);
	if (standing === "longer") return theirs;
	if (standing !== "diverged") return ours;
	const at = theirs.findIndex((link, index) => link.text !== ours[index]?.text);
	throw membershipConflict(
		"MEMBERSHIP_CONFLICT",
		`Both sides changed ${subject}, and membership is a chain: neither continues the other.`,
		theirs[at]?.line,
	);
}

/** What the vault's own chain is about, in an error. */
export const VAULT_CHAIN_SUBJECT = "the vault's owners or environments";

/** Both sides of an environment, and the chain that counts. */
export type SectionPair = { ours: EnvironmentSection; theirs: EnvironmentSection; links: readonly Link[] };

/** @throws AppError `VAULT_ENVIRONMENT_UNKNOWN` (exit 7) for a section that the vault's chain never named: nobody deleted it */
function requireCreated(links: readonly Link[], { name, line, links: [first] }: EnvironmentSection): void {
	const created = first && `create ${name} ${linkHash(first)}`;
	if (links.some(({ change }) => change.join(" ") === created)) return;
	const message = `no owner of the vault created this environment '${name}'.`;
	throw malformed("VAULT_ENVIRONMENT_UNKNOWN", message, first?.line ?? line);
}

/** The sections that the vault's chain says exist, each with its chain; records are not united yet. */
export function mergeSections(
	ours: VaultDocument,
	theirs: VaultDocument,
	links: readonly Link[],
	base: MergeBase | undefined,
): Map<string, SectionPair> {
	const { environments } = verifyRoot(ours.vaultId, links);
	const united = new Map<string, SectionPair>();
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
				`One side deleted environment '${name}', and the other one may have changed it.`,
				section.line,
			);
		}
		const [first, second = first] = living;
		if (!first || !second) continue;
		const chain = longerChain(first.links, second.links, `the members of environment '${name}'`);
		const empty = (section: EnvironmentSection) => ({ ...section, records: new Map() });
		united.set(name, {
			ours: ours.environments.get(name) === first ? first : empty(first),
			theirs: theirs.environments.get(name) === second ? second : empty(second),
			links: chain,
		});
	}
	return united;
}

/**
 * Says whether two vaults can be united at all, whatever their records are.
 * @throws AppError exit 5 `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; exit 7 for a chain that does not hold
 */
export function requireMergeableChains(ours: VaultDocument, theirs: VaultDocument, base?: MergeBase): void {
	mergeSections(ours, theirs, longerChain(ours.links, theirs.links, VAULT_CHAIN_SUBJECT), base);
}
