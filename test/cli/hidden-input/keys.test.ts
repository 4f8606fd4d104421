/** The bytes that a terminal sends, and the keys that they mean. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HiddenKeys } from "../../../src/cli/hidden-input/keys.ts";

const BEGIN = "\u001b[200~";
const END = "\u001b[201~";
const PAUSE = Symbol("pause");

/** Feeds pieces of input with pauses between them and at the end. */
function entered(...events: readonly (string | Uint8Array | typeof PAUSE)[]) {
	const keys = new HiddenKeys(100_000);
	for (const event of [...events, PAUSE]) {
		if (event === PAUSE) keys.pause();
		else keys.feed(Buffer.from(event as string));
	}
	return { outcome: keys.outcome, text: keys.text.toString() };
}

const PEM = "-----BEGIN KEY-----\rMIIE\r-----END KEY-----";
const submitted = (text: string) => ({ outcome: "submitted", text });
const open = (text: string) => ({ outcome: undefined, text });

describe("keys", () => {
	test.each([
		["text and Enter", ["abc\r"], submitted("abc")],
		["Enter alone", ["\r"], submitted("")],
		["text without Enter", ["abc", PAUSE], open("abc")],
		["Backspace over one character of two bytes", ["aé\u007f\r"], submitted("a")],
		["Backspace on nothing", ["\u007f\u007fa\r"], submitted("a")],
		["Ctrl-U", ["abc\u0015d\r"], submitted("d")],
		["arrow keys, Home and function keys", ["a\u001b[D\u001b[1;5C\u001bOHb\u001b[15~c\r"], submitted("abc")],
		["Escape by itself", ["a\u001b", PAUSE, "b\r"], submitted("ab")],
		["Alt and a letter", ["a\u001bbc\r"], submitted("ac")],
		["Ctrl-C", ["abc\u0003"], { outcome: "cancelled", text: "abc" }],
		["Ctrl-D on nothing", ["\u0004"], { outcome: "cancelled", text: "" }],
		["Ctrl-D behind text", ["abc\u0004"], submitted("abc")],
		["a tabulator", ["a\tb\r"], submitted("a\tb")],
		["other control characters", ["a\u0001\u0000\u001ab\r"], submitted("ab")],
	] as const)("%s", (_, events, expected) => {
		expect(entered(...events)).toEqual(expected);
	});
});

describe("a bracketed paste", () => {
	test.each([
		["several lines", [`${BEGIN}${PEM}${END}`, PAUSE, "\r"], submitted(PEM)],
		["a line break at its end, which is no Enter", [`${BEGIN}abc\r${END}`], open("abc\r")],
		["a line break at its end, and Enter", [`${BEGIN}abc\r${END}`, PAUSE, "\r"], submitted("abc\r")],
		["Enter at once behind it", [`${BEGIN}${PEM}${END}\r`], submitted(PEM)],
		[
			"a mark that comes in two pieces",
			[`${BEGIN}a\rb\u001b[2`, PAUSE, "01~", PAUSE, "\r"],
			submitted("a\rb"),
		],
		[
			"a beginning that comes in two pieces",
			["\u001b", PAUSE, `[200~a\rb${END}`, PAUSE, "\r"],
			submitted("a\rb"),
		],
		["text before and behind", [`x${BEGIN}a\rb${END}y\r`, PAUSE, "\r"], submitted("xa\rby")],
		[
			"control characters in it",
			[`${BEGIN}a\u0003\u007f\u001b[Ab${END}`, PAUSE, "\r"],
			submitted("a\u0003\u007f\u001b[Ab"),
		],
		["an end that never comes", [`${BEGIN}a\r`, PAUSE, "\r", PAUSE], open("a\r\r")],
	] as const)("%s", (_, events, expected) => {
		expect(entered(...events)).toEqual(expected);
	});

	test("that never ends can be left with Ctrl-C", () => {
		expect(entered(`${BEGIN}a\r`, PAUSE, "\u0003")).toMatchObject({ outcome: "cancelled" });
	});

	test("is read completely, with any bytes and in any pieces", () => {
		const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
		fc.assert(
			fc.property(content, fc.array(fc.nat(220), { maxLength: 6 }), (bytes, cuts) => {
				fc.pre(!bytes.includes(END));
				const whole = Buffer.concat([Buffer.from(BEGIN), bytes, Buffer.from(END)]);
				const keys = new HiddenKeys(1000);
				const ends = [...cuts.filter((at) => at < whole.length).sort((a, b) => a - b), whole.length];
				let from = 0;
				for (const end of ends) {
					keys.feed(whole.subarray(from, end));
					// Ctrl-C as a separate piece cancels a paste without an end.
					if (end - from !== 1) keys.pause();
					from = end;
				}
				expect(keys.text.equals(bytes)).toBe(true);
				keys.feed(Buffer.from("\r"));
				keys.pause();
				expect([keys.outcome, keys.text.equals(bytes)]).toEqual(["submitted", true]);
			}),
		);
	});
});

describe("a paste without brackets", () => {
	test.each([
		["is taken whole, and waits for Enter", ["a\rb\rc\r"], open("a\rb\rc\r")],
		["ends with an Enter by itself", ["a\rb\rc", PAUSE, "\r"], submitted("a\rb\rc")],
		[
			"with a line break at its end ends with an Enter by itself",
			["a\rb\r", PAUSE, "\r"],
			submitted("a\rb\r"),
		],
		["goes on behind a pause in its middle", ["a\rb\r", PAUSE, "c\r", PAUSE, "\r"], submitted("a\rb\rc\r")],
		["keeps empty lines", ["a\r\r\rb", PAUSE, "\r"], submitted("a\r\r\rb")],
		["with line feeds", ["a\nb\n", PAUSE, "\r"], submitted("a\nb\n")],
		[
			"that pauses behind the first line of a PEM",
			["-----BEGIN KEY-----\r", PAUSE, "MIIE\r-----END KEY-----", PAUSE, "\r"],
			submitted(PEM),
		],
		[
			"that pauses behind the first line of JSON",
			["{\r", PAUSE, '"a": 1\r', PAUSE, "}", PAUSE, "\r"],
			submitted('{\r"a": 1\r}'),
		],
	] as const)("%s", (_, events, expected) => {
		expect(entered(...events)).toEqual(expected);
	});

	test("of one line is text and Enter", () => {
		expect(entered("abc\r")).toEqual(submitted("abc"));
	});
});

describe("input above the limit", () => {
	test.each([
		`${"x".repeat(11)}\r`,
		`${BEGIN}${"x".repeat(11)}${END}\r`,
		`${BEGIN}${"x".repeat(50)}${END}\r`,
	])("is read from the terminal and reported: %j", (sent) => {
		const keys = new HiddenKeys(10);
		keys.feed(Buffer.from(sent));
		keys.pause();
		expect([keys.outcome, keys.overflowed]).toEqual(["submitted", true]);
	});

	test.each([`${"x".repeat(10)}\r`, `${BEGIN}${"x".repeat(10)}${END}\r`])(
		"does not include input of exactly the limit: %j",
		(sent) => {
			const keys = new HiddenKeys(10);
			keys.feed(Buffer.from(sent));
			keys.pause();
			expect([keys.outcome, keys.overflowed, keys.text.toString()]).toEqual([
				"submitted",
				false,
				"x".repeat(10),
			]);
		},
	);
});
