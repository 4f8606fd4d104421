/**
 * Receives the payment provider's events. Their header `shop-signature: t=SECONDS,v1=HEX` holds the HMAC-SHA256
 * of `SECONDS.BODY`; events without a valid signature, or older than five minutes, are refused.
 */
import { webhookKey } from "../_shared/keys.ts";

const AGE_SECONDS_MAX = 300;

function readSignature(header: string | null): { time: string; bytes: Uint8Array<ArrayBuffer> } | undefined {
	const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
	if (time === undefined || hex === undefined) return undefined;
	return { time, bytes: Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) };
}

async function isGenuine(header: string | null, body: string): Promise<boolean> {
	const signature = readSignature(header);
	if (signature === undefined) return false;
	if (Math.abs(Date.now() / 1000 - Number(signature.time)) > AGE_SECONDS_MAX) return false;
	const signed = new TextEncoder().encode(`${signature.time}.${body}`);
	// Compares in constant time.
	return await crypto.subtle.verify("HMAC", await webhookKey(), signature.bytes, signed);
}

Deno.serve(async (request) => {
	if (request.method !== "POST") return new Response("POST an event.", { status: 405 });
	const body = await request.text();
	if (!(await isGenuine(request.headers.get("shop-signature"), body))) {
		return Response.json({ error: "The signature is wrong." }, { status: 401 });
	}
	const event: { type?: unknown } = JSON.parse(body);
	console.log(`received ${String(event.type)}`);
	return Response.json({ received: event.type });
});
