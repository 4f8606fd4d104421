/**
 * The addresses of blobs, in messages and in every store. Pure.
 */
import { fromBase64, HASH_BYTES, hash, toBase64 } from "../crypto.ts";

/** The address of a blob: BLAKE2b-256 of its bytes, as 43 characters of url-safe base64. */
export function blobHash(bytes: Uint8Array): string {
	return toBase64(hash(bytes));
}

/** The 32 bytes of an address; undefined if the text is not an address. */
export function parseBlobHash(text: string): Uint8Array | undefined {
	const bytes = fromBase64(text);
	return bytes?.length === HASH_BYTES ? bytes : undefined;
}
