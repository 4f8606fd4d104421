/** Values that a browser encrypts and a device opens: HPKE as RFC 9180 has it, and what does not open. */
import { beforeAll, describe, expect, test } from "vitest";
import { sealValue } from "../../src/console/data/seal-value.ts";
import { cryptoReady, fromBase64, type KeyPair } from "../../src/crypto.ts";
import { openFilledValue, openHpke } from "../../src/identity/filled-value.ts";
import { newIdentity } from "../../src/identity/identity.ts";
import type { FilledValue } from "../../src/protocol/secret-requests/messages.ts";

const PLACE = { vaultId: "v".repeat(43), environment: "production", name: "API_KEY", id: "0123456789abcdef" };
type Sealed = Pick<FilledValue, "keys" | "value">;

beforeAll(() => cryptoReady);

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const pair = (): KeyPair => newIdentity().box;
const boxOf = ({ publicKey }: KeyPair) => Buffer.from(publicKey).toString("base64url");

test("HPKE opens the message of RFC 9180, appendix A.1.1", () => {
	const keys = {
		publicKey: hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"),
		privateKey: hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"),
	};
	const message = {
		enc: hex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"),
		info: hex("4f6465206f6e2061204772656369616e2055726e"),
		aad: hex("436f756e742d30"),
		sealed: hex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"),
	};
	const opened = openHpke(message, keys);
	expect(Buffer.from(opened ?? []).toString()).toBe("Beauty is truth, truth beauty");
	expect(openHpke({ ...message, aad: hex("436f756e742d31") }, keys)).toBeUndefined();
	expect(openHpke({ ...message, info: hex("00") }, keys)).toBeUndefined();
	// A point of low order, and what is no key.
	expect(openHpke({ ...message, enc: new Uint8Array(32) }, keys)).toBeUndefined();
	expect(openHpke({ ...message, enc: new Uint8Array(31) }, keys)).toBeUndefined();
});

describe("a value that the page encrypts", () => {
	test.each(["x", "-----BEGIN KEY-----\nMII\r\n-----END KEY-----\n", "é🔑 \u0000 end", "a".repeat(65_536)])(
		"is opened by each writer, and by nobody else: %#",
		async (value) => {
			const [ana, ben] = [pair(), pair()];
			const sealed = await sealValue(value, PLACE, [boxOf(ana), boxOf(ben)]);
			for (const keys of [ana, ben]) expect(openFilledValue(sealed, PLACE, keys)).toBe(value);
			expect(() => openFilledValue(sealed, PLACE, pair())).toThrow(
				expect.objectContaining({
					code: "FILLED_VALUE_INVALID",
					exit: 7,
					hint: expect.stringContaining("'coffer requests accept API_KEY --discard'"),
				}),
			);
		},
	);

	test("has a length that tells little, and is another text each time", async () => {
		const box = [boxOf(pair())];
		const lengths = new Set<number>();
		const texts = new Set<string>();
		for (const value of ["a", "b".repeat(200), "a"]) {
			const sealed = await sealValue(value, PLACE, box);
			lengths.add(sealed.value.length);
			texts.add(sealed.value).add(sealed.keys[0]?.key ?? "");
		}
		expect([lengths.size, texts.size]).toEqual([1, 6]);
	});

	test("does not open for another request, name, environment or vault, or if a bit was changed", async () => {
		const keys = pair();
		const sealed = await sealValue("value", PLACE, [boxOf(keys)]);
		for (const field of Object.keys(PLACE) as (keyof typeof PLACE)[])
			expect(() => openFilledValue(sealed, { ...PLACE, [field]: "other" }, keys)).toThrow();
		const flipped = (text: string) => {
			const bytes = Buffer.from(fromBase64(text) ?? []);
			bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
			return bytes.toString("base64url");
		};
		const [key = { box: "", enc: "", key: "" }] = sealed.keys;
		const changed: readonly Sealed[] = [
			{ ...sealed, value: flipped(sealed.value) },
			{ ...sealed, value: "" },
			{ ...sealed, keys: [] },
			{ ...sealed, keys: [{ ...key, key: flipped(key.key) }] },
			{ ...sealed, keys: [{ ...key, enc: flipped(key.enc) }] },
			{ ...sealed, keys: [{ ...key, enc: "AA" }] },
		];
		for (const each of changed)
			expect(() => openFilledValue(each, PLACE, keys)).toThrow(
				expect.objectContaining({ code: "FILLED_VALUE_INVALID" }),
			);
	});
});
