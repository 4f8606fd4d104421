/**
 * How content is addressed, on the wire and in every store. PURE.
 */
import { fromBase64, HASH_BYTES, hash, toBase64 } from "../crypto.ts";

/** BLAKE2b-256 of the bytes as 43 characters of url-safe base64: the address of a blob. */
export function blobHash(bytes: Uint8Array): string {
	return toBase64(hash(bytes));
}

/** The 32 bytes of an address, or undefined where the text is not one. */
export function parseBlobHash(text: string): Uint8Array | undefined {
	const bytes = fromBase64(text);
	return bytes?.length === HASH_BYTES ? bytes : undefined;
}
