import { parse as dotenvParse } from "dotenv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDotenv } from "../../src/dotenv/parse.ts";
import { AppError } from "../../src/errors.ts";
import { ACCEPTED, REFUSED } from "./corpus.ts";

function values(source: string): Map<string, string> {
	return new Map(parseDotenv(source, ".env").pairs.map(({ name, value }) => [name, value]));
}

function refusal(source: string, file = ".env"): AppError {
	try {
		parseDotenv(source, file);
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("the file was accepted");
}

function accepted(source: string): Map<string, string> | undefined {
	try {
		return values(source);
	} catch (error) {
		if (error instanceof AppError) return undefined;
		throw error;
	}
}

/** The result of `dotenv`. Its plain object cannot contain the name `__proto__`. */
function reference(source: string): Map<string, string> {
	return new Map(Object.entries(dotenvParse(source)));
}

describe("accepted .env text", () => {
	test.each(Object.entries(ACCEPTED))("reads as dotenv does: %s", (_, source) => {
		expect(values(source)).toEqual(reference(source));
	});

	/** Pieces whose combinations reach every rule of the grammar and many special cases. */
	const piece = fc.constantFrom(
		..."AB_1 \t=:#'\"`\\$.-\n\n\n".split(""),
		..."\r \ufeff \u00a0 \u2028 \v é n".split(" "),
		"A=",
		"B=",
		"C: ",
		"export ",
		'="',
		'"\n',
		"'\n",
		"\\n",
		'\\"',
		" # ",
		"\r\n",
		"-----BEGIN X-----",
	);

	test("never has another value than dotenv reads", () => {
		let count = 0;
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
				const source = pieces.join("");
				const ours = accepted(source);
				if (ours === undefined) return;
				if (ours.size > 0) count++;
				expect(ours).toEqual(reference(source));
			}),
			{ numRuns: 20_000 },
		);

		expect(count).toBeGreaterThan(500);
	});

	const line = fc
		.tuple(
			fc.constantFrom("", "export ", " "),
			fc.constantFrom("A", "B", "C", "D", "E"),
			fc.constantFrom("=", " = ", ": "),
			fc.constantFrom("", " ", "'", '"', "`"),
			fc.string({ unit: fc.constantFrom(..."ab '\"`\\n#$={}\n".split("")), maxLength: 10 }),
			fc.constantFrom("", " ", " # c", "#c", " # \"'`"),
		)
		.map(
			([before, name, sign, quote, text, after]) =>
				`${before}${name}${sign}${quote}${text}${quote}${after}\n`,
		);

	test("has dotenv's value for lines that look like assignments", () => {
		let count = 0;
		fc.assert(
			fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
				const ours = accepted(lines.join(""));
				if (ours === undefined) return;
				if (ours.size > 0) count++;
				expect(ours).toEqual(reference(lines.join("")));
			}),
			{ numRuns: 20_000 },
		);

		expect(count).toBeGreaterThan(2_000);
	});

	test("keeps a name that plain objects cannot hold", () => {
		expect(values("__proto__=x\n")).toEqual(new Map([["__proto__", "x"]]));
	});

	test("has the line number of each name", () => {
		expect(parseDotenv('# c\nA="1\n2"\r\nB=3\rC=4', ".env").pairs.map(({ line }) => line)).toEqual([2, 4, 5]);
	});

	test("is neither expanded nor executed", () => {
		process.env.COFFER_TEST_EXPANSION = "expanded";
		const source = 'A=$COFFER_TEST_EXPANSION\nB="${COFFER_TEST_EXPANSION:-x}"\nC="$(echo y)"\n';
		expect([...values(source).values()]).toEqual([
			"$COFFER_TEST_EXPANSION",
			"${COFFER_TEST_EXPANSION:-x}",
			"$(echo y)",
		]);
		delete process.env.COFFER_TEST_EXPANSION;
	});
});

