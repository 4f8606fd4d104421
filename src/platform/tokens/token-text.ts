/** Creates access tokens, and the hashes under which they are stored. */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, randomBytes, toBase64 } from "../../crypto.ts";
import { formatBase44Token, formatToken, TOKEN_SECRET_BYTES } from "../../protocol/token.ts";

const TOKEN_DOMAIN = "coffer/token/1";

/** The hash that is stored instead of the token. */
export function hashOf(token: string): Uint8Array {
	return hash(lengthPrefixed(TOKEN_DOMAIN, token));
}

/**
 * Creates a token.
 * @param fingerprint of the platform's identity: 22 characters of base64
 * @param isForBase44 whether the token has the form that the Base44 CLI takes
 * @returns the token, which is shown once and not stored; its public id; its hash as base64, which is stored
 */
export function createToken(
	{ fingerprint }: { fingerprint: string },
	isForBase44 = false,
): { token: string; id: string; hash: string } {
	const secret = toBase64(randomBytes(TOKEN_SECRET_BYTES));
	const token = isForBase44 ? formatBase44Token(secret) : formatToken(fingerprint, secret);
	return { token, id: `tok_${Buffer.from(randomBytes(8)).toString("hex")}`, hash: toBase64(hashOf(token)) };
}
