/** Written lines of `.env` files are read as the same values, by each reader that they are for. */
import { parseEnv } from "node:util";
import { parse as dotenvParse } from "dotenv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDotenv } from "../../src/dotenv/parse.ts";
import { writeAssignment } from "../../src/dotenv/write.ts";
import { nastyName, nastyValue } from "../support/values/nasty-values.ts";

const secrets = fc.dictionary(nastyName(), nastyValue(), { maxKeys: 6, noNullPrototype: true });

/** The text of the secrets that can be written, and these secrets. */
function written(values: Readonly<Record<string, string>>, readers: "all" | "dotenv") {
	const lines = Object.entries(values).flatMap(([name, value]) => {
		const line = writeAssignment(name, value, { readers });
		return line === undefined ? [] : [{ name, value, line }];
	});
	return {
		text: lines.map(({ line }) => `${line}\n`).join(""),
		kept: new Map(lines.map(({ name, value }) => [name, value])),
	};
}

function ownParse(text: string): Map<string, string> {
	return new Map(parseDotenv(text, ".env").pairs.map(({ name, value }) => [name, value]));
}

test("dotenv, Node and Coffer read the written values", () => {
	fc.assert(
		fc.property(secrets, (values) => {
			const { text, kept } = written(values, "all");
			expect(new Map(Object.entries(dotenvParse(text)))).toEqual(kept);
			expect(new Map(Object.entries(parseEnv(text)))).toEqual(kept);
			expect(ownParse(text)).toEqual(kept);
		}),
		{ numRuns: 2_000 },
	);
});

test("Coffer and dotenv read values with carriage returns too", () => {
	fc.assert(
		fc.property(secrets, (values) => {
			const { text, kept } = written(values, "dotenv");
			expect(ownParse(text)).toEqual(kept);
			kept.delete("__proto__");
			expect(new Map(Object.entries(dotenvParse(text)))).toEqual(kept);
		}),
		{ numRuns: 2_000 },
	);
});

test.each([
	["plain", "A=plain"],
	["", "A=''"],
	["two words", "A='two words'"],
	["it's", `A="it's"`],
	[`it's "so"`, `A=\`it's "so"\``],
	["line\nline\n", "A='line\nline\n'"],
	["p#q", "A='p#q'"],
	["C:\\dir", "A='C:\\dir'"],
	["it's \\n", "A=`it's \\n`"],
])("%j is written as %j", (value, line) => {
	expect(writeAssignment("A", value, { readers: "all" })).toBe(line);
});

test.each(["a\rb", "ends with a \\", `'"\``])("no line is read as %j by all readers", (value) => {
	expect(writeAssignment("A", value, { readers: "all" })).toBe(undefined);
});

test("few values cannot be written", () => {
	const all = fc.sample(nastyValue(), { numRuns: 2_000, seed: 1 });
	const lost = all.filter((value) => writeAssignment("A", value, { readers: "dotenv" }) === undefined);
	expect(lost.length / all.length).toBeLessThan(0.2);
});
