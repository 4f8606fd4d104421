/**
 * The form of access tokens, `coffer_FINGERPRINT.SECRET`. The fingerprint identifies the platform, so that a client
 * sends the token, and the environment's key, to no other platform. Pure.
 */
import { isBase64Text } from "../bytes.ts";

/** Bytes of a platform's fingerprint. */
const FINGERPRINT_BYTES = 16;
/** Bytes of a token's secret. */
export const TOKEN_SECRET_BYTES = 32;
const PREFIX = "coffer_";

/**
 * Makes the text of a token.
 * @param fingerprint the fingerprint of the platform's identity, 22 characters of base64
 * @param secret 43 characters of base64
 */
export function formatToken(fingerprint: string, secret: string): string {
	return `${PREFIX}${fingerprint}.${secret}`;
}

const BASE44_PREFIX = "b44k_";

/** Makes the text of a token for the Base44 CLI, which accepts no other form. @param secret 43 characters of base64 */
export function formatBase44Token(secret: string): string {
	return `${BASE44_PREFIX}${secret}`;
}

/** Whether a text has exactly the form of a token for the Base44 CLI. Does not check whether the token is valid. */
export function isBase44Token(text: string): boolean {
	return text.startsWith(BASE44_PREFIX) && isBase64Text(text.slice(BASE44_PREFIX.length), TOKEN_SECRET_BYTES);
}

/**
 * Returns the fingerprint in a token; undefined if the text does not have exactly the form of a token. Does not check
 * whether the token is valid.
 */
export function parseToken(text: string): { fingerprint: string } | undefined {
	if (!text.startsWith(PREFIX)) return undefined;
	const [fingerprint = "", secret = "", ...more] = text.slice(PREFIX.length).split(".");
	if (more.length > 0 || !isBase64Text(fingerprint, FINGERPRINT_BYTES)) return undefined;
	return isBase64Text(secret, TOKEN_SECRET_BYTES) ? { fingerprint } : undefined;
}
