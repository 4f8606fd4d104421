/**
 * `src/crypto.ts` against published test vectors, and against input that is made to break such code. A
 * comment names the source of each vector.
 */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { cryptoReady, hash, open, pad, seal, sign, signingKeyPair, unpad, verify } from "../src/crypto.ts";
import { hex, toHex, withEachBitTurned } from "./support/values/bits.ts";
import { encodeAs, L, P, pointAt, signTwisted, toBytes, toInteger } from "./support/values/edwards.ts";

await cryptoReady;

describe("BLAKE2b-256", () => {
	test.each([
		["", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"],
		["abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"],
	])("has the expected hash of %j", (text, digest) => {
		expect(toHex(hash(text))).toBe(digest);
		expect(toHex(hash(Buffer.from(text)))).toBe(digest);
	});

	test("depends on its key", () => {
		const digests = [hash("abc"), hash("abc", new Uint8Array(32)), hash("abc", new Uint8Array(32).fill(1))];
		expect(new Set(digests.map(toHex)).size).toBe(3);
	});
});

/** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
const AEAD = {
	key: hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
	associated: hex("50515253c0c1c2c3c4c5c6c7"),
	nonce: "404142434445464748494a4b4c4d4e4f5051525354555657",
	sealed:
		"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39" +
		"ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9" +
		"21f9664c97637da9768812f615c68b13b52e",
	tag: "c0875924c1c7987947deafd8780acf49",
	content:
		"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
};

describe("XChaCha20-Poly1305", () => {
	const { key, associated } = AEAD;
	const whole = hex(AEAD.nonce + AEAD.sealed + AEAD.tag);

	test("decrypts the draft's example", () => {
		expect(Buffer.from(open(whole, associated, key) ?? []).toString()).toBe(AEAD.content);
	});

	test("refuses one wrong bit in nonce, content, tag, associated data or key", () => {
		for (const turned of withEachBitTurned(whole)) expect(open(turned, associated, key)).toBeUndefined();
		for (const turned of withEachBitTurned(associated)) expect(open(whole, turned, key)).toBeUndefined();
		for (const turned of withEachBitTurned(key)) expect(open(whole, associated, turned)).toBeUndefined();
	});

	test("refuses input that is too short or too long, and keys of another length", () => {
		for (let length = 0; length < whole.length; length++)
			expect(open(whole.subarray(0, length), associated, key)).toBeUndefined();
		expect(open(Uint8Array.from([...whole, 0]), associated, key)).toBeUndefined();
		expect(open(whole, associated, key.subarray(1))).toBeUndefined();
	});

	test("decrypts what it encrypted, also empty content, and uses a new nonce each time", () => {
		for (const length of [0, 1, 63, 64, 65, 5000]) {
			const content = new Uint8Array(length).fill(length);
			const [one, other] = [seal(content, associated, key), seal(content, associated, key)];
			expect(open(one, associated, key)).toEqual(content);
			expect(toHex(one.subarray(0, 24))).not.toBe(toHex(other.subarray(0, 24)));
			expect(one.length).toBe(24 + length + 16);
		}
	});
});

/** RFC 8032, section 7.1: seed, public key, message, signature. */
const RFC_8032 = [
	[
		"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		"",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
	],
	[
		"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		"72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
	],
	[
		"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		"af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	],
	[
		"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
		"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
		createHash("sha512").update("abc").digest("hex"),
		"dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
	],
] as const;

describe("Ed25519", () => {
	test.each(RFC_8032)("has the signature of RFC 8032 for seed %s", (seed, publicKey, message, signature) => {
		const keys = signingKeyPair(hex(seed));
		expect(toHex(keys.publicKey)).toBe(publicKey);
		expect(toHex(sign(hex(message), keys.privateKey))).toBe(signature);
		expect(verify(hex(signature), hex(message), hex(publicKey))).toBe(true);
	});

	test("refuses one wrong bit in signature, message or key", () => {
		const [, , [, publicKey, message, signature]] = RFC_8032;
		for (const turned of withEachBitTurned(hex(signature)))
			expect(verify(turned, hex(message), hex(publicKey))).toBe(false);
		for (const turned of withEachBitTurned(hex(message)))
			expect(verify(hex(signature), turned, hex(publicKey))).toBe(false);
		for (const turned of withEachBitTurned(hex(publicKey)))
			expect(verify(hex(signature), hex(message), turned)).toBe(false);
	});

	test("refuses S + L, so that a signature cannot be changed into another valid one", () => {
		const [[seed, publicKey, message]] = RFC_8032;
		const signature = sign(hex(message), signingKeyPair(hex(seed)).privateKey);
		const s = toInteger(signature.subarray(32));
		for (let twisted = s + L; twisted < 2n ** 256n; twisted += L) {
			const malleated = Uint8Array.from([...signature.subarray(0, 32), ...toBytes(twisted)]);
			expect(verify(malleated, hex(message), hex(publicKey))).toBe(false);
		}
	});

	test("refuses keys and points R that are valid for every message: small order, in all encodings", () => {
		const content = hex("00");
		for (const y of [1n, P + 1n])
			for (const isNegative of [false, true]) {
				const point = encodeAs(y, isNegative);
				for (const forged of [
					signTwisted({ a: 0n, r: 0n, content, keyBytes: point, nonceBytes: point }),
					signTwisted({ a: 0n, r: 5n, content, keyBytes: point }),
					signTwisted({ a: 5n, r: 0n, content, nonceBytes: point }),
				])
					expect(verify(forged.signature, content, forged.publicKey)).toBe(false);
			}
	});

	test("refuses a key that is not a point of the curve", () => {
		const [[, , message, signature]] = RFC_8032;
		for (let y = 2n; y < 30n; y++)
			if (!pointAt(y, false)) expect(verify(hex(signature), hex(message), toBytes(y))).toBe(false);
	});

	test("the signer that the tests modify is valid without modification", () => {
		const { signature, content, publicKey } = signTwisted({ a: 8n * 77n, r: 1234n, content: hex("0102") });
		expect(verify(signature, content, publicKey)).toBe(true);
	});
});

describe("padding", () => {
	test("is one byte 0x80 and zeros up to the next multiple", () => {
		for (let length = 0; length <= 130; length++) {
			const content = new Uint8Array(length).fill(0x80);
			const padded = pad(content, 64);
			expect(padded.length).toBe(64 * (Math.floor(length / 64) + 1));
			expect([...padded.subarray(length)]).toEqual([0x80, ...new Array(padded.length - length - 1).fill(0)]);
			expect(unpad(padded, 64)).toEqual(content);
		}
	});

	test("is in the last block, and other bytes are not padding", () => {
		const block = (...end: number[]) => Uint8Array.from([...new Array(64 - end.length).fill(0), ...end]);
		expect(unpad(block(0x80), 64)).toEqual(new Uint8Array(63));
		expect(unpad(new Uint8Array(64), 64)).toBeUndefined();
		expect(unpad(block(0x80, 1), 64)).toBeUndefined();
		expect(unpad(Uint8Array.from([0x80, ...new Array(127).fill(0)]), 64)).toBeUndefined();
		expect(unpad(new Uint8Array(0), 64)).toBeUndefined();
	});
});
