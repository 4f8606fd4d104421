/**
 * What a vault lacks of the vaults that it was made from: a merge that went wrong keeps one side and drops the other's
 * secrets without a trace. Pure, and without any key.
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber, verifyEnvironment } from "../chains/membership.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import type { VaultDocument } from "../document/document.ts";
import { type ChainComparison, compareChain } from "../document/version-marks.ts";
import type { SealedRecord } from "../records/record.ts";

/** A vault that another one was made from. */
export interface Parent {
	/** What a person calls it: `HEAD`, `MERGE_HEAD`. */
	readonly label: string;
	readonly document: VaultDocument;
}

/** Something that a parent has and the result lacks. */
export interface Loss {
	readonly parent: string;
	/** Null where owners or whole environments are lost. */
	readonly environment: string | null;
	/** The secret; null where members are lost. */
	readonly name: string | null;
}

function compareChains(parent: readonly Link[], result: readonly Link[]): ChainComparison {
	return compareChain(parent.map(linkHash), result);
}

/** Whether one is the other, sealed again under a later key of the environment. */
function isReencryptionOf(one: SealedRecord, other: SealedRecord): boolean {
	return (
		one.version === other.version &&
		one.kind === other.kind &&
		one.since === other.since &&
		(epochNumber(one.epoch) ?? 0) > (epochNumber(other.epoch) ?? 0)
	);
}

/** Whether a record holds what another one did, or something that was set later; a deletion is set later, too. */
function keeps(result: SealedRecord | undefined, record: SealedRecord): boolean {
	if (!result) return false;
	return result.body === record.body || result.version > record.version || isReencryptionOf(result, record);
}

/** Whether every base has the record as it is, so that its side did not change it. */
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
 * The parents whose chain the result continues, and the ones whose links it lacks. Of two chains that went apart only
 * one can be kept, so the other one is no loss where one is.
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
	/** Who may sign in the result: what somebody signed who was removed is never taken over. */
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
		// Where both sides changed a name, a person decided for one of them.
		const wanted = changed.length > 0 ? changed : had;
		const [first] = wanted;
		if (first && !wanted.some(({ record }) => keeps(result.get(name), record)))
			losses.push({ parent: first.parent, environment, name });
	}
	return losses;
}

/**
 * What a vault lacks of what its parents have: records that only one side of a merge changed, of both sides' records of
 * a name each, and membership. A deletion leaves a tombstone, so what is simply absent was lost.
 * @param result whose chains hold
 * @param parents of a plain commit the one before; of a merge both sides. One of another vault says nothing
 * @param bases what both sides came from; none where that is not known
 * @returns sorted as the result and its parents have them
 * @throws AppError exit 7 where a chain of the result does not hold
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
		// One that was deleted and created anew has another first link, and the vault's chain says so.
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
