import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cryptoReady, fromBase64, sign, toBase64, verify } from "../../src/crypto.ts";
import { AppError } from "../../src/errors.ts";
import {
	fingerprint,
	formatIdentity,
	formatPublicIdentity,
	identityOf,
	newIdentity,
	parseIdentity,
	parsePublicIdentity,
	sameIdentity,
} from "../../src/identity/identity.ts";

beforeAll(() => cryptoReady);

const SEED = Uint8Array.from({ length: 32 }, (_, index) => index);
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

function refusal(action: () => unknown): AppError {
	try {
		action();
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}

describe("identity", () => {
	test("always derives the same keys from a seed", () => {
		const identity = identityOf(SEED);
		expect(formatIdentity(identity)).toBe("coffer-identity-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
		expect({
			public: formatPublicIdentity(identity.publicKeys),
			state: toBase64(identity.stateKey),
			fingerprint: fingerprint(identity.publicKeys),
		}).toMatchInlineSnapshot(`
			{
			  "fingerprint": "Za4Fbjy2EJpo-yX-OSxPZQ",
			  "public": "coffer-member-1.fuESauvGK-pS9Js8pXyFvyzpsaI9JZZjjkWtbqtu93M.XIcwncfZk3in5R955e_WlNKDHV7HIbl20C3dRuL3ulc",
			  "state": "vcAoM14TXQ2d-Y7_PXquS79QioG1yC1ouLNm7SuTF_A",
			}
		`);
	});

	test("has matching and unique keys if it is new", () => {
		const [a, b] = [newIdentity(), newIdentity()];
		const content = Uint8Array.of(1, 2, 3);
		const publicKey = fromBase64(a.publicKeys.sign) ?? new Uint8Array();
		expect(verify(sign(content, a.signing.privateKey), content, publicKey)).toBe(true);
		expect(sameIdentity(a, b)).toBe(false);
		expect(fingerprint(a.publicKeys)).not.toBe(fingerprint(b.publicKeys));
		expect(fingerprint(a.publicKeys)).toMatch(/^[\w-]{22}$/);
	});

	test("can be read after it is written", () => {
		fc.assert(
			fc.property(
				seeds,
				fc.option(seeds, { nil: undefined }),
				fc.constantFrom("", "\n", "\r\n"),
				(seed, pin, end) => {
					const identity = identityOf(seed, pin && toBase64(pin));
					const read = parseIdentity(formatIdentity(identity) + end, "a test");
					expect(read).toEqual(identity);
					const text = formatPublicIdentity(identity.publicKeys) + end;
					expect(parsePublicIdentity(text, "a test")).toEqual(identity.publicKeys);
				},
			),
			{ numRuns: 50 },
		);
	});

	test("has a pin of 43 base64 characters, which does not identify the member", () => {
		const pinned = identityOf(SEED, toBase64(SEED));
		expect(formatIdentity(pinned)).toMatch(/\.[\w-]{43}\.[\w-]{43}$/);
		expect(sameIdentity(pinned, identityOf(SEED))).toBe(true);
	});

	const seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
	test.each([
		"",
		"coffer-identity-1",
		"coffer-identity-1.",
		`coffer-identity-2.${seed}`,
		`coffer-member-1.${seed}`,
		`Coffer-Identity-1.${seed}`,
		seed,
		`coffer-identity-1.${seed}=`,
		`coffer-identity-1.${seed.slice(1)}`,
		`coffer-identity-1.${seed}A`,
		`coffer-identity-1.${seed.slice(0, -1)}9`,
		`coffer-identity-1.${seed.slice(0, -1)}/`,
		` coffer-identity-1.${seed}`,
		`coffer-identity-1.${seed} `,
		`coffer-identity-1.${seed}\n\n`,
		`coffer-identity-1.${seed}.`,
		`coffer-identity-1.${seed}.abc`,
		`coffer-identity-1.${seed}.${seed}.${seed}`,
	])("refuses %j", (text) => {
		const error = refusal(() => parseIdentity(text, "COFFER_IDENTITY"));
		expect(error).toMatchObject({ code: "IDENTITY_MALFORMED", exit: 3 });
		expect(error.message).toContain("COFFER_IDENTITY");
		expect(JSON.stringify(error)).not.toContain(seed.slice(1, 20));
	});

	const zero = "A".repeat(43);
	test.each([
		`coffer-identity-1.${seed}.${seed}`,
		`coffer-member-1.${seed}`,
		`coffer-member-1.${seed}.${seed}.${seed}`,
		`coffer-member-1.${seed}.${zero}`,
		`coffer-member-1.${seed.slice(1)}.${seed}`,
	])("refuses %s as a member", (text) => {
		expect(refusal(() => parsePublicIdentity(text, "the answer"))).toMatchObject({
			code: "IDENTITY_MALFORMED",
			exit: 3,
		});
	});

	test("has a fingerprint of both complete keys", () => {
		expect(refusal(() => fingerprint({ sign: seed, box: "" })).code).toBe("IDENTITY_MALFORMED");
		expect(fingerprint({ sign: seed, box: zero })).not.toBe(fingerprint({ sign: zero, box: seed }));
	});
});
