/** Files that are searched in pieces give the same result as a naive search of the whole. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Search } from "../../../src/project/plaintext/search.ts";
import { encodingsOf } from "../../../src/value-forms.ts";

const KEY = `sk "live" ä&/0123456789abcdef?`;
const SHORT = "xK3j9dLq";
const IDENTITY = `coffer-identity-1.${"A".repeat(43)}`;
const secrets = Object.entries({ KEY, SHORT }).map(([name, value]) => ({
	environment: "production",
	name,
	value,
}));

/** The places in words: an independent count of lines and characters, by text. */
function placesIn(bytes: Buffer, pieceBytes: number): string[] {
	const search = new Search(secrets, { pieceBytes });
	return search.in(bytes).found.map((found) => {
		const name = found.secrets?.[0]?.name ?? "identity";
		return `${name} ${found.form} ${found.line}:${found.column} +${found.offset}`;
	});
}

function placeOf(name: string, form: string, bytes: Buffer, offset: number): string {
	const lines = bytes.subarray(0, offset).toString("utf8").split("\n");
	return `${name} ${form} ${lines.length}:${Array.from(lines.at(-1) ?? "").length + 1} +${offset}`;
}

const forms = Object.entries({ KEY, SHORT }).flatMap(([name, value]) => {
	const { exact, packed, unspaced } = encodingsOf(value);
	const all: [string, string][] = [...exact, ...packed];
	if (unspaced !== undefined) all.push([unspaced, "other white space"]);
	return all.map(([text, form]) => ({ name, form, text: Buffer.from(text, "latin1") }));
});

// A NUL makes a file binary, which has no lines.
const readable = forms.filter(({ form }) => form !== "UTF-16");

describe("each form is found across each border of pieces", () => {
	test.each(readable)("$name $form", ({ form, name, text }) => {
		// The pieces begin at every byte of the text: what is before it grows by one byte.
		const pieceBytes = 64;
		for (let before = 0; before < pieceBytes + text.length; before++) {
			const head = Buffer.from("é\n".repeat(400) + "-".repeat(before));
			const bytes = Buffer.concat([head, text, Buffer.from("\nend".repeat(200))]);
			expect(placesIn(bytes, pieceBytes)).toEqual([placeOf(name, form, bytes, head.length)]);
		}
	});

	test("UTF-16 and identities", () => {
		for (let before = 700; before < 900; before++) {
			const utf16 = Buffer.concat([Buffer.alloc(before), Buffer.from(KEY, "utf16le"), Buffer.alloc(600)]);
			expect(placesIn(utf16, 64)).toEqual([`KEY UTF-16 null:null +${before}`]);
			const identity = Buffer.from(`${"-".repeat(before)}${IDENTITY}\n${"-".repeat(700)}`);
			expect(placesIn(identity, 64)).toEqual([`identity identity 1:${before + 1} +${before}`]);
		}
	});

	test("base64 that is broken over lines, with any indentation", () => {
		const whole = Buffer.from(`a ${KEY} and more`).toString("base64");
		for (let width = 1; width < 40; width += 3) {
			const lines = whole.replace(new RegExp(`.{${width}}`, "g"), `$&\n${" ".repeat(width * 9)}`);
			const bytes = Buffer.from(`${"x\n".repeat(500)}${lines}\n${"y\n".repeat(500)}`);
			expect(placesIn(bytes, 64)).toMatchObject([expect.stringMatching(/^KEY base64 \d+:\d+ \+\d+$/)]);
			expect(placesIn(bytes, 64)).toEqual(placesIn(bytes, 100_000));
		}
	});
});

/** What a search that knows nothing of pieces finds: the places of each form, by `indexOf`. */
function naive(bytes: Buffer): string[] {
	const found: { offset: number; length: number; text: string }[] = [];
	for (const { form, name, text } of forms) {
		const isPacked = /base64|hex|white/.test(form);
		const kept = isPacked
			? [...bytes.keys()].filter((at) => !/\s/.test(String.fromCharCode(bytes[at] ?? 0)))
			: [];
		const searched = isPacked ? Buffer.from(kept.map((at) => bytes[at] ?? 0)) : bytes;
		for (let at = searched.indexOf(text); at >= 0; at = searched.indexOf(text, at + 1)) {
			const offset = isPacked ? (kept[at] ?? 0) : at;
			found.push({ offset, length: text.length, text: placeOf(name, form, bytes, offset) });
		}
	}
	found.sort((a, b) => a.offset - b.offset || b.length - a.length);
	const ends = new Map<string, number>();
	return found
		.filter(({ length, offset, text }) => {
			const [name = ""] = text.split(" ");
			if (offset < (ends.get(name) ?? 0)) return false;
			ends.set(name, offset + length);
			return true;
		})
		.map(({ text }) => text);
}

test("any mixture of forms, parts of forms, white space and text is searched as by a naive search", () => {
	const part = fc.oneof(
		fc.constantFrom(...readable).map(({ text }) => text),
		fc.tuple(fc.constantFrom(...readable), fc.nat(30)).map(([{ text }, length]) => text.subarray(0, length)),
		fc
			.tuple(fc.constantFrom(...readable), fc.integer({ min: 1, max: 30 }))
			.map(([{ text }, width]) =>
				Buffer.from(text.toString("latin1").replace(new RegExp(`[^]{${width}}`, "g"), "$&\n  "), "latin1"),
			),
		fc.constantFrom("\n", " ", "a", "ä€\n", "xK3j9dL").map((text) => Buffer.from(text)),
	);
	fc.assert(
		fc.property(fc.array(part, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (parts, pieceBytes) => {
			const bytes = Buffer.concat(parts);
			expect(placesIn(bytes, pieceBytes)).toEqual(naive(bytes));
		}),
		{ numRuns: 400 },
	);
});
