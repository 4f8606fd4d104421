/**
 * Bytes: encoding that cannot be ambiguous, comparison, wiping. A leaf.
 */
import { AppError, EXIT } from "./errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * UTF-8 bytes of a string.
 * @throws AppError `TEXT_NOT_UNICODE` (exit 2) on a lone surrogate, which encoders would silently replace.
 */
export function utf8(text: string): Uint8Array {
	if (!text.isWellFormed()) {
		throw new AppError({
			code: "TEXT_NOT_UNICODE",
			message: "The text holds a lone surrogate, which UTF-8 cannot carry.",
			hint: "Pass well-formed Unicode; binary data goes in base64.",
			exit: EXIT.usage,
		});
	}
	return encoder.encode(text);
}

/** The string of UTF-8 bytes, or undefined where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
	try {
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
 */
export function lengthPrefixed(...fields: readonly (string | number)[]): Uint8Array {
	const parts: Uint8Array[] = [];
	for (const field of fields) {
		const bytes = utf8(String(field));
		const length = new Uint8Array(4);
		new DataView(length.buffer).setUint32(0, bytes.length);
		parts.push(length, bytes);
	}
	return concat(...parts);
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
