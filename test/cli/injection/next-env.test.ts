/** `coffer run` warns of values that Next would change: the real one is asked. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nextEnv from "@next/env";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nextWarnings } from "../../../src/cli/injection/next-env.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-next-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a program has of a variable once Next has read the folder's files. */
function withNext(value: string): string | undefined {
	const before = process.env;
	try {
		process.env = {};
		// Next keeps the environment of its first reading, and begins each later one with it.
		nextEnv.resetEnv();
		nextEnv.updateInitialEnv({ VALUE: value });
		nextEnv.resetEnv();
		nextEnv.loadEnvConfig(folder, true, { info() {}, error() {} }, true);
		return process.env["VALUE"];
	} finally {
		process.env = before;
	}
}

const warningsOf = (value: string) => nextWarnings(new Map([["VALUE", value]]), folder);

test("of a hash, a password and other texts, exactly if Next changes them", () => {
	writeFileSync(join(folder, ".env"), "VALUE=default\n");
	const values = [
		"$2b$10$example",
		"pa$word",
		"100$",
		"a $ b",
		"\\$x",
		"x$1",
		"${A:-b}",
		"none",
		"",
		"$$",
		"$-",
	];
	expect(values.filter((value) => warningsOf(value).length > 0)).toEqual(
		values.filter((value) => withNext(value) !== value),
	);
	const texts = fc.string({ unit: fc.constantFrom("$", "{", "}", "\\", "a", "1", "-"), maxLength: 8 });
	fc.assert(fc.property(texts, (value) => warningsOf(value).length > 0 === (withNext(value) !== value)));
});

test("by file and name, without the value", () => {
	writeFileSync(join(folder, ".env.local"), "export ONE='x'\nTWO: y\n# THREE=\nFOUR=\n");
	writeFileSync(join(folder, ".env.production"), "ONE=\n");
	const values = new Map(["ONE", "TWO", "THREE"].map((name) => [name, "pa$word"]));
	expect(nextWarnings(values, folder)).toEqual([
		".env.local assigns ONE, TWO too. Next would then replace the parts that begin with $ in the values from the vault. If the command starts Next, remove these lines from .env.local.",
		expect.stringMatching(/^\.env\.production assigns ONE too\./),
	]);
});

test("not of files that cannot be read, and without waiting for a pipe", () => {
	mkdirSync(join(folder, ".env"));
	execFileSync("mkfifo", [join(folder, ".env.local")]);
	symlinkSync("nowhere", join(folder, ".env.development"));
	expect(warningsOf("pa$word")).toEqual([]);
});
