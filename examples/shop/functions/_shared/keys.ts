/** The keys that the shop signs with. A function reads only the secrets of the exports that it uses. */
const encoder = new TextEncoder();

function required(name: string): string {
	const value = Deno.env.get(name);
	if (!value) throw new Error(`The secret ${name} is not set.`);
	return value;
}

function hmacKey(secret: string): Promise<CryptoKey> {
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	return crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign", "verify"]);
}

/** The key with which the payment provider signs its calls. */
export function webhookKey(): Promise<CryptoKey> {
	return hmacKey(required("WEBHOOK_SECRET"));
}

/** The key with which the shop signs its customers' tokens. */
export function tokenKey(): Promise<CryptoKey> {
	return hmacKey(required("TOKEN_KEY"));
}

/** The previous key. While it is set, tokens from before a rotation stay valid. */
export async function previousTokenKey(): Promise<CryptoKey | undefined> {
	const secret = Deno.env.get("TOKEN_KEY_PREVIOUS");
	return secret ? await hmacKey(secret) : undefined;
}
