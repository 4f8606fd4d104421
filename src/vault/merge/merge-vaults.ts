/**
 * Two vaults that came from one, made one again, without any key: records of different names are united, and of two
 * chains of which one continues the other, the longer is taken. What cannot be known is a conflict, never a guess.
 */
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
	/** Whether two records hold the same value. Asked only where both sides changed and both records hold; without it, they do not. */
	readonly sameValue?:
		| ((state: EnvironmentState, ours: SealedRecord, theirs: SealedRecord) => boolean)
		| undefined;
	/** Signatures that were checked before, by the name of the environment. */
	readonly validSignatures?: ReadonlyMap<string, ValidSignatures> | undefined;
	/** Who wins where both sides changed; undefined leaves the conflict. */
	readonly take?: ((environment: string, name: string) => Side | undefined) | undefined;
}

export interface VaultMerge {
	/** Everything but the names in conflict. */
	readonly document: VaultDocument;
	/** Sorted by environment and name. */
	readonly conflicts: readonly RecordConflict[];
	/** The conflicts that `take` decided. */
	readonly decided: readonly RecordConflict[];
}

/** Whether somebody who is still a writer vouches for the record. @throws AppError exit 7 for one that never counted */
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

/** Of two records with one value, the one that everybody would take. */
function newerRecord(a: SealedRecord, b: SealedRecord): SealedRecord {
	if (a.version !== b.version) return a.version > b.version ? a : b;
	const [epochA, epochB] = [epochNumber(a.epoch) ?? 0, epochNumber(b.epoch) ?? 0];
	if (epochA !== epochB) return epochA > epochB ? a : b;
	return a.body > b.body ? a : b;
}

/** What two different records of one name come to; undefined where it takes a person. */
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
	// A value that nobody vouches for says nothing: a person decides, and can only take the other one.
	const isComparable =
		sameValue && [ours, theirs].every((record) => hasCurrentWriter(state, record, validSignatures));
	return isComparable && sameValue(state, ours, theirs) ? newerRecord(ours, theirs) : undefined;
}

function authorRemoved(state: EnvironmentState, record: SealedRecord, side: Side): AppError {
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

/** The side that was chosen for a conflict. @throws AppError `RECORD_AUTHOR_REMOVED` (exit 7) */
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

/** What is still open, and what was decided. */
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
			(side ? conflicts.decided : conflicts.open).push({ environment: state.name, ...pair });
			record = side && chosenRecord(state, pair, side, options.validSignatures);
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

/**
 * Unites two vaults. Chains, and every record that is not the same on both sides, are verified.
 * @throws AppError exit 5: `VAULTS_DIFFER`, `MEMBERSHIP_CONFLICT` or `ENVIRONMENT_CONFLICT`; exit 7 for a chain or a
 *   record that does not hold
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
			hint: "Keep one side's whole file (git checkout --ours -- coffer.vault, or --theirs), and set the other side's secrets again.",
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
