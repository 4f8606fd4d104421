/**
 * The text of a sealed record: the name on one line, and on the next one
 * `vVERSION KIND EPOCH SINCE AUTHOR SEALED SIGNATURE`. One long line is used instead of several short ones because
 * lines that are equal in many records (an author's key, an epoch) make git align the wrong blocks in a merge.
 */
import { hasBase64End, isBase64Text, lengthPrefixed } from "../../bytes.ts";
import { hash, PUBLIC_KEY_BYTES, SEAL_OVERHEAD_BYTES, SIGNATURE_BYTES, toBase64 } from "../../crypto.ts";
import { epochNumber } from "../chains/membership.ts";
import { isSecretName } from "../syntax/secret-name.ts";
import { LIMITS, malformed, PAD_BYTES } from "../syntax/syntax.ts";

/** A `deleted` record is a tombstone. It is signed in the same way as a value. */
export type RecordKind = "live" | "deleted";

export interface SealedRecord {
	readonly name: string;
	readonly version: number;
	readonly kind: RecordKind;
	/** Id of the epoch whose key encrypts it. */
	readonly epoch: string;
	/**
	 * Number of the epoch in which this version was set. Re-encryption keeps it: a member who was removed later could
	 * read the value, whatever key encrypts it now.
	 */
	readonly since: number;
	/** Ed25519 public key of the writer, base64. */
	readonly author: string;
	/** nonce ‖ ciphertext ‖ tag, base64. */
	readonly sealed: string;
	/** Base64. */
	readonly signature: string;
	/** The second line, unchanged. */
	readonly body: string;
	/** 1-based line of the name in its file or message; 0 for a record that was made in memory. */
	readonly line: number;
}

export const MAX_VERSION = 999_999_999;
const VERSION = /^v([1-9][0-9]{0,8})$/;
const SINCE = /^[1-9][0-9]{0,5}$/;
const MAX_SEALED_BYTES = SEAL_OVERHEAD_BYTES + LIMITS.valueBytes + PAD_BYTES;

/** The last valid author's key. Most records of a vault have the same author, so this saves decoding it each time. */
let lastAuthor = "";

export function isAuthor(text: string): boolean {
	if (text === lastAuthor && text !== "") return true;
	if (!isBase64Text(text, PUBLIC_KEY_BYTES)) return false;
	lastAuthor = text;
	return true;
}

/**
 * Whether a text has the length and the last character of a payload with a valid padded size. Its other characters are
 * not checked.
 */
export function hasSealedForm(text: string): boolean {
	const bytes = Math.floor((text.length * 3) / 4);
	const padded = bytes - SEAL_OVERHEAD_BYTES;
	const isPadded = bytes <= MAX_SEALED_BYTES && padded >= PAD_BYTES && padded % PAD_BYTES === 0;
	return isPadded && text.length === Math.ceil((bytes * 4) / 3) && hasBase64End(text);
}

/**
 * Parses a record's two lines.
 * @param line 1-based line of the name, for errors
 * @throws AppError `VAULT_NAME_INVALID` or `VAULT_RECORD_MALFORMED` (exit 7)
 */
export function parseRecord(name: string, body: string, line: number): SealedRecord {
	if (!isSecretName(name))
		throw malformed("VAULT_NAME_INVALID", "this is not a valid name of a secret.", line);
	const words = body.split(" ");
	const [versionWord, kind, epoch, since, author, sealed, signature] = words;
	const version = VERSION.exec(versionWord ?? "")?.[1];
	const fault = (message: string) =>
		malformed("VAULT_RECORD_MALFORMED", `the record of ${name} ${message}.`, line + 1);
	if (words.length !== 7 || version === undefined)
		throw fault("does not have the form 'vVERSION KIND EPOCH SINCE AUTHOR SEALED SIGNATURE'");
	if (kind !== "live" && kind !== "deleted") throw fault("is neither live nor deleted");
	const number = epochNumber(epoch ?? "");
	if (epoch === undefined || number === undefined) throw fault("has no valid epoch");
	if (since === undefined || !SINCE.test(since) || Number(since) > number)
		throw fault("does not give a valid epoch in which its value was set");
	if (author === undefined || !isAuthor(author)) throw fault("has no valid author");
	if (sealed === undefined || !hasSealedForm(sealed) || !isBase64Text(sealed))
		throw fault("has no valid payload");
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

/** The record's two lines. The file, the messages and the platform's log contain the same text. */
export function formatRecord(record: Pick<SealedRecord, "name" | "body">): string {
	return `${record.name}\n${record.body}`;
}

/** Parses the text that `formatRecord` returns. @throws AppError like `parseRecord` */
export function parseRecordText(text: string): SealedRecord {
	const at = text.indexOf("\n");
	return parseRecord(at < 0 ? text : text.slice(0, at), at < 0 ? "" : text.slice(at + 1), 1);
}

/** Digests by record. A sync needs each digest several times, and hashing 10,000 records takes about 60 ms. */
const digests = new WeakMap<Pick<SealedRecord, "name" | "body">, string>();

/** The digest that identifies a record in version marks and merge bases. */
export function recordDigest(record: Pick<SealedRecord, "name" | "body">): string {
	const known = digests.get(record);
	if (known !== undefined) return known;
	const digest = toBase64(hash(lengthPrefixed("coffer/record-digest/1", record.name, record.body)));
	digests.set(record, digest);
	return digest;
}

/**
 * Whether a record may replace another one without a roll-back: it has a newer version, or it is the same version
 * re-encrypted in a later epoch.
 * @param other undefined if there is no other record
 */
export function isNewer(record: SealedRecord, other: SealedRecord | undefined): boolean {
	return other === undefined || record.version > other.version || isReencryption(record, other);
}

/**
 * Whether a record has the version and kind of another one and a later epoch, as a re-encryption has. The values are
 * not compared.
 */
export function isReencryption(record: SealedRecord, other: SealedRecord): boolean {
	if (record.version !== other.version || record.kind !== other.kind) return false;
	return (epochNumber(record.epoch) ?? 0) > (epochNumber(other.epoch) ?? 0);
}
