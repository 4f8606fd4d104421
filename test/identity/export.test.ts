/**
 * Exported identities: an export can be opened again, also with code written from the specification alone,
 * and an export has exactly one valid text.
 */
import { readFile } from "node:fs/promises";
import sumo from "libsodium-wrappers-sumo";
import { beforeAll, describe, expect, test } from "vitest";
import { lengthPrefixed } from "../../src/bytes.ts";
import { cryptoReady, hash, toBase64 } from "../../src/crypto.ts";
import { openExport, parseExport, sealExport } from "../../src/identity/export.ts";
import { formatIdentity, type Identity, identityOf, newIdentity } from "../../src/identity/identity.ts";
import { requireStrong } from "../../src/identity/passphrase.ts";
import { CHEAPEST } from "../support/cheap-export.ts";
import { refusalOf } from "../support/refusal.ts";

/** Two texts that look the same: composed, and decomposed with a ligature. */
const COMPOSED = "un café efficace";
const DECOMPOSED = "un cafe\u0301 e\ufb03cace";
const VAULT = "A".repeat(43);

let identity: Identity;
let exported: string;
beforeAll(async () => {
	await Promise.all([cryptoReady, sumo.ready]);
	identity = identityOf(newIdentity().seed, VAULT);
	exported = await sealExport(identity, DECOMPOSED);
});

function codeOf(text: string): string | undefined {
	try {
		parseExport(text, "here");
		return undefined;
	} catch (error) {
		return (error as { code: string; exit: number }).code;
	}
}

/** A line with a valid checksum, as from an attacker who changes a file on purpose. */
function checked(line: string): string {
	return `${line}.${toBase64(hash(lengthPrefixed("coffer/export-check/1", line)).subarray(0, 8))}`;
}

function altered(part: number, text: string): string {
	const parts = exported.split(".").slice(0, -1);
	parts[part] = text;
	return checked(parts.join("."));
}

test("an export opens with its vault, and with either form of the passphrase", async () => {
	const opened = await openExport(parseExport(exported, "here"), COMPOSED, "here");
	expect(opened).toEqual(identity);
	expect(opened.vaultPin).toBe(VAULT);
});

test("the test vector for other implementations opens to the named secret", async () => {
	const path = new URL("../vectors/identity-export.json", import.meta.url);
	const vector = JSON.parse(await readFile(path, "utf8"));
	expect(vector.passphrase.normalize("NFKC")).not.toBe(vector.passphrase);
	const opened = await openExport(parseExport(vector.export, "the vector"), vector.passphrase, "the vector");
	expect(formatIdentity(opened)).toBe(vector.secret);
});

test("an export opens by the rules of docs/format.md, with libsodium alone", () => {
	const [, passes, memory, salt = "", sealed = ""] = exported.split(".");
	expect([passes, memory]).toEqual(["3", "256"]);
	const bytes = (text: string) => sumo.from_base64(text, sumo.base64_variants.URLSAFE_NO_PADDING);
	const field = (text: string) => {
		const content = Buffer.from(text);
		const length = Buffer.alloc(4);
		length.writeUInt32BE(content.length);
		return Buffer.concat([length, content]);
	};
	const key = sumo.crypto_pwhash(
		32,
		COMPOSED.normalize("NFKC"),
		bytes(salt),
		3,
		256 * 1024 * 1024,
		sumo.crypto_pwhash_ALG_ARGON2ID13,
	);
	const content = sumo.crypto_aead_xchacha20poly1305_ietf_decrypt(
		null,
		bytes(sealed).subarray(24),
		Buffer.concat(["coffer/export/1", "3", "256", salt].map(field)),
		bytes(sealed).subarray(0, 24),
		key,
	);
	expect(content).toHaveLength(128);
	expect(Buffer.from(sumo.unpad(content, 128)).toString()).toBe(formatIdentity(identity));
});

test("the error distinguishes a wrong passphrase from damage", async () => {
	const cheap = await sealExport(identity, DECOMPOSED, CHEAPEST);
	const opening = openExport(parseExport(cheap, "here"), `${COMPOSED} `, "here");
	expect(await refusalOf(opening)).toMatchObject({ code: "PASSPHRASE_WRONG", exit: 3 });
});

test("two exports of one identity have nothing in common except their length", async () => {
	const first = await sealExport(identity, DECOMPOSED, CHEAPEST);
	const second = await sealExport(identityOf(identity.seed), DECOMPOSED, CHEAPEST);
	expect(second).toHaveLength(first.length);
	const [one, other] = [first, second].map((text) => parseExport(text, "here"));
	expect(other?.salt).not.toBe(one?.salt);
	expect(other?.sealed.slice(0, 32)).not.toBe(one?.sealed.slice(0, 32));
});

