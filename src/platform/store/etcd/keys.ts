/**
 * The keys of a store in etcd. All begin with the store's prefix:
 *
 * | key | value |
 * |---|---|
 * | `format` | the version of this layout |
 * | `seal` | the store's seal |
 * | `filling` | the restore or migration that fills the prefix, which is no store until then |
 * | `heads/STREAM` | the last revision of a stream |
 * | `entries/STREAM\0REVISION` | an entry |
 * | `checkpoints/STREAM\0NUMBER` | a part of a stream's checkpoint |
 * | `parts/STREAM\0ID/NUMBER` | a part of an entry that is too large for one request |
 * | `blobs/OWNER/HASH` | a blob, or how many parts it has |
 * | `blob-parts/OWNER/ID/NUMBER` | a part of a blob |
 * | `pending/parts/…`, `pending/blob-parts/…` | parts that are being written, which nothing refers to yet |
 * | `alive/ID` | exists while these parts may still be being written |
 * | `leases/NAME` | the holder of a lease |
 * | `announcements/NAME` | a text that a node shows the others |
 * | `backups/TIME-ID` | the record of a backup that is complete |
 *
 * A NUL ends the name of a stream, so that the keys of a stream never begin with the name of another.
 */
import { fromUtf8, utf8 } from "../../../bytes.ts";

/** A key, or all keys from it to `rangeEnd`, which is not included. */
export interface KeyRange {
	readonly key: Uint8Array;
	readonly rangeEnd: Uint8Array;
}

/** So that the order of keys is the order of revisions. A revision has at most 16 digits. */
const REVISION_DIGITS = 16;
const PART_DIGITS = 6;

const padded = (number: number, digits: number) => String(number).padStart(digits, "0");

/** All keys that begin with a text. */
export function keysBelow(prefix: string): KeyRange {
	const key = utf8(prefix);
	const rangeEnd = key.slice();
	// The last byte of UTF-8 is never 0xff.
	rangeEnd[rangeEnd.length - 1] = (rangeEnd.at(-1) ?? 0) + 1;
	return { key, rangeEnd };
}

/** The rest of a range, after a key in it. */
export function after(key: Uint8Array, { rangeEnd }: KeyRange): KeyRange {
	const next = new Uint8Array(key.length + 1);
	next.set(key);
	return { key: next, rangeEnd };
}

/** @throws Error if a name contains a NUL, which would end it */
function ended(stream: string): string {
	if (stream.includes("\0")) throw new Error("The name of a stream contains a NUL character.");
	return `${stream}\0`;
}

export class Keys {
	/** Begins and ends with a slash. */
	readonly prefix: string;

	constructor(prefix: string) {
		this.prefix = prefix;
	}

	get format(): Uint8Array {
		return utf8(`${this.prefix}format`);
	}

	get seal(): Uint8Array {
		return utf8(`${this.prefix}seal`);
	}

	get filling(): Uint8Array {
		return utf8(`${this.prefix}filling`);
	}

	head(stream: string): Uint8Array {
		ended(stream);
		return utf8(`${this.prefix}heads/${stream}`);
	}

	/** The heads of streams that begin with a text. */
	heads(prefix: string): KeyRange {
		return keysBelow(`${this.prefix}heads/${prefix}`);
	}

	entry(stream: string, revision: number): Uint8Array {
		return utf8(`${this.prefix}entries/${ended(stream)}${padded(revision, REVISION_DIGITS)}`);
	}

	get entries(): KeyRange {
		return keysBelow(`${this.prefix}entries/`);
	}

	/** The stream and the revision of the key of an entry. */
	entryOf(key: Uint8Array): { stream: string; revision: number } {
		const [stream = "", digits] = this.nameIn("entries/", key).split("\0");
		return { stream, revision: Number(digits) };
	}

