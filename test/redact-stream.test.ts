/** Values are replaced in output that arrives in pieces. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { needlesOf } from "../src/cli/injection/needles.ts";
import { StreamRedactor } from "../src/redact-stream.ts";

const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

/** The output for a text that arrives in pieces. */
function redacted(needles: ReadonlyMap<string, string>, pieces: readonly string[]): string {
	const redactor = new StreamRedactor(() => needles);
	return pieces.map((piece) => redactor.push(piece)).join("") + redactor.end();
}

/** Cuts a text at random places. */
function cut(text: string, places: readonly number[]): string[] {
	const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
	return at.slice(1).map((to, index) => text.slice(at[index], to));
}

const letters = fc.constantFrom("a", "b", "\n");
const word = fc.string({ unit: letters, minLength: 4, maxLength: 9 });

/** What the redactor does, for a text that is whole: at each place, the longest needle is replaced. */
function naive(needles: ReadonlyMap<string, string>, text: string): string {
	const longestFirst = [...needles].sort(([a], [b]) => b.length - a.length);
	let out = "";
	for (let at = 0; at < text.length; ) {
		const found = longestFirst.find(([needle]) => text.startsWith(needle, at));
		out += found ? found[1] : text.charAt(at);
		at += found ? found[0].length : 1;
	}
	return out;
}

test("the output is the same wherever the text is cut", () => {
	const texts = fc.string({ unit: letters, maxLength: 60 });
	const places = fc.array(fc.nat(), { maxLength: 12 });
	fc.assert(
		fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), texts, places, (words, text, at) => {
			const needles = new Map(words.map((needle) => [needle, `[${needle.length}]`]));
			expect(redacted(needles, cut(text, at))).toBe(naive(needles, text));
		}),
		{ numRuns: 3_000 },
	);
});

test("every form of a value is replaced, one byte at a time, and other bytes pass unchanged", () => {
	const value = 'p@ss "wörd"/+?&🔑\nsecond line';
	const needles = needlesOf(new Map([["KEY", value]]));
	const base64 = (before: string) => Buffer.from(`${before}${value}after`).toString("base64");
	const forms = [
		latin1(value),
		latin1("second line"),
		latin1(JSON.stringify(value).slice(1, -1)),
		encodeURIComponent(value),
		new URLSearchParams({ q: value }).toString().slice(2),
		Buffer.from(value).toString("hex"),
	];
	for (const form of forms) {
		const text = `\u00ff\u0000before ${form} after\u0080`;
		expect(redacted(needles, [...text])).toBe("\u00ff\u0000before [KEY] after\u0080");
	}
	for (const before of ["", "x", "xy"]) {
		const out = redacted(needles, [...base64(before)]);
		expect(out).toMatch(/^.{0,4}\[KEY\].{4,10}$/);
	}
});

test("text that is no beginning of a value is not held back", () => {
	const redactor = new StreamRedactor(() => new Map([["secret", "[A]"]]));
	expect(redactor.push("Listening on port 3000\n")).toBe("Listening on port 3000\n");
	expect(redactor.push("my sec")).toBe("my ");
	expect(redactor.push("ond")).toBe("second");
	expect(redactor.push(" s")).toBe(" ");
	expect(redactor.end()).toBe("s");
});

test("a short value is not replaced", () => {
	const needles = needlesOf(new Map([["PORT", "80"]]));
	expect(redacted(needles, ["port 80 at 8080"])).toBe("port 80 at 8080");
});
