/**
 * Reads the records of a vault's text in place: one regular expression matches all words of a record, which takes half
 * the time of `parseRecord`. If it does not match, `parseRecord` decides and reports the fault.
 */
import { epochNumber } from "../chains/membership.ts";
import { hasSealedForm, isAuthor, type RecordKind, type SealedRecord } from "./record.ts";

/**
 * A record and the blank line after it. The regular expression does not check the epoch, the length and the last
 * character of the payload, and the last character of the author's key.
 */
const RECORD =
	/([A-Za-z0-9_]{1,128})\n(v([1-9][0-9]{0,8}) (live|deleted) ([^ \n]+) ([1-9][0-9]{0,5}) ([A-Za-z0-9_-]{43}) ([A-Za-z0-9_-]+) ([A-Za-z0-9_-]{85}[AQgw]))\n\n/y;

export interface ScannedRecord {
	readonly record: SealedRecord;
	/** Where the line after the blank one begins. */
	readonly end: number;
}

/**
 * Reads a record and the blank line after it.
 * @param offset where the line of its name begins
 * @param line 1-based number of that line
 * @returns undefined if the text there is not a valid record with a blank line
 */
export function scanRecord(text: string, offset: number, line: number): ScannedRecord | undefined {
	RECORD.lastIndex = offset;
	const match = RECORD.exec(text) as RecordMatch | null;
	if (match === null) return undefined;
	const [, name, body, version, kind, epoch, since, author, sealed, signature] = match;
	const number = epochNumber(epoch);
	const isValid =
		number !== undefined && Number(since) <= number && isAuthor(author) && hasSealedForm(sealed);
	if (!isValid) return undefined;
	const record = {
		name,
		version: Number(version),
		kind,
		epoch,
		since: Number(since),
		author,
		sealed,
		signature,
		body,
		line,
	};
	return { record, end: RECORD.lastIndex };
}

/** A match of `RECORD`. Every group of it is set. */
type RecordMatch = [
	text: string,
	name: string,
	body: string,
	version: string,
	kind: RecordKind,
	epoch: string,
	since: string,
	author: string,
	sealed: string,
	signature: string,
];
