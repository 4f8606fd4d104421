/** What an import reads from the file of `vercel env pull`, which no reader of `.env` files reads back. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEntries } from "../../../src/cli/imports/read.ts";
import { AppError } from "../../../src/errors.ts";
import { anyText } from "../../support/values/any-text.ts";

const HEADER = "# Created by Vercel CLI\n";
const CANARY = "canary-vercel-q";

/** As the command writes them: findings/vercel-pull-values.sh. */
function pulled(values: Readonly<Record<string, string>>): string {
	const lines = Object.entries(values).map(
		([name, value]) => `${name}="${value.replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`,
	);
	return `${HEADER}${lines.join("\n")}\n`;
}

function valuesOf(text: string): Record<string, string> {
	const entries = readEntries(".env.local", text, "vercel", undefined);
	return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

function refusal(text: string): AppError {
	try {
		valuesOf(text);
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

test("values that readers of .env files cut or change", () => {
	const values = {
		PLAIN: "x",
		EMPTY: "",
		QUOTES: 'say "hi" # now',
		END: 'a"',
		DOLLAR: "pa$PLAIN",
		SPACE: "  a ",
		PEM: "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
		ACCOUNT: JSON.stringify({ private_key: "-----BEGIN KEY-----\nAAAA\n", color: "#fff" }),
		INDENTED: JSON.stringify({ key: "a\nb", path: "C:\\new", quote: 'a"b' }, null, 2),
		SECTION: "[section]\nkey = 1",
	};
	expect(valuesOf(pulled(values))).toEqual(values);
	expect(valuesOf(pulled(values).replaceAll("\n", "\r\n"))).toEqual(values);
	expect(readEntries(".env", `${HEADER}\nA="1"\n`, "vercel", undefined)).toEqual([
		{ name: "A", value: "1", line: 3 },
	]);
});

test("all values without an escape of a line break, and all JSON", () => {
	const value = fc.oneof(
		anyText().filter((text) => !/\\[nr]/.test(text) && text !== "[SENSITIVE]" && !text.startsWith("op://")),
		fc.oneof(fc.dictionary(anyText(), anyText()), fc.array(anyText())).chain((json) => {
			return fc.constantFrom(0, "\t", 2).map((indent) => JSON.stringify(json, null, indent));
		}),
	);
	fc.assert(
		fc.property(value, (text) => {
			expect(valuesOf(pulled({ A: text }))).toEqual({ A: text });
		}),
	);
});

test("a file that a person has changed is read as all readers read it", () => {
	expect(valuesOf(`${HEADER}A="1"\nB=2 # mine\n`)).toEqual({ A: "1", B: "2" });
	expect(valuesOf(`B=2\n${HEADER}A="1"\n`)).toEqual({ A: "1", B: "2" });
	expect(refusal(`${HEADER}A="it's "${CANARY}" # x"\nB=2\n`)).toMatchObject({ exit: 2, line: 2 });
});

test("the placeholder of a value that Vercel does not give out is refused, with every line", () => {
	const text = pulled({ A: CANARY, B: "[SENSITIVE]", C: "[SENSITIVE]" });
	for (const file of [text, `${text}D=1\n`]) {
		const error = refusal(file);
		expect(error).toMatchObject({ code: "IMPORT_PLACEHOLDERS", exit: 2, line: 3 });
		expect(error.message).toContain("line 4");
		expect(error.message + error.hint).not.toContain(CANARY);
	}
});
