/** Bytes: unambiguous encoding, comparison, wiping. A leaf. */
import { Buffer } from "node:buffer";
import { AppError, EXIT } from "./errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The character that a decoder writes for bytes that are not UTF-8. */
const REPLACEMENT = "\uFFFD";
const LENGTH_BYTES = 4;
/** The largest number of UTF-8 bytes for one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;
/** Holds the last encoded fields. Keys never pass through it. */
const scratch = new Uint8Array(8192);
const scratchView = Buffer.from(scratch.buffer);

function notUnicode(): AppError {
	return new AppError({
		code: "TEXT_NOT_UNICODE",
		message: "The text contains a lone surrogate, which UTF-8 cannot encode.",
		hint: "Use well-formed Unicode. Encode binary data in base64.",
		exit: EXIT.usage,
	});
}

/**
 * UTF-8 bytes of a string.
 * @throws AppError `TEXT_NOT_UNICODE` (exit 2) on a lone surrogate, which encoders would silently replace.
 */
export function utf8(text: string): Uint8Array {
	if (!text.isWellFormed()) throw notUnicode();
	return encoder.encode(text);
}

/** Decodes UTF-8. @returns undefined for invalid UTF-8 */
export function fromUtf8(bytes: Uint8Array): string | undefined {
	try {
		// Several times faster than the strict decoder, which is needed only if the text has a replacement character.
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
		if (!text.includes(REPLACEMENT)) return text;
		return decoder.decode(bytes);
	} catch {
		return undefined;
	}
}

/** Joins byte strings into one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let offset = 0;
	for (const part of parts) {
		out.set(part, offset);
		offset += part.length;
	}
	return out;
}

/**
 * Encodes each field as a 4-byte big-endian length and its UTF-8 bytes: two different lists of fields never
 * have the same encoding. Numbers are written in decimal.
 * @throws AppError `TEXT_NOT_UNICODE` (exit 2), as `utf8`
 */
export function lengthPrefixed(...fields: readonly (string | number)[]): Uint8Array {
	const texts = fields.map(String);
	const sizeMax = texts.reduce((sum, text) => sum + LENGTH_BYTES + UTF8_BYTES_MAX * text.length, 0);
	// Ten thousand records are encoded about three times each. Therefore short fields are written to one shared
	// buffer, and copied once their size is known.
	if (sizeMax <= scratch.length) return scratch.slice(0, writeFields(texts, scratchView));
	const out = new Uint8Array(texts.reduce((sum, text) => sum + LENGTH_BYTES + Buffer.byteLength(text), 0));
	writeFields(texts, Buffer.from(out.buffer));
	return out;
}

/**
 * The prefix that `lengthPrefixed` writes before a field of so many bytes, for a large field that should not be copied.
 */
export function lengthPrefix(bytes: number): Uint8Array {
	const out = Buffer.alloc(LENGTH_BYTES);
	out.writeUInt32BE(bytes);
	return out;
}

function writeFields(texts: readonly string[], out: Buffer): number {
	let offset = 0;
	for (const text of texts) {
		if (!text.isWellFormed()) throw notUnicode();
		const written = out.write(text, offset + LENGTH_BYTES);
		out.writeUInt32BE(written, offset);
		offset += LENGTH_BYTES + written;
	}
	return offset;
}

/** Whether two byte strings are equal, in time that depends only on their lengths. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
	return difference === 0;
}

/** Overwrites key material. JavaScript strings cannot be wiped, so keys are kept as bytes. */
export function wipe(...buffers: readonly Uint8Array[]): void {
	for (const buffer of buffers) buffer.fill(0);
}

const BASE64_TEXT = /^[A-Za-z0-9_-]+$/;
/** The final characters whose unused bits are zero, by the text's length modulo 4. A length of 1 is not possible. */
const BASE64_ENDS = [undefined, "", "AQgw", "AEIMQUYcgkosw048"] as const;

/**
 * Whether the last character of a text of url-safe base64 fits its length: the bits that it does not need are zero.
 * The characters themselves are not checked.
 */
export function hasBase64End(text: string): boolean {
	return BASE64_ENDS[text.length % 4]?.includes(text.at(-1) ?? " ") ?? true;
}

/**
 * Whether a text is canonical url-safe base64 without padding, of exactly `bytes` decoded bytes if given. The text is
 * not decoded: parsing ten thousand records must not decode fields that are not used.
 */
export function isBase64Text(text: string, bytes?: number): boolean {
	if (bytes !== undefined && text.length !== Math.ceil((bytes * 4) / 3)) return false;
	return BASE64_TEXT.test(text) && hasBase64End(text);
}
