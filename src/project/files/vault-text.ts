/** Decodes a vault's bytes, finds the line of the first fault, and identifies texts by their hash. */
import { fromUtf8 } from "../../bytes.ts";
import { hash, hashLarge, toBase64 } from "../../crypto.ts";
import { malformed } from "../../vault/syntax/syntax.ts";

/**
 * The text of a vault's bytes. @throws AppError `VAULT_MALFORMED` (exit 7) that names the first line that is
 * not UTF-8
 */
export function vaultTextOf(bytes: Uint8Array): string {
	const text = fromUtf8(bytes);
	if (text !== undefined) return text;
	throw malformed("VAULT_MALFORMED", "the line is not UTF-8 text.", firstBadLine(bytes));
}

const BLOCK_BYTES = 65_536;

/**
 * The number of the first line that is not UTF-8. Searches blocks of lines first, because a file may consist of
 * line feeds only.
 */
function firstBadLine(bytes: Uint8Array): number {
	let line = 1;
	for (let start = 0; start < bytes.length; ) {
		const end = bytes.indexOf(0x0a, start + BLOCK_BYTES);
		const block = bytes.subarray(start, end < 0 ? bytes.length : end + 1);
		if (fromUtf8(block) === undefined) return line + badLineIn(block);
		for (const byte of block) if (byte === 0x0a) line++;
		start += block.length;
	}
	return line;
}

/** The number of lines in a block before the first one that is not UTF-8. */
function badLineIn(block: Uint8Array): number {
	let before = 0;
	for (let start = 0; ; before++) {
		const end = block.indexOf(0x0a, start);
		if (end < 0 || fromUtf8(block.subarray(start, end)) === undefined) return before;
		start = end + 1;
	}
}

const DIGEST_PREFIX = "sha256.";

/** The hash that identifies a text of the vault in this device's memory. */
export function vaultDigest(text: string | Uint8Array): string {
	return DIGEST_PREFIX + toBase64(hashLarge(text));
}

/**
 * A remembered hash of a text, in the form that `vaultDigest` returns. Coffer 0.1.0 remembered BLAKE2b hashes.
 * @param loaded the vault whose text may have that hash. The hash of another text is returned unchanged
 */
export function currentDigest(
	remembered: string,
	{ text, digest }: { readonly text: string; readonly digest: string },
): string {
	if (remembered === "" || remembered.startsWith(DIGEST_PREFIX)) return remembered;
	return remembered === toBase64(hash(text)) ? digest : remembered;
}
