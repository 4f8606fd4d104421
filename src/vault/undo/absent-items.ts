/**
 * What a file lacks of what a device remembers, each thing by itself (docs/format.md, "Undo, branch, roll-back").
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";
import { compareVersionMarks, type Pin, type VersionMark } from "../document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";
import type { LinkNote } from "./link-note.ts";

/** What is remembered of an environment, as far as a file can lack it. */
export interface EnvironmentMemoryView {
	readonly pin: Pin | undefined;
	readonly marks: ReadonlyMap<string, VersionMark>;
	readonly notes: ReadonlyMap<string, LinkNote>;
}

/** An environment as a file has it. What is undefined is not compared. */
export interface EnvironmentContents {
	readonly vault: readonly Link[];
	readonly environment: readonly Link[] | undefined;
	readonly records: ReadonlyMap<string, SealedRecord> | undefined;
}

export interface AbsentLink {
	readonly kind: "link";
	readonly chain: "vault" | "environment";
	/** Its place in the pinned chain. */
	readonly index: number;
	readonly hash: string;
	/** Undefined where an earlier version of Coffer pinned the link. */
	readonly note: LinkNote | undefined;
}

export interface AbsentRecord {
	readonly kind: "record";
	readonly name: string;
	readonly mark: VersionMark;
	/** The version that the file has; undefined for none. */
	readonly present: number | undefined;
}

export type AbsentItem = AbsentLink | AbsentRecord;

/** How many links from the first on are those of the pin. */
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
 * Whether a record has the version that was seen and is another one. What is sealed anew in an epoch that was not seen
 * is none.
 */
export function isReplaced(
	{ pin, marks }: Pick<EnvironmentMemoryView, "pin" | "marks">,
	record: SealedRecord,
): boolean {
	const mark = marks.get(record.name);
	if (!mark || mark.version !== record.version || mark.digest === recordDigest(record)) return false;
	return (epochNumber(record.epoch) ?? 0) <= (pin?.epoch ?? 0);
}

/** The names of which the file lacks the record that was seen; sorted. */
function absentNames(
	remembered: EnvironmentMemoryView,
	records: ReadonlyMap<string, SealedRecord>,
): string[] {
	const { rolledBack, dropped } = compareVersionMarks(remembered.marks, records);
	const replaced = [...records.values()].filter((record) => isReplaced(remembered, record));
	return [...rolledBack, ...dropped, ...replaced.map(({ name }) => name)].sort(compareNames);
}

/** What an environment of a file lacks, in the order of the chains and of the names. */
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

/** By what a thing is known, whatever the file has in its place. */
export function absentItemKey(lacking: AbsentItem): string {
	return lacking.kind === "link" ? lacking.hash : `${lacking.name} ${lacking.mark.digest}`;
}
