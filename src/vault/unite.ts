/**
 * Two vaults that came from one, made one again, without any key: records of different names are united, and of two
 * chains of which one continues the other, the longer is taken. What cannot be known is a conflict, never a guess.
 */
import { AppError, EXIT } from "../errors.ts";
import { type Link, linkHash } from "./chain.ts";
import type { RecordConflict } from "./conflict-text.ts";
import { type EnvironmentSection, type VaultDocument, verifyChains } from "./document.ts";
import { compareChain } from "./marks.ts";
import { type EnvironmentState, epochNumber } from "./membership.ts";
import type { SealedRecord } from "./record.ts";
import { verifyRoot } from "./root.ts";
import { verifyRecord } from "./seal.ts";
import { compareNames, LIMITS, malformed } from "./syntax.ts";

export type Side = "ours" | "theirs";

/** What is known of the vault that both sides came from. */
export interface Ancestor {
	/** Whether the record stood in it just so. */
	has(environment: string, record: SealedRecord): boolean;
	/** Whether the record is what stood there, sealed anew in a later epoch. */
	resealed(environment: string, record: SealedRecord): boolean;
	/** Whether the whole section stood in it just so. */
	hasSection(section: EnvironmentSection): boolean;
}

export interface UniteOptions {
	readonly ancestor?: Ancestor | undefined;
	/** Whether two records hold the same value. Asked only where both sides changed; without it, they do not. */
	readonly sameValue?:
		| ((state: EnvironmentState, ours: SealedRecord, theirs: SealedRecord) => boolean)
		| undefined;
	/** Who wins where both sides changed; undefined leaves the conflict. */
	readonly take?: ((environment: string, name: string) => Side | undefined) | undefined;
}

export interface United {
	/** Everything but the names in conflict. */
	readonly document: VaultDocument;
	/** Sorted by environment and name. */
	readonly conflicts: readonly RecordConflict[];
	/** The conflicts that `take` decided. */
	readonly decided: readonly RecordConflict[];
}

function conflict(code: string, message: string, line?: number): AppError {
	return new AppError({
		code,
		message,
		hint: "Keep one side's whole file (git checkout --ours -- coffer.vault, or --theirs), and make the other side's changes again.",
		exit: EXIT.conflict,
		...(line ? { line } : {}),
	});
}

/** The chain that continues the other. @param whose names it in the error */
function longer(ours: readonly Link[], theirs: readonly Link[], whose: string): readonly Link[] {
	const standing = compareChain(ours.map(linkHash), theirs);
	if (standing === "longer") return theirs;
	if (standing !== "diverged") return ours;
	const at = theirs.findIndex((link, index) => link.text !== ours[index]?.text);
	throw conflict(
		"MEMBERSHIP_CONFLICT",
		`Both sides changed ${whose}, and membership is a chain: neither continues the other.`,
		theirs[at]?.line,
	);
}

/** Whether somebody who is still a writer vouches for the record. @throws AppError exit 7 for one that never counted */
function isVouchedFor(state: EnvironmentState, record: SealedRecord): boolean {
	try {
		verifyRecord(state, record);
		return true;
	} catch (error) {
		if (error instanceof AppError && error.code === "RECORD_AUTHOR_REMOVED") return false;
		throw error;
	}
}

/** Of two records with one value, the one that everybody would take. */
function newer(a: SealedRecord, b: SealedRecord): SealedRecord {
	if (a.version !== b.version) return a.version > b.version ? a : b;
	const [epochA, epochB] = [epochNumber(a.epoch) ?? 0, epochNumber(b.epoch) ?? 0];
	if (epochA !== epochB) return epochA > epochB ? a : b;
	return a.body > b.body ? a : b;
}

/** What two different records of one name come to; undefined where it takes a person. */
function pick(
	state: EnvironmentState,
	ours: SealedRecord,
	theirs: SealedRecord,
	{ ancestor, sameValue }: UniteOptions,
): SealedRecord | undefined {
	if (ancestor) {
		const [oursOld, theirsOld] = [ancestor.has(state.name, ours), ancestor.has(state.name, theirs)];
		if (oursOld !== theirsOld) return oursOld ? theirs : ours;
		const [oursSame, theirsSame] = [
			ancestor.resealed(state.name, ours),
			ancestor.resealed(state.name, theirs),
		];
		if (oursSame !== theirsSame) return oursSame ? theirs : ours;
	}
	return sameValue?.(state, ours, theirs) ? newer(ours, theirs) : undefined;
}

function refuseRemoved(state: EnvironmentState, record: SealedRecord, side: Side): AppError {
	return new AppError({
		code: "RECORD_AUTHOR_REMOVED",
		message: `The record of ${record.name} on the side '${side}' is by somebody who is no longer a writer of '${state.name}'.`,
		hint: `Take the other side, and set the value anew if it is the right one: coffer secrets set ${record.name}.`,
		exit: EXIT.integrity,
		line: record.line,
	});
}

