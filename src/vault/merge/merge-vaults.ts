/**
 * Merges two copies of a vault without a key. Records of different names are combined, and of two chains the one that
 * continues the other wins. Whatever cannot be decided for certain becomes a conflict.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type EnvironmentState, epochNumber } from "../chains/membership.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import { type EnvironmentSection, type VaultDocument, verifyChains } from "../document/document.ts";
import type { SealedRecord } from "../records/record.ts";
import { type ValidSignatures, verifyRecord } from "../records/seal.ts";
import { compareNames, LIMITS } from "../syntax/syntax.ts";
import type { RecordConflict } from "./conflict-text.ts";
import {
	longerChain,
	type MergeBase,
	mergeSections,
	type SectionPair,
	VAULT_CHAIN_SUBJECT,
} from "./merge-sections.ts";

export type Side = "ours" | "theirs";

export interface VaultMergeOptions {
	readonly base?: MergeBase | undefined;
	/**
	 * Whether two records have the same value. Called only if both sides changed the name and both records are valid.
	 * Without it, two records never count as equal.
	 */
	readonly sameValue?:
		| ((state: EnvironmentState, ours: SealedRecord, theirs: SealedRecord) => boolean)
		| undefined;
	/** Signatures that were checked before, by the name of the environment. */
	readonly validSignatures?: ReadonlyMap<string, ValidSignatures> | undefined;
	/** Which side wins for a name in conflict; undefined leaves the conflict open. */
	readonly take?: ((environment: string, name: string) => Side | undefined) | undefined;
}

export interface VaultMerge {
	/** All records except those of names in conflict. */
	readonly document: VaultDocument;
	/** Sorted by environment and name. */
	readonly conflicts: readonly RecordConflict[];
	/** The conflicts that `take` decided. */
	readonly decided: readonly RecordConflict[];
}

/**
 * Whether the record is valid and its author still a writer.
 * @throws AppError exit 7 for a record that is invalid for any reason but a removed author
 */
function hasCurrentWriter(
	state: EnvironmentState,
	record: SealedRecord,
	validSignatures: VaultMergeOptions["validSignatures"],
): boolean {
	try {
		verifyRecord(state, record, validSignatures?.get(state.name));
		return true;
	} catch (error) {
		if (error instanceof AppError && error.code === "RECORD_AUTHOR_REMOVED") return false;
		throw error;
	}
}

/** Of two records with the same value, the one that every implementation must choose (docs/format.md, "Conflicts"). */
function newerRecord(a: SealedRecord, b: SealedRecord): SealedRecord {
	if (a.version !== b.version) return a.version > b.version ? a : b;
	const [epochA, epochB] = [epochNumber(a.epoch) ?? 0, epochNumber(b.epoch) ?? 0];
	if (epochA !== epochB) return epochA > epochB ? a : b;
	return a.body > b.body ? a : b;
}

/** Chooses between two different records of one name; undefined if a person has to decide. */
function pickWithoutConflict(
	state: EnvironmentState,
	ours: SealedRecord,
	theirs: SealedRecord,
	{ base, sameValue, validSignatures }: VaultMergeOptions,
): SealedRecord | undefined {
	if (base) {
		const [oursOld, theirsOld] = [base.has(state.name, ours), base.has(state.name, theirs)];
		if (oursOld !== theirsOld) return oursOld ? theirs : ours;
		const [oursSame, theirsSame] = [
			base.isReencrypted(state.name, ours),
			base.isReencrypted(state.name, theirs),
		];
		if (oursSame !== theirsSame) return oursSame ? theirs : ours;
	}
	// A record of a removed author is never compared. A person has to decide, and can only choose the other record.
	const isComparable =
		sameValue && [ours, theirs].every((record) => hasCurrentWriter(state, record, validSignatures));
	return isComparable && sameValue(state, ours, theirs) ? newerRecord(ours, theirs) : undefined;
}

function authorRemoved(state: EnvironmentState, record: SealedRecord, side: Side): AppError {
	return new AppError({
		code: "RECORD_AUTHOR_REMOVED",
		message: `The author of the record of ${record.name} on the side '${side}' is no longer a writer of '${state.name}'.`,
		hint: `Take the other side: coffer vault resolve --take ${side === "ours" ? "theirs" : "ours"} ${record.name}. If this side's value is the right one, set it again after that: ${inEnvironment(`coffer secrets set ${record.name}`, state.name)}`,
		exit: EXIT.integrity,
		line: record.line,
	});
}

interface Pair {
	readonly name: string;
	readonly ours: SealedRecord | undefined;
	readonly theirs: SealedRecord | undefined;
}

