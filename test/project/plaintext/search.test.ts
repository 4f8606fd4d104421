/** The search finds values in files in every form in which tools write them. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NEEDLE_BYTES_MIN, Needles } from "../../../src/project/plaintext/needles.ts";
import { Search } from "../../../src/project/plaintext/search.ts";
import { isSearchable } from "../../../src/project/plaintext/searchable.ts";

const KEY = "sk-live-0123456789abcdef";
const ODD = `pa"ss' word & more/<äöü>$1\`+=?`;
const PEM = `-----BEGIN KEY-----\n${"MIIEpAIBAAKCAQEAxyz+/0123456789".repeat(2)}\n${"abcdefghijklmnop".repeat(3)}\n-----END KEY-----\n`;
const VALUES = { KEY, ODD, PEM };

const wrapped = (text: string, length: number) => text.replace(new RegExp(`.{${length}}`, "g"), "$&\n");
const utf8 = (text: string) => Buffer.from(text, "utf8");
const python = (text: string) =>
	JSON.stringify(text).replace(
		/[\u0080-\uffff]/g,
		(one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);

/** The forms in which tools write a value into a file. */
const ENCODINGS: Record<string, (value: string) => string | Buffer> = {
	raw: (value) => `before\n${value}`,
	JSON: (value) => JSON.stringify({ value }),
	"JSON of Python": python,
	"JSON of PHP": (value) => JSON.stringify(value).replaceAll("/", "\\/"),
	".env, newlines escaped": (value) => `X="${value.replaceAll("\n", "\\n")}"`,
	"shell, single quotes": (value) => `X='${value.replaceAll("'", "'\\''")}'`,
	"Windows' line ends": (value) => value.replaceAll("\n", "\r\n"),
	"indented, as in YAML": (value) =>
		`a: |\n${value
			.split("\n")
			.map((line) => `    ${line}`)
			.join("\n")}`,
	URL: (value) => `https://x/?q=${encodeURIComponent(value)}&r`,
	"URL, lower case": (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
	form: (value) => new URLSearchParams({ value }).toString(),
	hex: (value) => utf8(value).toString("hex"),
	"HEX, broken": (value) => wrapped(utf8(value).toString("hex").toUpperCase(), 60),
	...Object.fromEntries(
		["", "a", "ab", "user:"].flatMap((before) => [
			[`base64 behind '${before}'`, (value: string) => utf8(`${before}${value}xy`).toString("base64")],
			[`base64url behind '${before}'`, (value: string) => utf8(`${before}${value}`).toString("base64url")],
		]),
	),
	"base64, broken": (value) => wrapped(utf8(`q${value}`).toString("base64"), 76),
	"UTF-16": (value) => Buffer.from(`\ufeff${value}`, "utf16le"),
	XML: (value) =>
		`<a b="${value
			.replaceAll("&", "&amp;")
			.replaceAll("<", "&lt;")
			.replaceAll(">", "&gt;")
			.replaceAll('"', "&quot;")}"/>`,
	binary: (value) => Buffer.concat([Buffer.from([0, 1, 2]), utf8(value)]),
};

const search = new Search(
	Object.entries(VALUES).map(([name, value]) => ({ environment: "production", name, value })),
);

describe.each(Object.entries(VALUES))("%s", (name, value) => {
	test.each(Object.entries(ENCODINGS))("%s", (_, write) => {
		const text = write(value);
		const { found } = search.in(typeof text === "string" ? utf8(text) : text);
		expect(found.map(({ secrets }) => secrets)).toEqual([[{ environment: "production", name }]]);
	});
});

/** `NAME line:column` of each place. */
const places = (bytes: Buffer) =>
	search.in(bytes).found.map(({ column, line, secrets }) => `${secrets?.[0]?.name} ${line}:${column}`);

test("each place has a line and a column in characters; a file that is not text has neither", () => {
	expect(places(utf8(`1\n2\nX=${KEY}\n${KEY}`))).toEqual(["KEY 3:3", "KEY 4:1"]);
	expect(places(utf8(`ä€😀 ${KEY}`))).toEqual(["KEY 1:5"]);
	expect(places(utf8(`a\n\n  ${wrapped(utf8(PEM).toString("base64"), 76)}`))).toEqual(["PEM 3:3"]);
	expect(places(Buffer.concat([Buffer.from([0]), utf8(KEY)]))).toEqual(["KEY null:null"]);
	expect(search.in(Buffer.concat([Buffer.from([0]), utf8(KEY)])).found).toMatchObject([{ offset: 1 }]);
});

test("the places of one value in one file are limited, and the others are counted", () => {
	const few = new Search([{ environment: "production", name: "KEY", value: KEY }], { placesMax: 2 });
	const { found, omitted } = few.in(utf8(`${KEY}\n`.repeat(5)));
	expect([found.length, omitted]).toEqual([2, 3]);
	expect(few.in(utf8(KEY))).toMatchObject({ found: [{ line: 1 }], omitted: 0 });
});

test("parts of values are not found; all names of a value are listed; white space around a value does not count", () => {
	const alike = new Search([
		{ environment: "production", name: "A", value: KEY },
		{ environment: "preview", name: "B", value: `${KEY}\n` },
	]);
	expect(alike.in(utf8(KEY.slice(0, -1))).found).toEqual([]);
	expect(alike.in(utf8(KEY)).found).toMatchObject([
		{
			secrets: [
				{ environment: "production", name: "A" },
				{ environment: "preview", name: "B" },
			],
		},
	]);
});

test.each([
	["true", false],
	["80", false],
	["fifteen-letters", false],
	["us-east-1", false],
	["localhost:3000", false],
	["gpt-4o-mini", false],
	["0000000000000000", false],
	["xK3j9dLq", true],
	["a1b2c3d4e5", true],
	["sixteen-letters!", true],
])("%s: searched for is %s", (value, isSearched) => {
	const one = new Search([{ environment: "production", name: "A", value }]);
	expect(isSearchable(value)).toBe(isSearched);
	expect(one.in(utf8(`x ${value} `)).found).toHaveLength(isSearched ? 1 : 0);
});

test("complete identities are found, and text about identities is not", () => {
	const nothing = new Search([]);
	const seed = "A".repeat(43);
	const sealed = `coffer-export-1.3.256.${"A".repeat(22)}.${"B".repeat(224)}.${"C".repeat(11)}`;
	for (const text of [`coffer-identity-1.${seed}`, `X=coffer-identity-1.${seed}.${seed}\n`, sealed])
		expect(nothing.in(utf8(`x\n${text}`)).found).toMatchObject([
			{ secrets: null, form: "identity", line: 2 },
		]);
	for (const text of [
		"coffer-identity-1.SEED",
		`coffer-identity-1.${seed}A`,
		"coffer-export-1.PASSES.MEMORY",
	])
		expect(nothing.in(utf8(text)).found).toEqual([]);
});

test("a value is found at every position in any bytes", () => {
	const bytes = fc.uint8Array({ maxLength: 80 });
	const needle = fc.uint8Array({ minLength: NEEDLE_BYTES_MIN, maxLength: 40 });
	fc.assert(
		fc.property(bytes, needle, bytes, (before, middle, after) => {
			const needles = new Needles<string>();
			needles.add(Buffer.from(middle).toString("latin1"), "it");
			const found: number[] = [];
			needles.search(Buffer.concat([before, middle, after]), (_, at) => found.push(at));
			expect(found).toContain(before.length);
		}),
	);
});
