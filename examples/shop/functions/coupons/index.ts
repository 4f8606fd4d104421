/** Makes coupons, and recognises its own without a database: one half of a code is a MAC of the other. */
import { createHmac, timingSafeEqual } from "node:crypto";
import process from "node:process";
import { customAlphabet } from "nanoid";

const ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
const newId = customAlphabet(ALPHABET, 8);

function proofOf(id: string): string {
	const { COUPON_KEY } = process.env;
	if (!COUPON_KEY) throw new Error("The secret COUPON_KEY is not set.");
	const bytes = createHmac("sha256", COUPON_KEY).update(id).digest().subarray(0, 8);
	return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

function isOurs(code: string): boolean {
	const [, id, proof] = /^([A-Z2-9]{8})-([A-Z2-9]{8})$/.exec(code) ?? [];
	if (id === undefined || proof === undefined) return false;
	const encoder = new TextEncoder();
	return timingSafeEqual(encoder.encode(proof), encoder.encode(proofOf(id)));
}

export default (request: Request): Response => {
	if (request.method === "POST") {
		const id = newId();
		return Response.json({ coupon: `${id}-${proofOf(id)}` }, { status: 201 });
	}
	const code = new URL(request.url).searchParams.get("code") ?? "";
	return Response.json({ valid: isOurs(code) });
};