/** Merges one name; `conflict` if a person has to decide. */
function mergeOne(
	state: EnvironmentState,
	pair: Pair,
	options: VaultMergeOptions,
): SealedRecord | "conflict" {
	const { ours, theirs } = pair;
	if (ours && theirs && ours.body === theirs.body) return ours;
	const picked = ours && theirs ? pickWithoutConflict(state, ours, theirs, options) : (ours ?? theirs);
	return picked && hasCurrentWriter(state, picked, options.validSignatures) ? picked : "conflict";
}

/** The record of the side that a person chose. @throws AppError `RECORD_AUTHOR_REMOVED` (exit 7) */
function chosenRecord(
	state: EnvironmentState,
	pair: Pair,
	side: Side,
	validSignatures: VaultMergeOptions["validSignatures"],
): SealedRecord | undefined {
	const record = pair[side];
	if (record && !hasCurrentWriter(state, record, validSignatures)) throw authorRemoved(state, record, side);
	return record;
}

/** The side of a conflict that nobody can choose. If there are two, the first: each is refused if it is chosen. */
function refusedSide(
	state: EnvironmentState,
	pair: Pair,
	validSignatures: VaultMergeOptions["validSignatures"],
): Side | undefined {
	return (["ours", "theirs"] as const).find((side) => {
		const record = pair[side];
		return record && !hasCurrentWriter(state, record, validSignatures);
	});
}

/** The conflicts that are still open, and those that `take` decided. */
interface Conflicts {
	readonly open: RecordConflict[];
	readonly decided: RecordConflict[];
}

function mergeSectionRecords(
	state: EnvironmentState,
	sections: SectionPair,
	options: VaultMergeOptions,
	conflicts: Conflicts,
): Map<string, SealedRecord> {
	const records = new Map<string, SealedRecord>();
	const { ours, theirs } = sections;
	for (const name of [...new Set([...ours.records.keys(), ...theirs.records.keys()])].sort(compareNames)) {
		const pair = { name, ours: ours.records.get(name), theirs: theirs.records.get(name) };
		let record: SealedRecord | "conflict" | undefined = mergeOne(state, pair, options);
		if (record === "conflict") {
			const side = options.take?.(state.name, name);
			const refused = refusedSide(state, pair, options.validSignatures);
			(side ? conflicts.decided : conflicts.open).push({ environment: state.name, ...pair, refused });
			record = side && chosenRecord(state, pair, side, options.validSignatures);
		}
		if (record) records.set(name, record);
	}
	if (records.size > LIMITS.recordsPerEnvironment) {
		throw new AppError({
			code: "TOO_MANY_SECRETS",
			message: `Environment '${state.name}' would have ${records.size} secrets, deleted ones included; the limit is ${LIMITS.recordsPerEnvironment}.`,
			hint: "Keep one side's file and divide the secrets among several environments.",
			exit: EXIT.usage,
		});
	}
	return records;
}

/**
 * Merges two vaults. Verifies the chains and every record that differs between the sides.
 * @throws AppError exit 5: `VAULTS_DIFFER`, `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; `TOO_MANY_SECRETS`
 *   (exit 2); exit 7 for a chain or a record that is not valid
 */
export function mergeVaults(
	ours: VaultDocument,
	theirs: VaultDocument,
	options: VaultMergeOptions = {},
): VaultMerge {
	if (ours.vaultId !== theirs.vaultId)
		throw new AppError({
			code: "VAULTS_DIFFER",
			message: "The two sides of coffer.vault are different vaults.",
			hint: "Keep the whole file of one side (git checkout --ours -- coffer.vault, or --theirs), and set the other side's secrets again.",
			exit: EXIT.conflict,
			line: 1,
		});
	const links = longerChain(ours.links, theirs.links, VAULT_CHAIN_SUBJECT);
	const conflicts: Conflicts = { open: [], decided: [] };
	const sections = mergeSections(ours, theirs, links, options.base);
	const environments = new Map<string, EnvironmentSection>();
	for (const [name, section] of sections)
		environments.set(name, { ...section.ours, links: section.links, records: new Map() });
	const chains: VaultDocument = { vaultId: ours.vaultId, links, environments };
	for (const name of verifyRoot(ours.vaultId, links).environments.keys()) {
		const { state, section } = verifyChains(chains, name);
		const sides = sections.get(name);
		if (sides)
			environments.set(name, { ...section, records: mergeSectionRecords(state, sides, options, conflicts) });
	}
	const { open, decided } = conflicts;
	return { document: chains, conflicts: open, decided };
}
