/**
 * Decrypts values of dotenvx, which are `encrypted:` and a message of ECIES in base64: a key of secp256k1 that was made
 * for this value, a nonce, a tag, and the text, encrypted with AES-256-GCM under a key from HKDF-SHA256.
 */
import { createDecipheriv, createECDH, ECDH, hkdfSync } from "node:crypto";
import { fromBase64 } from "../../crypto.ts";

export const ENCRYPTED = "encrypted:";

const CURVE = "secp256k1";
const POINT_BYTES = 65;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;

/** Whether a text is a private key: 32 bytes in hex. */
export function isPrivateKey(text: string): boolean {
	return /^[0-9a-f]{64}$/i.test(text);
}

/**
 * @param value with its prefix
 * @param privateKey 32 bytes in hex
 * @returns undefined if the key does not open it, or it is damaged
 */
export function decryptDotenvx(value: string, privateKey: string): string | undefined {
	const text64 = value.slice(ENCRYPTED.length).replace(/=+$/, "");
	const message = fromBase64(text64.replaceAll("+", "-").replaceAll("/", "_"));
	if (message === undefined || message.length < POINT_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
	const point = message.subarray(0, POINT_BYTES);
	for (const shared of sharedPoints(point, privateKey)) {
		const key = hkdfSync("sha256", Buffer.concat([point, shared]), "", "", 32);
		const text = open(message.subarray(POINT_BYTES), new Uint8Array(key));
		if (text !== undefined) return text;
	}
	return undefined;
}

/** Node returns only the first coordinate of the shared point. Two points have it, and the tag tells which is right. */
function sharedPoints(point: Uint8Array, privateKey: string): Buffer[] {
	try {
		const own = createECDH(CURVE);
		own.setPrivateKey(privateKey, "hex");
		const coordinate = own.computeSecret(point);
		return [2, 3].map((sign) => {
			const compressed = Buffer.concat([Buffer.of(sign), coordinate]);
			return Buffer.from(ECDH.convertKey(compressed, CURVE, undefined, undefined, "uncompressed"));
		});
	} catch {
		// The point is not on the curve, or the key is not in its range.
		return [];
	}
}

function open(message: Uint8Array, key: Uint8Array): string | undefined {
	const nonce = message.subarray(0, NONCE_BYTES);
	const decipher = createDecipheriv("aes-256-gcm", key, nonce);
	decipher.setAuthTag(message.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
	try {
		const text = decipher.update(message.subarray(NONCE_BYTES + TAG_BYTES));
		return Buffer.concat([text, decipher.final()]).toString("utf8");
	} catch {
		return undefined;
	}
}
