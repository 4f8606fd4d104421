/**
 * A new token's text, and the hash under which it is kept.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, randomBytes, toBase64 } from "../../crypto.ts";
import { formatBase44Token, formatToken, TOKEN_SECRET_BYTES } from "../../protocol/token.ts";

const TOKEN_DOMAIN = "coffer/token/1";

/** What is stored of a token. */
export function hashOf(token: string): Uint8Array {
	return hash(lengthPrefixed(TOKEN_DOMAIN, token));
}

/**
 * A fresh token.
 * @param fingerprint the platform identity's, 22 characters of base64
 * @param isForBase44 in the form that the Base44 CLI takes
 * @returns the token, to be shown once and not kept; its public id; its hash, base64, which is what is stored
 */
export function createToken(
	{ fingerprint }: { fingerprint: string },
	isForBase44 = false,
): { token: string; id: string; hash: string } {
	const secret = toBase64(randomBytes(TOKEN_SECRET_BYTES));
	const token = isForBase44 ? formatBase44Token(secret) : formatToken(fingerprint, secret);
	return { token, id: `tok_${Buffer.from(randomBytes(8)).toString("hex")}`, hash: toBase64(hashOf(token)) };
}
