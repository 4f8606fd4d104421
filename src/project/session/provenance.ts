/**
 * Records where each remembered link and record came from: whether a command of this device wrote it, and whether it
 * has arrived from elsewhere since (docs/format.md, "Undo, branch, roll-back").
 */
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { advancePin, advanceVersionMarks, hasVersionMark } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { noteLinks } from "../../vault/undo/link-note.ts";
import type { EnvironmentMemory } from "../memory/device-state.ts";

/** One environment of the vault's text at one moment. */
export interface Snapshot {
	/** Hash of the whole text. */
	readonly digest: string;
	readonly vault: readonly Link[];
	readonly environment: readonly Link[];
	readonly records: ReadonlyMap<string, SealedRecord>;
}

export interface Observation {
	/** The text that the command read. */
	readonly before: Snapshot;
	/** The text after the command. Equal to `before` if the command wrote nothing. */
	readonly now: Snapshot;
	/** The epoch's number in the text that the command read. */
	readonly epoch: number;
	/** Records that were verified in this session and have no version mark yet. */
	readonly fresh: Iterable<SealedRecord>;
	/** Records that the command added to the text. */
	readonly written: Iterable<SealedRecord>;
	/** The public signing key of this device's identity. */
	readonly self: string;
	/** Whether something other than a command of this device wrote the text that the command read. */
	readonly isOutside: boolean;
}

function hashesOf({ vault, environment }: Snapshot): Set<string> {
	return new Set([...vault, ...environment].map(linkHash));
}

/** Notes that the links and records of a text from outside also exist elsewhere, and not only on this device. */
function noteOutside(memory: EnvironmentMemory, before: Snapshot): void {
	for (const hash of hashesOf(before)) {
		const note = memory.notes.get(hash);
		if (note?.made) memory.notes.set(hash, { ...note, made: false });
	}
	for (const record of before.records.values()) {
		const mark = memory.marks.get(record.name);
		if (mark?.made && hasVersionMark(memory.marks, record))
			memory.marks.set(record.name, { ...mark, made: false });
	}
}

function noteChains(memory: EnvironmentMemory, { before, now, self }: Observation): void {
	const { pin, notes } = memory;
	const pinned = new Set([...(pin?.vault ?? []), ...(pin?.environment ?? [])]);
	if ([...pinned].every((hash) => notes.has(hash)) && notes.size === pinned.size) return;
	const known = hashesOf(before);
	const isMade = (link: Link) =>
		now.digest !== before.digest && link.signer === self && !known.has(linkHash(link));
	for (const note of noteLinks(now.vault, now.environment, isMade))
		if (pinned.has(note.hash) && !notes.has(note.hash)) notes.set(note.hash, note);
	for (const hash of notes.keys()) if (!pinned.has(hash)) notes.delete(hash);
}

/** Updates the memory with the links and records that a command has read and written. @param memory edited in place */
export function recordObservation(memory: EnvironmentMemory, seen: Observation): void {
	const { before, now, epoch, fresh, written, self, isOutside } = seen;
	if (isOutside) noteOutside(memory, before);
	advanceVersionMarks(memory.marks, fresh);
	advanceVersionMarks(memory.marks, written, ({ author }) => author === self && now.digest !== before.digest);
	memory.pin = advancePin(memory.pin, { vault: now.vault, environment: now.environment, epoch });
	noteChains(memory, seen);
}
