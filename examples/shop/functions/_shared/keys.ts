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

/** What the payment provider signs its calls with. */
export function webhookKey(): Promise<CryptoKey> {
	return hmacKey(required("WEBHOOK_SECRET"));
}

/** What the shop signs its customers' tokens with. */
export function tokenKey(): Promise<CryptoKey> {
	return hmacKey(required("TOKEN_KEY"));
}

/** The key before the present one: while it is set, tokens of before a rotation stay good. */
export async function previousTokenKey(): Promise<CryptoKey | undefined> {
	const secret = Deno.env.get("TOKEN_KEY_PREVIOUS");
	return secret ? await hmacKey(secret) : undefined;
}
