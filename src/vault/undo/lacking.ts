/**
 * What a file lacks of what a device remembers, each thing by itself (docs/format.md, "Undo, branch, roll-back").
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";
import { compareMarks, type Mark, type Pin } from "../document/marks.ts";
import { recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";
import type { LinkNote } from "./link-note.ts";

/** What is remembered of an environment, as far as a file can lack it. */
export interface Remembered {
	readonly pin: Pin | undefined;
	readonly marks: ReadonlyMap<string, Mark>;
	readonly notes: ReadonlyMap<string, LinkNote>;
}

/** An environment as a file has it. What is undefined is not compared. */
export interface Present {
	readonly vault: readonly Link[];
	readonly environment: readonly Link[] | undefined;
	readonly records: ReadonlyMap<string, SealedRecord> | undefined;
}

export interface LackingLink {
	readonly kind: "link";
	readonly chain: "vault" | "environment";
	/** Its place in the pinned chain. */
	readonly index: number;
	readonly hash: string;
	/** Undefined where an earlier version of Coffer pinned the link. */
	readonly note: LinkNote | undefined;
}

export interface LackingRecord {
	readonly kind: "record";
	readonly name: string;
	readonly mark: Mark;
	/** The version that the file has; undefined for none. */
	readonly present: number | undefined;
}

export type Lacking = LackingLink | LackingRecord;

/** How many links from the first on are those of the pin. */
export function sharedLength(pinned: readonly string[], links: readonly Link[]): number {
	const at = pinned.findIndex((hash, index) => {
		const link = links[index];
		return !link || linkHash(link) !== hash;
	});
	return at < 0 ? pinned.length : at;
}

function lackingLinks(
	chain: "vault" | "environment",
	{ pin, notes }: Remembered,
	links: readonly Link[],
): LackingLink[] {
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
export function isReplaced({ pin, marks }: Pick<Remembered, "pin" | "marks">, record: SealedRecord): boolean {
	const mark = marks.get(record.name);
	if (!mark || mark.version !== record.version || mark.digest === recordDigest(record)) return false;
	return (epochNumber(record.epoch) ?? 0) <= (pin?.epoch ?? 0);
}

/** The names of which the file lacks the record that was seen; sorted. */
function lackingNames(remembered: Remembered, records: ReadonlyMap<string, SealedRecord>): string[] {
	const { rolledBack, dropped } = compareMarks(remembered.marks, records);
	const replaced = [...records.values()].filter((record) => isReplaced(remembered, record));
	return [...rolledBack, ...dropped, ...replaced.map(({ name }) => name)].sort(compareNames);
}

/** What an environment of a file lacks, in the order of the chains and of the names. */
export function lackingOf(remembered: Remembered, { vault, environment, records }: Present): Lacking[] {
	const found: Lacking[] = lackingLinks("vault", remembered, vault);
	if (environment) found.push(...lackingLinks("environment", remembered, environment));
	for (const name of records ? lackingNames(remembered, records) : []) {
		const mark = remembered.marks.get(name);
		if (mark) found.push({ kind: "record", name, mark, present: records?.get(name)?.version });
	}
	return found;
}

/** By what a thing is known, whatever the file has in its place. */
export function keyOf(lacking: Lacking): string {
	return lacking.kind === "link" ? lacking.hash : `${lacking.name} ${lacking.mark.digest}`;
}
