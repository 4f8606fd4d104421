/** Files of dotenvx, which its own library has encrypted. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDotenvx } from "../../../src/cli/imports/dotenvx.ts";
import { decryptDotenvx } from "../../../src/cli/imports/dotenvx-cipher.ts";
import { AppError } from "../../../src/errors.ts";

interface Primitives {
	encrypt(publicKey: string, text: string): string;
	keypair(): { privateKey: string; publicKey: string };
}

const dotenvx = createRequire(createRequire(import.meta.url).resolve("@dotenvx/dotenvx"));
const { encrypt, keypair } = dotenvx("@dotenvx/primitives") as Primitives;
const { privateKey, publicKey } = keypair();
const other = keypair();

describe("a value that dotenvx has encrypted", () => {
	test("is decrypted, whatever it is", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(decryptDotenvx(encrypt(publicKey, text), privateKey)).toBe(Buffer.from(text).toString("utf8"));
			}),
			{ numRuns: 30 },
		);
	});

	test("is not decrypted with another key, or if a byte of it changed", () => {
		const value = encrypt(publicKey, "secret");
		expect(decryptDotenvx(value, other.privateKey)).toBeUndefined();
		const bytes = Buffer.from(value.slice("encrypted:".length), "base64");
		for (const at of [0, 1, 40, 66, 90, bytes.length - 1]) {
			const changed = Buffer.from(bytes);
			changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
			expect(decryptDotenvx(`encrypted:${changed.toString("base64")}`, privateKey)).toBeUndefined();
		}
		expect(decryptDotenvx("encrypted:AAAA", privateKey)).toBeUndefined();
	});
});

describe("a file of dotenvx", () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "dotenvx-"));
		const keys = `# keys\nDOTENV_PRIVATE_KEY_PRODUCTION="${other.privateKey},${privateKey}"\n`;
		writeFileSync(join(folder, ".env.keys"), keys);
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	const line = (name: string, value: string) => `${name}="${encrypt(publicKey, value)}"\n`;
	const thrown = (work: () => unknown): AppError => {
		try {
			work();
		} catch (error) {
			if (error instanceof AppError) return error;
			throw error;
		}
		throw new Error("nothing was thrown");
	};

	test("is read with the key beside it, without its public key", () => {
		const text = `DOTENV_PUBLIC_KEY_PRODUCTION="${publicKey}"\n${line("A", "x y")}B=plain\n`;
		expect(readDotenvx(join(folder, ".env.production"), text)).toEqual([
			{ name: "A", value: "x y", line: 2 },
			{ name: "B", value: "plain", line: 3 },
		]);
	});

	test("is refused without a key, with the name of the variable", () => {
		const error = thrown(() => readDotenvx(join(folder, ".env.staging"), line("A", "x")));
		expect(error).toMatchObject({ code: "DOTENVX_KEY_MISSING", exit: 2 });
		expect(error.hint).toContain("DOTENV_PRIVATE_KEY_STAGING");
	});

	test("is refused where a value is damaged, or where dotenvx expands what it decrypts", () => {
		const path = join(folder, ".env.production");
		const damaged = thrown(() => readDotenvx(path, `${line("A", "x")}B="encrypted:AAAA"\n`));
		expect(damaged).toMatchObject({ code: "DOTENVX_KEY_WRONG", line: 2 });
		const expanded = thrown(() => readDotenvx(path, line("A", "canary-$HOME")));
		expect(expanded).toMatchObject({ code: "DOTENVX_KEY_WRONG", line: 1 });
		expect(expanded.message).not.toContain("canary");
	});
});
