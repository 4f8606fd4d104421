/** Signed tokens: JSON Web Tokens with HS256, made with Web Crypto only. */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";

export interface Claims {
	/** The subject of the token. */
	sub: string;
	/** When it expires, in seconds since 1970. */
	exp: number;
}

const HEADER = { alg: "HS256", typ: "JWT" };

const encoder = new TextEncoder();
const encodeJson = (value: unknown) => encodeBase64Url(encoder.encode(JSON.stringify(value)));

export async function signToken(claims: Claims, key: CryptoKey): Promise<string> {
	const content = `${encodeJson(HEADER)}.${encodeJson(claims)}`;
	const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(content));
	return `${content}.${encodeBase64Url(new Uint8Array(signature))}`;
}

/** The claims of a token that one of the keys has signed and that has not expired; undefined for any other. */
export async function verifyToken(token: string, keys: readonly CryptoKey[]): Promise<Claims | undefined> {
	const [header = "", payload = "", signature = "", ...more] = token.split(".");
	const bytes = decodeBase64Url(signature);
	if (header !== encodeJson(HEADER) || more.length > 0 || bytes === undefined) return undefined;
	for (const key of keys) {
		const isGenuine = await crypto.subtle.verify("HMAC", key, bytes, encoder.encode(`${header}.${payload}`));
		if (isGenuine) return current(payload);
	}
	return undefined;
}

function current(payload: string): Claims | undefined {
	const claims: Claims = JSON.parse(new TextDecoder().decode(decodeBase64Url(payload)));
	return claims.exp > Date.now() / 1000 ? claims : undefined;
}
