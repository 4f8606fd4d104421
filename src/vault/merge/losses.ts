/**
 * Finds the records and links that a vault has lost compared with the vaults from which it was made. A faulty merge can
 * keep one side and drop the secrets of the other one. Pure; needs no key.
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber, verifyEnvironment } from "../chains/membership.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import type { VaultDocument } from "../document/document.ts";
import { type ChainComparison, compareChain } from "../document/version-marks.ts";
import type { SealedRecord } from "../records/record.ts";

/** A vault from which another one was made. */
export interface Parent {
	/** Its name for people: `HEAD`, `MERGE_HEAD`. */
	readonly label: string;
	readonly document: VaultDocument;
}

/** Something that a parent has and the result does not. */
export interface Loss {
	readonly parent: string;
	/** Null if owners or whole environments are lost. */
	readonly environment: string | null;
	/** Name of the secret; null if members are lost. */
	readonly name: string | null;
}

function compareChains(parent: readonly Link[], result: readonly Link[]): ChainComparison {
	return compareChain(parent.map(linkHash), result);
}

/** Whether `one` is `other`, re-encrypted in a later epoch. */
function isReencryptionOf(one: SealedRecord, other: SealedRecord): boolean {
	return (
		one.version === other.version &&
		one.kind === other.kind &&
		one.since === other.since &&
		(epochNumber(one.epoch) ?? 0) > (epochNumber(other.epoch) ?? 0)
	);
}

/** Whether the result has the record, a re-encryption of it, or a later version. A deletion is a later version too. */
function keeps(result: SealedRecord | undefined, record: SealedRecord): boolean {
	if (!result) return false;
	return result.body === record.body || result.version > record.version || isReencryptionOf(result, record);
}

/** Whether every merge base has the same record, so that this side did not change it. */
function isUnchanged(environment: string, record: SealedRecord, bases: readonly VaultDocument[]): boolean {
	return (
		bases.length > 0 &&
		bases.every((base) => {
			const before = base.environments.get(environment)?.records.get(record.name);
			return before !== undefined && (before.body === record.body || isReencryptionOf(record, before));
		})
	);
}

/**
 * The parents whose chain the result continues, and the parents whose links it lacks. A result can keep only one of two
 * diverged chains, so the other one is not a loss.
 */
function chainsKept(
	parents: readonly Parent[],
	linksOf: (document: VaultDocument) => readonly Link[],
	result: readonly Link[],
): { kept: Parent[]; lacked: Parent[] } {
	const isKept = ({ document }: Parent) =>
		["same", "longer"].includes(compareChains(linksOf(document), result));
	const kept = parents.filter(isKept);
	const lacked = parents.filter(
		(parent) =>
			!kept.includes(parent) &&
			!kept.some(({ document }) => compareChains(linksOf(parent.document), linksOf(document)) === "diverged"),
	);
	return { kept, lacked };
}

interface Compared {
	readonly name: string;
	readonly result: ReadonlyMap<string, SealedRecord>;
	/** The writers in the result. A merge never takes over records of a removed author. */
	readonly writers: ReadonlySet<string>;
	readonly parents: readonly Parent[];
	readonly bases: readonly VaultDocument[];
}

function lostRecords({ name: environment, result, writers, parents, bases }: Compared): Loss[] {
	const recordsOf = ({ document }: Parent) => document.environments.get(environment)?.records;
	const names = new Set(parents.flatMap((parent) => [...(recordsOf(parent)?.keys() ?? [])]));
	const losses: Loss[] = [];
	for (const name of names) {
		const had = parents.flatMap((parent) => {
			const record = recordsOf(parent)?.get(name);
			return record && writers.has(record.author) ? [{ parent: parent.label, record }] : [];
		});
		const changed = had.filter(({ record }) => !isUnchanged(environment, record, bases));
		// If both sides changed a name, a person chose one of the two records.
		const wanted = changed.length > 0 ? changed : had;
		const [first] = wanted;
		if (first && !wanted.some(({ record }) => keeps(result.get(name), record)))
			losses.push({ parent: first.parent, environment, name });
	}
	return losses;
}

/**
 * Lists the items that a vault lacks compared with its parents: the records that only one side of a merge changed, both
 * records of a name that both sides changed, and links. A deletion leaves a tombstone, so a missing record was lost.
 * @param parents for a plain commit the previous one, for a merge both sides; parents of another vault are ignored
 * @param bases the merge bases; empty if unknown
 * @returns in the order of the result and its parents
 * @throws AppError exit 7 if a chain of the result is not valid
 */
export function lossesOf(
	result: VaultDocument,
	parents: readonly Parent[],
	bases: readonly VaultDocument[],
): Loss[] {
	const ofThisVault = parents.filter(({ document }) => document.vaultId === result.vaultId);
	const roots = chainsKept(ofThisVault, ({ links }) => links, result.links);
	const losses: Loss[] = roots.lacked.map(({ label }) => ({ parent: label, environment: null, name: null }));
	const root = verifyRoot(result.vaultId, result.links);
	for (const [name, section] of result.environments) {
		const genesis = section.links[0]?.text;
		// An environment that was deleted and created again has another first link, which the vault's chain contains.
		const parentsOfIt = roots.kept.filter(
			({ document }) => document.environments.get(name)?.links[0]?.text === genesis,
		);
		const linksOf = (document: VaultDocument) => document.environments.get(name)?.links ?? [];
		const chains = chainsKept(parentsOfIt, linksOf, section.links);
		for (const { label } of chains.lacked) losses.push({ parent: label, environment: name, name: null });
		const { writers } = verifyEnvironment(root, name, section.links, section.line).epoch;
		const compared = { name, result: section.records, writers, bases };
		losses.push(...lostRecords({ ...compared, parents: chains.kept.concat(chains.lacked) }));
	}
	return losses;
}

/**
 * Whether a vault has anything of a side that an earlier vault lacks.
 * @param before the earlier vault
 * @param bases as for `lossesOf`
 * @throws AppError as `lossesOf`, for both vaults
 */
export function preservesMoreOf(
	document: VaultDocument,
	side: Parent,
	{ before, bases }: { readonly before: VaultDocument; readonly bases: readonly VaultDocument[] },
): boolean {
	return lossesOf(document, [side], bases).length < lossesOf(before, [side], bases).length;
}