describe("an export has one canonical text", () => {
	test("no character can be replaced", () => {
		for (let at = 0; at < exported.length; at++) {
			for (const character of ["A", "z", "0", "7", "-", ".", "=", " ", "\n", "é"]) {
				if (exported[at] === character) continue;
				const text = exported.slice(0, at) + character + exported.slice(at + 1);
				expect(codeOf(text), `${at}: ${JSON.stringify(character)}`).toMatch(
					/^EXPORT_(MALFORMED|DAMAGED|UNSUPPORTED)$/,
				);
			}
		}
	});

	test("no character can be missing, and only one line break at the end can be added", () => {
		for (let length = 0; length < exported.length; length++)
			expect(codeOf(exported.slice(0, length))).toMatch(/^EXPORT_/);
		for (const text of [
			`${exported}\n\n`,
			` ${exported}`,
			`${exported} `,
			`\ufeff${exported}`,
			`${exported}.`,
		])
			expect(codeOf(text), JSON.stringify(text)).toMatch(/^EXPORT_/);
		for (const text of [exported, `${exported}\n`, `${exported}\r\n`]) expect(codeOf(text)).toBe(undefined);
	});

	test.each(["03", "+3", "3.0", "0", "-3", "3e0", "100000"])(
		"the passes are never written as %s",
		(passes) => {
			expect(codeOf(altered(1, passes))).toBe("EXPORT_MALFORMED");
		},
	);

	test("an identity in plain text is not an export", () => {
		expect(codeOf(formatIdentity(identity))).toBe("EXPORT_MALFORMED");
	});
});

describe("the costs that a file may request are limited", () => {
	test.each([
		{ what: "one pass", part: 1, text: "1" },
		{ what: "17 passes", part: 1, text: "17" },
		{ what: "99,999 passes", part: 1, text: "99999" },
		{ what: "32 MiB", part: 2, text: "32" },
		{ what: "2 GiB", part: 2, text: "2048" },
		{ what: "99,999 MiB", part: 2, text: "99999" },
	])("$what", ({ part, text }) => {
		expect(codeOf(altered(part, text))).toBe("EXPORT_UNSUPPORTED");
	});

	test("both parameters at their maximum together", () => {
		const parts = exported.split(".").slice(0, -1);
		const asking = (passes: string, memory: string) =>
			codeOf(checked([parts[0], passes, memory, ...parts.slice(3)].join(".")));
		expect(asking("4", "1024")).toBe(undefined);
		expect(asking("16", "256")).toBe(undefined);
		expect(asking("5", "1024")).toBe("EXPORT_UNSUPPORTED");
		expect(asking("16", "257")).toBe("EXPORT_UNSUPPORTED");
	});

	test.each(["2", "10", "9999"])("version %s", (version) => {
		expect(codeOf(exported.replace("coffer-export-1", `coffer-export-${version}`))).toBe(
			"EXPORT_UNSUPPORTED",
		);
		expect(codeOf(`coffer-export-${version}.what it holds is unknown`)).toBe("EXPORT_UNSUPPORTED");
	});
});

describe("a new passphrase", () => {
	test.each([
		{ what: "11 characters", passphrase: "elevenchars", code: "PASSPHRASE_TOO_SHORT" },
		{ what: "12 code units of 6 characters", passphrase: "😀😀😀😀😀😀", code: "PASSPHRASE_TOO_SHORT" },
		{
			what: "11 characters and an accent of its own",
			passphrase: "elevenchare\u0301",
			code: "PASSPHRASE_TOO_SHORT",
		},
		{ what: "a line break within", passphrase: "one line\nand another", code: "PASSPHRASE_INVALID" },
		{ what: "a tab", passphrase: "one\tand another one", code: "PASSPHRASE_INVALID" },
		{ what: "a lone surrogate", passphrase: "a lone surrogate \ud800", code: "PASSPHRASE_INVALID" },
	])("must not be $what", async ({ passphrase, code }) => {
		const refused = await refusalOf((async () => requireStrong(passphrase))());
		expect(refused).toMatchObject({ code, exit: 2 });
		expect(`${refused.message} ${refused.hint}`).not.toContain(passphrase);
	});

	test("may have 12 characters", () => {
		requireStrong("twelve chars");
		requireStrong("😀".repeat(12));
	});
});
