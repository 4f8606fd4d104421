import { createPublicKey, verify as verifyNatively } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cryptoReady, type SignatureCheck, sign, signingKeyPair, verify, verifyAll } from "../src/crypto.ts";
import { isOrdinaryPoint, NativeVerifier } from "../src/native-ed25519.ts";
import {
	encode,
	encodeAs,
	L,
	multiply,
	P,
	pointAt,
	signTwisted,
	smallOrderPoints,
} from "./support/values/edwards.ts";

await cryptoReady;

const content = Uint8Array.of(1, 2, 3);
const smallOrder = smallOrderPoints();

function verdictsOn(signed: readonly SignatureCheck[]): Promise<boolean[]> {
	return verifyAll(signed, (one) => one);
}

/** Node's own result, without Coffer's checks. */
function natively({ signature, content, publicKey }: SignatureCheck): boolean {
	const x = Buffer.from(publicKey).toString("base64url");
	const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
	return verifyNatively(null, content, key, signature);
}

/**
 * Manipulations that a signer can make in its own key and signatures: small-order parts, a scalar that is not
 * reduced.
 */
function twisted(): SignatureCheck[] {
	const made: SignatureCheck[] = [];
	for (const keyTwist of smallOrder)
		for (const nonceTwist of smallOrder)
			for (const a of [0n, 86_415n])
				for (const r of [0n, 98_765n]) made.push(signTwisted({ a, r, content, keyTwist, nonceTwist }));
	for (const a of [0n, 86_415n]) made.push(signTwisted({ a, r: 98_765n, content, extraOrders: 1n }));
	// The neutral point and the point of order two, in all encodings that a decoder may accept.
	for (const y of [1n, P - 1n, P + 1n, P])
		for (const sign of [false, true]) {
			made.push(signTwisted({ a: 0n, r: 98_765n, content, keyBytes: encodeAs(y, sign) }));
			made.push(signTwisted({ a: 86_415n, r: 0n, content, nonceBytes: encodeAs(y, sign) }));
		}
	return made;
}

describe("verifyAll and verify", () => {
	let all: SignatureCheck[];
	beforeAll(() => {
		all = twisted();
	});

	test("have the same result for every modified signature", async () => {
		expect(await verdictsOn(all)).toEqual(
			all.map(({ signature, content, publicKey }) => verify(signature, content, publicKey)),
		);
	});

	test("get modifications that libsodium refuses, that only Node accepts before version 24, and that both accept", () => {
		const verdicts = all.map((signed) => ({
			ours: verify(signed.signature, signed.content, signed.publicKey),
			node: natively(signed),
		}));
		expect(verdicts.filter(({ ours }) => !ours).length).toBeGreaterThan(20);
		// Node 20 and 22 accept some of them, Node 22 also with the OpenSSL of Node 24. Node 24 refuses them,
		// as libsodium does.
		const isLax = Number.parseInt(process.versions.node, 10) < 24;
		const passed = verdicts.filter(({ ours, node }) => node && !ours).length;
		if (isLax) expect(passed).toBeGreaterThan(20);
		else expect(passed).toBe(0);
		expect(verdicts.filter(({ ours, node }) => node && ours).length).toBeGreaterThan(5);
	});

	test("have the same result for a wrong bit or a wrong length", async () => {
		const keys = signingKeyPair(new Uint8Array(32).fill(7));
		const honest = { signature: sign(content, keys.privateKey), content, publicKey: keys.publicKey };
		const wrong: SignatureCheck[] = [honest];
		for (const part of ["signature", "content", "publicKey"] as const) {
			for (let bit = 0; bit < honest[part].length * 8; bit++) {
				const changed = Uint8Array.from(honest[part]);
				changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				wrong.push({ ...honest, [part]: changed });
			}
			wrong.push({ ...honest, [part]: honest[part].subarray(1) });
			wrong.push({ ...honest, [part]: Uint8Array.from([...honest[part], 0]) });
			wrong.push({ ...honest, [part]: new Uint8Array(0) });
		}
		const verdicts = await verdictsOn(wrong);
		expect(verdicts).toEqual([true, ...wrong.slice(1).map(() => false)]);
		expect(verdicts).toEqual(wrong.map((one) => verify(one.signature, one.content, one.publicKey)));
	});

	test("have the same result for any input", async () => {
		const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
		const anything = fc.record({ signature: bytes(64), content: bytes(3), publicKey: bytes(32) });
		const [signed] = fc.sample(fc.array(anything, { minLength: 300, maxLength: 300 }), 1);
		expect(await verdictsOn(signed ?? [])).toEqual(
			signed?.map((one) => verify(one.signature, one.content, one.publicKey)),
		);
	});

	test("return the results in the order of the input", async () => {
		const keys = signingKeyPair(new Uint8Array(32).fill(8));
		const questions = Array.from({ length: 200 }, (_, index) => {
			const text = Uint8Array.of(index);
			const signature = sign(index % 3 === 0 ? content : text, keys.privateKey);
			return { signature, content: text, publicKey: keys.publicKey };
		});
		expect(await verdictsOn(questions)).toEqual(questions.map((_, index) => index % 3 !== 0));
		expect(await verdictsOn([])).toEqual([]);
		expect(await verifyAll([1, 2], (item) => (item === 1 ? undefined : questions[1]))).toEqual([false, true]);
	});
});

describe("Node's own verification", () => {
	test("is used for valid signatures, by many keys", async () => {
		const native = new NativeVerifier();
		for (let seed = 0; seed < 50; seed++) {
			const keys = signingKeyPair(new Uint8Array(32).fill(seed));
			const text = new Uint8Array(seed);
			const signed = { signature: sign(text, keys.privateKey), content: text, publicKey: keys.publicKey };
			expect(await native.accepts(signed)).toBe(true);
		}
	});

	test("is not used for a scalar of 2^252 and above, reduced or not", async () => {
		const keys = signingKeyPair(new Uint8Array(32).fill(9));
		const signature = sign(content, keys.privateKey);
		signature[63] = (signature[63] ?? 0) | 0x10;
		expect(await new NativeVerifier().accepts({ signature, content, publicKey: keys.publicKey })).toBe(false);
	});
});

describe("an ordinary point", () => {
	test("is not one of the eight points of small order, with either sign bit", () => {
		expect(new Set(smallOrder.map((point) => multiply(point, 8n).y))).toEqual(new Set([1n]));
		const ys = new Set(smallOrder.map(({ y }) => y));
		expect(ys.size).toBe(5);
		for (const y of ys)
			for (const sign of [false, true]) expect(isOrdinaryPoint(encodeAs(y, sign))).toBe(false);
	});

	test("has y below p", () => {
		for (let y = P; y < 2n ** 255n; y++)
			for (const sign of [false, true]) expect(isOrdinaryPoint(encodeAs(y, sign))).toBe(false);
		for (const y of [2n, 3n, P - 2n, P - 3n, P - 256n, P - 2n ** 248n])
			for (const sign of [false, true]) expect(isOrdinaryPoint(encodeAs(y, sign))).toBe(true);
	});

	test("is every other point", () => {
		fc.assert(
			fc.property(fc.bigInt({ min: 2n, max: L }), (y) => {
				const point = pointAt(y, false);
				if (point) expect(isOrdinaryPoint(encode(point))).toBe(true);
			}),
		);
	});
});
