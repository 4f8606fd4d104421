/**
 * A sealed record as text: the name on its own line, and below it
 * `vVERSION KIND EPOCH SINCE AUTHOR SEALED SIGNATURE`. One long line rather than several short ones, since lines that
 * repeat from record to record (an author's key, an epoch) make git align the wrong blocks when it merges.
 */
import { isBase64Text, lengthPrefixed } from "../../bytes.ts";
import { hash, PUBLIC_KEY_BYTES, SEAL_OVERHEAD_BYTES, SIGNATURE_BYTES, toBase64 } from "../../crypto.ts";
import { epochNumber } from "../chains/membership.ts";
import { isSecretName } from "../syntax/secret-name.ts";
import { LIMITS, malformed, PAD_BYTES } from "../syntax/syntax.ts";

/** `deleted` is a tombstone: as authentic as a value. */
export type RecordKind = "live" | "deleted";

export interface SealedRecord {
	readonly name: string;
	readonly version: number;
	readonly kind: RecordKind;
	/** Id of the epoch whose key seals it. */
	readonly epoch: string;
	/**
	 * Number of the epoch in which this version was set. A reseal keeps it: who was removed later than that has seen
	 * the value, however new the key that seals it.
	 */
	readonly since: number;
	/** Ed25519 public key of the writer, base64. */
	readonly author: string;
	/** nonce ‖ ciphertext ‖ tag, base64. */
	readonly sealed: string;
	/** Base64. */
	readonly signature: string;
	/** The second line, exactly as it stands. */
	readonly body: string;
	/** 1-based line of the name in its file or message; 0 for one made in memory. */
	readonly line: number;
}

export const MAX_VERSION = 999_999_999;
const VERSION = /^v([1-9][0-9]{0,8})$/;
const SINCE = /^[1-9][0-9]{0,5}$/;
const MAX_SEALED_BYTES = SEAL_OVERHEAD_BYTES + LIMITS.valueBytes + PAD_BYTES;

/** The last text that was a writer's key, since most records of a vault name the same. */
let lastAuthor = "";

function isAuthor(text: string): boolean {
	if (text === lastAuthor && text !== "") return true;
	if (!isBase64Text(text, PUBLIC_KEY_BYTES)) return false;
	lastAuthor = text;
	return true;
}

/** Whether the text is base64 of a payload whose padded size can be one. */
function isSealedText(text: string): boolean {
	const bytes = Math.floor((text.length * 3) / 4);
	const padded = bytes - SEAL_OVERHEAD_BYTES;
	return (
		bytes <= MAX_SEALED_BYTES && padded >= PAD_BYTES && padded % PAD_BYTES === 0 && isBase64Text(text, bytes)
	);
}

/**
 * Parses a record's two lines.
 * @param line 1-based line of the name, for errors
 * @throws AppError `VAULT_NAME_INVALID` or `VAULT_RECORD_MALFORMED` (exit 7)
 */
export function parseRecord(name: string, body: string, line: number): SealedRecord {
	if (!isSecretName(name)) throw malformed("VAULT_NAME_INVALID", "this is not a secret's name.", line);
	const words = body.split(" ");
	const [versionWord, kind, epoch, since, author, sealed, signature] = words;
	const version = VERSION.exec(versionWord ?? "")?.[1];
	const fault = (message: string) =>
		malformed("VAULT_RECORD_MALFORMED", `the record of ${name} ${message}.`, line + 1);
	if (words.length !== 7 || version === undefined)
		throw fault("is not of the form 'vVERSION KIND EPOCH SINCE AUTHOR SEALED SIGNATURE'");
	if (kind !== "live" && kind !== "deleted") throw fault("is neither live nor deleted");
	const number = epochNumber(epoch ?? "");
	if (epoch === undefined || number === undefined) throw fault("has no valid epoch");
	if (since === undefined || !SINCE.test(since) || Number(since) > number)
		throw fault("does not say since which epoch its value is");
	if (author === undefined || !isAuthor(author)) throw fault("has no valid author");
	if (sealed === undefined || !isSealedText(sealed)) throw fault("has no valid payload");
	if (signature === undefined || !isBase64Text(signature, SIGNATURE_BYTES))
		throw fault("has no valid signature");
	return {
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
}

/** The record's two lines, as they go into the file, over the wire and into a platform's log. */
export function formatRecord(record: Pick<SealedRecord, "name" | "body">): string {
	return `${record.name}\n${record.body}`;
}

/** Parses what `formatRecord` made. @throws AppError as `parseRecord` */
export function parseRecordText(text: string): SealedRecord {
	const at = text.indexOf("\n");
	return parseRecord(at < 0 ? text : text.slice(0, at), at < 0 ? "" : text.slice(at + 1), 1);
}

/** Digests by record: a sync needs that of each record several times, and hashing ten thousand takes some 60 ms. */
const digests = new WeakMap<Pick<SealedRecord, "name" | "body">, string>();

/** The digest by which marks and merge bases know a record. */
export function recordDigest(record: Pick<SealedRecord, "name" | "body">): string {
	const known = digests.get(record);
	if (known !== undefined) return known;
	const digest = toBase64(hash(lengthPrefixed("coffer/record-digest/1", record.name, record.body)));
	digests.set(record, digest);
	return digest;
}

/**
 * Whether a record may take another's place without taking anything back: a newer version, or the same one sealed
 * anew under a newer epoch. @param other undefined where there is none
 */
export function isNewer(record: SealedRecord, other: SealedRecord | undefined): boolean {
	return other === undefined || record.version > other.version || isReencryption(record, other);
}

/** Whether a record has another's version and kind, sealed under a later epoch. Says nothing of the values. */
export function isReencryption(record: SealedRecord, other: SealedRecord): boolean {
	if (record.version !== other.version || record.kind !== other.kind) return false;
	return (epochNumber(record.epoch) ?? 0) > (epochNumber(other.epoch) ?? 0);
}
