/**
 * Bytes: encoding that cannot be ambiguous, comparison, wiping. A leaf.
 */
import { Buffer } from "node:buffer";
import { AppError, EXIT } from "./errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = "\uFFFD";
const LENGTH_BYTES = 4;
/** The most bytes that one UTF-16 unit becomes. */
const UTF8_BYTES_MAX = 3;
/** Holds what was encoded last, which is never a key. */
const scratch = new Uint8Array(8192);
const scratchView = Buffer.from(scratch.buffer);

function notUnicode(): AppError {
	return new AppError({
		code: "TEXT_NOT_UNICODE",
		message: "The text holds a lone surrogate, which UTF-8 cannot carry.",
		hint: "Pass well-formed Unicode; binary data goes in base64.",
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

/** The string of UTF-8 bytes, or undefined where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
	try {
		// Several times quicker than the strict decoder, which is asked only whether a replacement was written as one.
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
 * Each field as a 4-byte big-endian length and its UTF-8 bytes, one after the other: two different lists
 * of fields never encode to the same bytes. Numbers are written in decimal.
 * @throws AppError `TEXT_NOT_UNICODE` (exit 2), as `utf8`
 */
export function lengthPrefixed(...fields: readonly (string | number)[]): Uint8Array {
	const texts = fields.map(String);
	const sizeMax = texts.reduce((sum, text) => sum + LENGTH_BYTES + UTF8_BYTES_MAX * text.length, 0);
	// Ten thousand records take this path some three times each: written in one buffer, and copied once its size is known.
	if (sizeMax <= scratch.length) return scratch.slice(0, writeFields(texts, scratchView));
	const out = new Uint8Array(texts.reduce((sum, text) => sum + LENGTH_BYTES + Buffer.byteLength(text), 0));
	writeFields(texts, Buffer.from(out.buffer));
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

/** Overwrites key material. JavaScript strings cannot be wiped, which is why keys are never strings for long. */
export function wipe(...buffers: readonly Uint8Array[]): void {
	for (const buffer of buffers) buffer.fill(0);
}

const BASE64_TEXT = /^[A-Za-z0-9_-]+$/;
/** The last characters that leave no stray bits, by the text's length modulo 4. */
const BASE64_ENDS = [/[A-Za-z0-9_-]$/, undefined, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const;

/**
 * Whether a text is canonical url-safe base64 without padding, of exactly `bytes` decoded bytes where given.
 * Says so from the text alone: parsing ten thousand records must not decode what nobody reads.
 */
export function isBase64Text(text: string, bytes?: number): boolean {
	if (bytes !== undefined && text.length !== Math.ceil((bytes * 4) / 3)) return false;
	return BASE64_TEXT.test(text) && (BASE64_ENDS[text.length % 4]?.test(text) ?? false);
}
