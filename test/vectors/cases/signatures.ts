/** Signatures that a careless Ed25519 implementation accepts, and how to make them. */
import { createHash } from "node:crypto";
import sodium from "libsodium-wrappers";
import { base64, blake2b, fields, type Person } from "../primitives.ts";

/** The order of the group. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function numberOf(littleEndian: Uint8Array): bigint {
	return littleEndian.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function bytes32(number: bigint): Uint8Array {
	return Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
}

/**
 * Encodings of points that give the neutral point when multiplied by eight. The first is the neutral point
 * itself.
 */
export const NEUTRAL = bytes32(1n);
export const ORDER_FOUR = bytes32(0n);
/** An encoding of the neutral point whose y is not below the prime. */
export const NEUTRAL_NOT_CANONICAL = bytes32(2n ** 255n - 19n + 1n);

/** The same signature with S above the group's order, which is a second text for one signature. */
export function unreduced(signature: Uint8Array): Uint8Array {
	const scalar = numberOf(signature.subarray(32)) + ORDER;
	return Buffer.concat([signature.subarray(0, 32), bytes32(scalar)]);
}

function challenge(point: Uint8Array, key: Uint8Array, content: Uint8Array): bigint {
	const digest = createHash("sha512").update(point).update(key).update(content).digest();
	return numberOf(digest) % ORDER;
}

function secretScalar(privateKey: Uint8Array): bigint {
	return numberOf(sodium.crypto_sign_ed25519_sk_to_curve25519(privateKey)) % ORDER;
}

/**
 * A signature under a key of small order, which anybody can make: S·B = R + h·A, and h·A is the neutral
 * point.
 */
export function signatureOfNobody(key: Uint8Array, content: Uint8Array): Uint8Array {
	for (let count = 0; ; count++) {
		const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(blake2b(fields("nobody", count)));
		// A multiple of eight, so that h·A is the neutral point for every A of small order.
		if (challenge(publicKey, key, content) % 8n !== 0n) continue;
		return Buffer.concat([publicKey, bytes32(secretScalar(privateKey))]);
	}
}

/** A signature whose R is the neutral point. Only the key's holder can make one; honest signers never do. */
export function neutralR(who: Person, content: Uint8Array): Uint8Array {
	const { publicKey, privateKey } = who.signing;
	const scalar = (challenge(NEUTRAL, publicKey, content) * secretScalar(privateKey)) % ORDER;
	return Buffer.concat([NEUTRAL, bytes32(scalar)]);
}

export const KEYS = {
	neutral: base64(NEUTRAL),
	orderFour: base64(ORDER_FOUR),
	notCanonical: base64(NEUTRAL_NOT_CANONICAL),
} as const;