describe("refused .env text", () => {
	test.each(Object.entries(REFUSED))("%s", (_, { source, faults }) => {
		const error = refusal(source);
		expect(error).toMatchObject({ exit: 2, code: faults[0]?.[0], line: faults[0]?.[1] });
		const found = (error.data as { faults: { code: string; line: number }[] }).faults;
		expect(found.map(({ code, line }) => [code, line])).toEqual(faults);
		for (const [, line] of faults) expect(error.message).toContain(`line ${line}`);
	});

	test("too many names are one fault, at the first name above the limit, with a hint of its own", () => {
		const text = Array.from({ length: 10_003 }, (_, index) => `N${index}=v\n`).join("");
		const refused = refusal(text);
		expect(refused).toMatchObject({
			code: "ENV_FILE_TOO_MANY_NAMES",
			exit: 2,
			line: 10_001,
			hint: expect.stringContaining("among several environments"),
		});
		expect(refused.message).toMatch(/, line 10001: .* has more than 10000 names[^\n]*$/);
	});

	test("a duplicate names both lines", () => {
		expect(refusal("\nTOKEN=1\n\nTOKEN=2\n").message).toBe(
			".env, line 4: the name TOKEN is already on line 2.",
		);
	});

	test("has an error with the file's name, escaped for a terminal", () => {
		expect(refusal("x", "a\u001b[2J/.env").message).toContain("a\\u{1b}[2J/.env");
	});

	test("with a thousand faults has an error that fits a screen, and all faults in its data", () => {
		const error = refusal("x\n".repeat(1000));
		expect(error.message.split("\n")).toHaveLength(21);
		expect((error.data as { faults: unknown[] }).faults).toHaveLength(1000);
	});

	test.each([
		`A="${'\\"'.repeat(200_000)}x`,
		`A${" ".repeat(400_000)}`,
		`A="x"${" ".repeat(400_000)}x`,
		"A=-----BEGIN X-----\n".repeat(20_000),
	])("that is large and hostile is refused in linear time (%#)", (source) => {
		expect(refusal(source).exit).toBe(2);
	});
});

describe("warnings", () => {
	const codes = (source: string) =>
		parseDotenv(source, ".env").warnings.map(({ code, line }) => [code, line]);

	test.each([
		["A=1\nB=abc#def\n", "ENV_FILE_HASH_CUT", 2],
		["A=#fff\n", "ENV_FILE_HASH_CUT", 1],
		["A=$HOME\n", "ENV_FILE_NOT_EXPANDED", 1],
		['A="x ${HOME}"\n', "ENV_FILE_NOT_EXPANDED", 1],
		["A=`$(id)`\n", "ENV_FILE_NOT_EXPANDED", 1],
		["A=$2a$10$abc\n", "ENV_FILE_NOT_EXPANDED", 1],
		['\n\nA="\n$x"\n', "ENV_FILE_NOT_EXPANDED", 3],
		["11Labs=x\n", "ENV_FILE_NAME_LEADING_DIGIT", 1],
	])("%j", (source, code, line) => {
		expect(codes(source)).toEqual([[code, line]]);
	});

	test.each([
		"A=x # c\n",
		"A= # c\n",
		"A='a#b'\n",
		'A="a#b" # c\n',
		"A='$HOME'\n",
		"A=5$\n",
		"A='a\\nb'\n",
		"A=a\\nb\n",
	])("are not given for %j", (source) => {
		expect(codes(source)).toEqual([]);
	});
});

test("no message contains a value", () => {
	const canary = "kanarienvogel";
	const value = fc.constantFrom(
		canary,
		`"${canary}`,
		`"${canary}" ${canary}`,
		`${canary}#${canary}`,
		`$${canary}`,
		`-----BEGIN ${canary}-----`,
	);
	const line = fc.oneof(
		value.map((text) => `A=${text}`),
		value.map((text) => `B-C=${text}`),
		value.map((text) => `PATH=${text}`),
		fc.constantFrom(canary, `${canary} x`, `${canary}+/=`, `{"${canary}": 1}`, `=${canary}`),
	);
	fc.assert(
		fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
			try {
				expect(JSON.stringify(parseDotenv(lines.join("\n"), ".env").warnings)).not.toContain(canary);
			} catch (error) {
				if (!(error instanceof AppError)) throw error;
				expect(JSON.stringify([error, error.data])).not.toContain(canary);
			}
		}),
	);
});
