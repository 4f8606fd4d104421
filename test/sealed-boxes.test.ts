/**
 * The sealed boxes of `src/crypto.ts` against RFC 7748 and NaCl, and against keys of small order, whose
 * secrets anybody knows.
 */
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import sodium from "libsodium-wrappers";
import { describe, expect, test } from "vitest";
import { boxKeyPair, cryptoReady, openFrom, sealTo } from "../src/crypto.ts";
import { hex, toHex, withEachBitTurned } from "./support/values/bits.ts";
import { encodeAs, P } from "./support/values/edwards.ts";

await cryptoReady;

/** RFC 7748, section 6.1. */
const ALICE = {
	privateKey: hex("77076d0a7318a57d3c16c17251b26645df4c2f92ebc0992ac177fba51db92c2a"),
	publicKey: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
};
const BOB = {
	privateKey: hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
	publicKey: hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
};
const SHARED_SECRET = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
/** HSalsa20 of their shared secret: "firstkey" in the description of NaCl, which uses the same two keys. */
const FIRST_KEY = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");

/** One half of a double round of Salsa20: the indices, and the rotations. */
const QUARTERS = [
	[0, 4, 8, 12],
	[5, 9, 13, 1],
	[10, 14, 2, 6],
	[15, 3, 7, 11],
	[0, 1, 2, 3],
	[5, 6, 7, 4],
	[10, 11, 8, 9],
	[15, 12, 13, 14],
] as const;

/** HSalsa20 of a key with sixteen zero bytes: a sealed box derives its key from a shared secret in this way. */
function hsalsa20(key: Uint8Array): Uint8Array {
	const k = new DataView(key.buffer, key.byteOffset);
	const words = new Uint32Array(16);
	words.set([0x61707865, 0, 0, 0, 0, 0x3320646e, 0, 0, 0, 0, 0x79622d32, 0, 0, 0, 0, 0x6b206574]);
	for (let index = 0; index < 4; index++) {
		words[1 + index] = k.getUint32(index * 4, true);
		words[11 + index] = k.getUint32(16 + index * 4, true);
	}
	const at = (index: number) => words[index] ?? 0;
	const turn = (to: number, sum: number, bits: number) => {
		words[to] = at(to) ^ ((sum << bits) | (sum >>> (32 - bits)));
	};
	for (let round = 0; round < 10; round++)
		for (const [a, b, c, d] of QUARTERS) {
			turn(b, (at(a) + at(d)) | 0, 7);
			turn(c, (at(b) + at(a)) | 0, 9);
			turn(d, (at(c) + at(b)) | 0, 13);
			turn(a, (at(d) + at(c)) | 0, 18);
		}
	const out = new DataView(new ArrayBuffer(32));
	for (const [index, word] of [0, 5, 10, 15, 6, 7, 8, 9].entries()) out.setUint32(index * 4, at(word), true);
	return new Uint8Array(out.buffer);
}

/** The prefix of an X25519 private key in DER (RFC 8410). */
const X25519_PKCS8 = hex("302e020100300506032b656e04220420");

/**
 * The u coordinates of the points of small order, reduced and not. With each, the shared secret is the same
 * for everybody.
 */
const SMALL_ORDER_U = [
	0n,
	1n,
	325606250916557431795983626356110631294008115727848805560023387167927233504n,
	39382357235489614581723060781553021112529911719440698176882885853963445705823n,
	P - 1n,
	P,
	P + 1n,
];

describe("sealed boxes", () => {
	const content = hex("00010203");

	/** A box with the given ephemeral key, assembled from its parts. */
	function boxed(sender: Uint8Array, key: Uint8Array): Uint8Array {
		const nonce = sodium.crypto_generichash(24, Uint8Array.from([...sender, ...BOB.publicKey]), null);
		return Uint8Array.from([...sender, ...sodium.crypto_secretbox_easy(content, nonce, key)]);
	}

	test("are decrypted with the shared secret of RFC 7748", () => {
		expect(openFrom(boxed(ALICE.publicKey, FIRST_KEY), BOB)).toEqual(content);
		expect(openFrom(boxed(ALICE.publicKey, FIRST_KEY), ALICE)).toBeUndefined();
	});

	test("open only with the recipient's key and without any changed bit", () => {
		const keys = boxKeyPair(new Uint8Array(32).fill(5));
		const sealed = sealTo(content, keys.publicKey) ?? new Uint8Array(0);
		expect(sealed.length).toBe(content.length + 48);
		expect(openFrom(sealed, keys)).toEqual(content);
		expect(openFrom(sealed, BOB)).toBeUndefined();
		for (const [bit, turned] of withEachBitTurned(sealed).entries()) {
			// X25519 ignores the last bit of a key, but the bit is part of the input for the nonce.
			expect({ bit, opened: openFrom(turned, keys) }).toEqual({ bit, opened: undefined });
		}
		for (let length = 0; length < sealed.length; length++)
			expect(openFrom(sealed.subarray(0, length), keys)).toBeUndefined();
	});

	test("are never made for a key of small order, with either last bit, and never opened from one", () => {
		expect(hsalsa20(SHARED_SECRET)).toEqual(FIRST_KEY);
		const everybodys = hsalsa20(new Uint8Array(32));
		for (const u of SMALL_ORDER_U)
			for (const sign of [false, true]) {
				expect(sealTo(content, encodeAs(u, sign))).toBeUndefined();
				expect(openFrom(boxed(encodeAs(u, sign), everybodys), BOB)).toBeUndefined();
			}
		expect(sealTo(content, BOB.publicKey.subarray(1))).toBeUndefined();
	});

	test("belong to keys that another library derives from the same seed", () => {
		const seed = new Uint8Array(32).fill(6);
		const half = createHash("sha512").update(seed).digest().subarray(0, 32);
		const key = createPrivateKey({
			key: Buffer.concat([X25519_PKCS8, half]),
			format: "der",
			type: "pkcs8",
		});
		const { x } = createPublicKey(key).export({ format: "jwk" });
		const keys = boxKeyPair(seed);
		expect(Buffer.from(keys.publicKey).toString("base64url")).toBe(x);
		expect(toHex(keys.privateKey)).toBe(half.toString("hex"));
	});
});