interface Pair {
	readonly name: string;
	readonly ours: SealedRecord | undefined;
	readonly theirs: SealedRecord | undefined;
}

/** The record that one name comes to; `conflict` where it takes a person. */
function uniteOne(state: EnvironmentState, pair: Pair, options: UniteOptions): SealedRecord | "conflict" {
	const { ours, theirs } = pair;
	if (ours && theirs && ours.body === theirs.body) return ours;
	const picked = ours && theirs ? pick(state, ours, theirs, options) : (ours ?? theirs);
	return picked && isVouchedFor(state, picked) ? picked : "conflict";
}

/** The side that was chosen for a conflict. @throws AppError `RECORD_AUTHOR_REMOVED` (exit 7) */
function chosen(state: EnvironmentState, pair: Pair, side: Side): SealedRecord | undefined {
	const record = pair[side];
	if (record && !isVouchedFor(state, record)) throw refuseRemoved(state, record, side);
	return record;
}

/** Both sides of an environment, and the chain that counts. */
type SectionPair = { ours: EnvironmentSection; theirs: EnvironmentSection; links: readonly Link[] };

/** What is still open, and what was decided. */
interface Conflicts {
	readonly open: RecordConflict[];
	readonly decided: RecordConflict[];
}

function uniteRecords(
	state: EnvironmentState,
	sections: SectionPair,
	options: UniteOptions,
	conflicts: Conflicts,
): Map<string, SealedRecord> {
	const records = new Map<string, SealedRecord>();
	const { ours, theirs } = sections;
	for (const name of [...new Set([...ours.records.keys(), ...theirs.records.keys()])].sort(compareNames)) {
		const pair = { name, ours: ours.records.get(name), theirs: theirs.records.get(name) };
		let record: SealedRecord | "conflict" | undefined = uniteOne(state, pair, options);
		if (record === "conflict") {
			const side = options.take?.(state.name, name);
			(side ? conflicts.decided : conflicts.open).push({ environment: state.name, ...pair });
			record = side && chosen(state, pair, side);
		}
		if (record) records.set(name, record);
	}
	if (records.size > LIMITS.recordsPerEnvironment) {
		throw new AppError({
			code: "TOO_MANY_SECRETS",
			message: `Environment '${state.name}' would hold ${records.size} secrets (deleted ones counted); the limit is ${LIMITS.recordsPerEnvironment}.`,
			hint: "Keep one side's file, and split the secrets over several environments.",
			exit: EXIT.usage,
		});
	}
	return records;
}

/** @throws AppError `VAULT_ENVIRONMENT_UNKNOWN` (exit 7) for a section that the vault's chain never named: nobody deleted it */
function requireCreated(links: readonly Link[], { name, line, links: [first] }: EnvironmentSection): void {
	const created = first && `create ${name} ${linkHash(first)}`;
	if (links.some(({ change }) => change.join(" ") === created)) return;
	const message = `no owner of the vault created this environment '${name}'.`;
	throw malformed("VAULT_ENVIRONMENT_UNKNOWN", message, first?.line ?? line);
}

/** The sections that the vault's chain says exist, each with its chain; records are not united yet. */
function uniteSections(
	ours: VaultDocument,
	theirs: VaultDocument,
	links: readonly Link[],
	ancestor: Ancestor | undefined,
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
			if (ancestor?.hasSection(section)) continue;
			throw conflict(
				"ENVIRONMENT_CONFLICT",
				`One side deleted environment '${name}', and the other one may have changed it.`,
				section.line,
			);
		}
		const [first, second = first] = living;
		if (!first || !second) continue;
		const chain = longer(first.links, second.links, `the members of environment '${name}'`);
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
 * Unites two vaults. Chains, and every record that is not the same on both sides, are verified.
 * @throws AppError exit 5: `VAULTS_DIFFER`, `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; exit 7 for a chain or a
 *   record that does not hold
 */
export function uniteVaults(ours: VaultDocument, theirs: VaultDocument, options: UniteOptions = {}): United {
	if (ours.vaultId !== theirs.vaultId)
		throw conflict("VAULTS_DIFFER", "The two sides of coffer.vault are different vaults.", 1);
	const links = longer(ours.links, theirs.links, "the vault's owners or environments");
	const conflicts: Conflicts = { open: [], decided: [] };
	const sections = uniteSections(ours, theirs, links, options.ancestor);
	const environments = new Map<string, EnvironmentSection>();
	for (const [name, section] of sections)
		environments.set(name, { ...section.ours, links: section.links, records: new Map() });
	const chains: VaultDocument = { vaultId: ours.vaultId, links, environments };
	for (const name of verifyRoot(ours.vaultId, links).environments.keys()) {
		const { state, section } = verifyChains(chains, name);
		const sides = sections.get(name);
		if (sides)
			environments.set(name, { ...section, records: uniteRecords(state, sides, options, conflicts) });
	}
	const { open, decided } = conflicts;
	return { document: chains, conflicts: open, decided };
}
