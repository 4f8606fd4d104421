/**
 * Finds the links and records that a device remembers and a file does not have (docs/format.md, "Undo, branch,
 * roll-back").
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";
import { compareVersionMarks, type Pin, type VersionMark } from "../document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";
import type { LinkNote } from "./link-note.ts";

/** The parts of a device's memory of an environment that can be compared with a file. */
export interface EnvironmentMemoryView {
	readonly pin: Pin | undefined;
	readonly marks: ReadonlyMap<string, VersionMark>;
	readonly notes: ReadonlyMap<string, LinkNote>;
}

/** An environment's chains and records in a file. Undefined parts are not compared. */
export interface EnvironmentContents {
	readonly vault: readonly Link[];
	readonly environment: readonly Link[] | undefined;
	readonly records: ReadonlyMap<string, SealedRecord> | undefined;
}

export interface AbsentLink {
	readonly kind: "link";
	readonly chain: "vault" | "environment";
	/** Its index in the pinned chain. */
	readonly index: number;
	readonly hash: string;
	/** Undefined if an earlier version of Coffer pinned the link. */
	readonly note: LinkNote | undefined;
}

export interface AbsentRecord {
	readonly kind: "record";
	readonly name: string;
	readonly mark: VersionMark;
	/** The version in the file; undefined if the file has no record of the name. */
	readonly present: number | undefined;
}

export type AbsentItem = AbsentLink | AbsentRecord;

/** The number of links that are equal to the pinned ones, counted from the first. */
export function sharedLength(pinned: readonly string[], links: readonly Link[]): number {
	const at = pinned.findIndex((hash, index) => {
		const link = links[index];
		return !link || linkHash(link) !== hash;
	});
	return at < 0 ? pinned.length : at;
}

function absentLinks(
	chain: "vault" | "environment",
	{ pin, notes }: EnvironmentMemoryView,
	links: readonly Link[],
): AbsentLink[] {
	const pinned = pin?.[chain] ?? [];
	const from = sharedLength(pinned, links);
	return pinned.slice(from).map((hash, offset) => ({
		kind: "link",
		chain,
		index: from + offset,
		hash,
		note: notes.get(hash),
	}));
}

/**
 * Whether a record has the version of its version mark but is another record. A record of an epoch that this device has
 * not seen counts as a re-encryption, not as a replacement.
 */
export function isReplaced(
	{ pin, marks }: Pick<EnvironmentMemoryView, "pin" | "marks">,
	record: SealedRecord,
): boolean {
	const mark = marks.get(record.name);
	if (!mark || mark.version !== record.version || mark.digest === recordDigest(record)) return false;
	return (epochNumber(record.epoch) ?? 0) <= (pin?.epoch ?? 0);
}

/** The names whose marked record is not in the file; sorted. */
function absentNames(
	remembered: EnvironmentMemoryView,
	records: ReadonlyMap<string, SealedRecord>,
): string[] {
	const { rolledBack, dropped } = compareVersionMarks(remembered.marks, records);
	const replaced = [...records.values()].filter((record) => isReplaced(remembered, record));
	return [...rolledBack, ...dropped, ...replaced.map(({ name }) => name)].sort(compareNames);
}

/** Lists the remembered links and records that the file does not have, in the order of the chains and of the names. */
export function findAbsentItems(
	remembered: EnvironmentMemoryView,
	{ vault, environment, records }: EnvironmentContents,
): AbsentItem[] {
	const found: AbsentItem[] = absentLinks("vault", remembered, vault);
	if (environment) found.push(...absentLinks("environment", remembered, environment));
	for (const name of records ? absentNames(remembered, records) : []) {
		const mark = remembered.marks.get(name);
		if (mark) found.push({ kind: "record", name, mark, present: records?.get(name)?.version });
	}
	return found;
}

/** Identifies an absent item. Does not depend on the item that the file has in its place. */
export function absentItemKey(lacking: AbsentItem): string {
	return lacking.kind === "link" ? lacking.hash : `${lacking.name} ${lacking.mark.digest}`;
}