	/** The entries of a stream after a revision. */
	entriesAfter(stream: string, revision: number): KeyRange {
		return {
			key: this.entry(stream, Math.max(0, revision) + 1),
			rangeEnd: keysBelow(`${this.prefix}entries/${ended(stream)}`).rangeEnd,
		};
	}

	/** A part of a stream's checkpoint. */
	checkpoint(stream: string, part: number): Uint8Array {
		return utf8(`${this.prefix}checkpoints/${ended(stream)}${padded(part, PART_DIGITS)}`);
	}

	/** The parts of a stream's checkpoint from one on. */
	checkpointFrom(stream: string, part: number): KeyRange {
		const { rangeEnd } = keysBelow(`${this.prefix}checkpoints/${ended(stream)}`);
		return { key: this.checkpoint(stream, part), rangeEnd };
	}

	/** The parts of the checkpoints of streams that begin with a text. */
	checkpoints(prefix: string): KeyRange {
		return keysBelow(`${this.prefix}checkpoints/${prefix}`);
	}

	/** The stream of the key of a checkpoint's part. */
	checkpointOf(key: Uint8Array): string {
		return this.nameIn("checkpoints/", key).split("\0", 1)[0] ?? "";
	}

	/** All keys of streams that begin with a text. */
	streams(prefix: string): KeyRange[] {
		ended(prefix);
		return ["heads/", "entries/", "checkpoints/", "parts/", "pending/parts/"].map((folder) =>
			keysBelow(`${this.prefix}${folder}${prefix}`),
		);
	}

	/** The place of the parts of an entry. */
	entryParts(stream: string, id: string): string {
		return `parts/${ended(stream)}${id}/`;
	}

	blob(owner: string, hash: string): Uint8Array {
		return utf8(`${this.prefix}blobs/${owner}/${hash}`);
	}

	get blobs(): KeyRange {
		return keysBelow(`${this.prefix}blobs/`);
	}

	/** All keys of the blobs of an owner. */
	blobsOf(owner: string): KeyRange[] {
		return ["blobs/", "blob-parts/", "pending/blob-parts/"].map((folder) =>
			keysBelow(`${this.prefix}${folder}${owner}/`),
		);
	}

	/** The place of the parts of a blob. */
	blobParts(owner: string, id: string): string {
		return `blob-parts/${owner}/${id}/`;
	}

	/** @param place where the parts are: `entryParts` or `blobParts` */
	part(place: string, number: number): Uint8Array {
		return utf8(`${this.prefix}${place}${padded(number, PART_DIGITS)}`);
	}

	parts(place: string): KeyRange {
		return keysBelow(this.prefix + place);
	}

	pending(place: string): Uint8Array {
		return utf8(`${this.prefix}pending/${place}`);
	}

	get allPending(): KeyRange {
		return keysBelow(`${this.prefix}pending/`);
	}

	alive(id: string): Uint8Array {
		return utf8(`${this.prefix}alive/${id}`);
	}

	lease(name: string): Uint8Array {
		return utf8(`${this.prefix}leases/${name}`);
	}

	get leases(): KeyRange {
		return keysBelow(`${this.prefix}leases/`);
	}

	announcement(name: string): Uint8Array {
		return utf8(`${this.prefix}announcements/${name}`);
	}

	get announcements(): KeyRange {
		return keysBelow(`${this.prefix}announcements/`);
	}

	announcementOf(key: Uint8Array): string {
		return this.nameIn("announcements/", key);
	}

	backup(name: string): Uint8Array {
		return utf8(`${this.prefix}backups/${name}`);
	}

	get backups(): KeyRange {
		return keysBelow(`${this.prefix}backups/`);
	}

	get all(): KeyRange {
		return keysBelow(this.prefix);
	}

	/** A key's text after the prefix and a folder. */
	nameIn(folder: string, key: Uint8Array): string {
		return fromUtf8(key.subarray(utf8(this.prefix + folder).length)) ?? "";
	}
}
