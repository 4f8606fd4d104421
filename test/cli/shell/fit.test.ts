import fc from "fast-check";
import { expect, test } from "vitest";
import { fittedTable, flowed } from "../../../src/cli/shell/fit.ts";
import { columnsOf, paint, styled } from "../../../src/cli/shell/render.ts";

const HEADING = ["NAME", "STATE", "READS", "URL"];
const ROWS = [
	[
		"checkout",
		"live",
		"STRIPE_KEY, MAIL_KEY, TOKEN_KEY, DATABASE_URL",
		"https://run.example.com/shop/checkout",
	],
	["api/orders", "idle", "none", "https://run.example.com/shop/api/orders"],
];

function shown(columns: number): string[] {
	return fittedTable(ROWS, HEADING, columns).map((line) => paint(line, false));
}

test("a table that fits, or that is not for a terminal, has a line for each row", () => {
	expect(shown(120)).toHaveLength(3);
	expect(shown(Number.POSITIVE_INFINITY)).toEqual(shown(120));
});

test("text is wrapped inside its column if that is enough", () => {
	expect(shown(80)).toEqual([
		"NAME        STATE  READS                 URL",
		"checkout    live   STRIPE_KEY,           https://run.example.com/shop/checkout",
		"                   MAIL_KEY, TOKEN_KEY,",
		"                   DATABASE_URL",
		"api/orders  idle   none                  https://run.example.com/shop/api/orders",
	]);
});

test("otherwise each row is a block", () => {
	expect(shown(50)).toEqual([
		"checkout",
		"  state  live",
		"  reads  STRIPE_KEY, MAIL_KEY, TOKEN_KEY,",
		"         DATABASE_URL",
		"  url    https://run.example.com/shop/checkout",
		"api/orders",
		"  state  idle",
		"  reads  none",
		"  url    https://run.example.com/shop/api/orders",
	]);
});

test("rows that belong to an earlier line stay below it, with their indent", () => {
	const rows = [
		["  DATABASE_URL", "functions/checkout/index.ts:12", "static"],
		["  MAIL_KEY or TOKEN_KEY", "functions/api/orders.ts:3", "a prefix"],
	];
	expect(fittedTable(rows, undefined, 34)).toEqual([
		"  DATABASE_URL",
		"    functions/checkout/index.ts:12",
		"    static",
		"  MAIL_KEY or TOKEN_KEY",
		"    functions/api/orders.ts:3",
		"    a prefix",
	]);
	expect(fittedTable(rows, undefined, 58)).toEqual([
		"  DATABASE_URL  functions/checkout/index.ts:12  static",
		"  MAIL_KEY or   functions/api/orders.ts:3       a prefix",
		"  TOKEN_KEY",
	]);
});

test("no word is lost or broken, and no line is wider than its longest word requires", () => {
	const word = fc.stringMatching(/^[a-zA-Z_]{1,30}$/);
	const cell = fc.array(word, { maxLength: 5 }).map((words) => words.join(" "));
	const table = fc.integer({ min: 1, max: 5 }).chain((count) =>
		fc.record({
			heading: fc.option(fc.array(word, { minLength: count, maxLength: count }), { nil: undefined }),
			rows: fc.array(fc.array(cell, { minLength: count, maxLength: count }), { minLength: 1, maxLength: 4 }),
			columns: fc.integer({ min: 20, max: 100 }),
		}),
	);
	fc.assert(
		fc.property(table, ({ heading, rows, columns }) => {
			const lines = fittedTable(rows, heading, columns).map((line) => paint(line, false));
			const words = (texts: readonly string[]) =>
				texts
					.flatMap((text) => text.split(/\s+/))
					.filter(Boolean)
					.sort();
			const got = words(lines);
			for (const one of words(rows.flat())) expect(got).toContain(one);
			for (const line of lines) {
				const longest = Math.max(...words([line]).map(columnsOf), 0);
				// Before a word there may be a label of at most 30 columns, and the gaps.
				expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(columns, longest + 34));
			}
		}),
	);
});

test("a line that fits stays as it is, and a longer one wraps at spaces with an indent", () => {
	expect(flowed("one  two", 8, "    ")).toEqual(["one  two"]);
	expect(flowed("12:00:00 hello restarted: functions/hello/index.ts changed", 34, "    ")).toEqual([
		"12:00:00 hello restarted:",
		"    functions/hello/index.ts",
		"    changed",
	]);
	expect(flowed("      deeper than the indent", 20, "    ")).toEqual([
		"      deeper than",
		"      the indent",
	]);
});

test("a word that is longer than the line is not broken, and one that fits only without the indent has none", () => {
	expect(flowed("at https://x.example/a/b/c now", 12, "    ")).toEqual([
		"at",
		"    https://x.example/a/b/c",
		"    now",
	]);
	expect(flowed("at https://x.example now", 18, "    ")).toEqual(["at", "https://x.example", "    now"]);
});

test("a style that a line break interrupts is ended and begun again", () => {
	const lines = flowed(`a ${styled("dim", "GET /a/path 200")} z`, 9, "  ");
	const control = String.fromCharCode(27);
	expect(lines.map((line) => paint(line, true).replaceAll(control, "E"))).toEqual([
		"a E[2mGETE[0m",
		"E[2m  /a/pathE[0m",
		"E[2m  200E[0m z",
	]);
});

test("wrapping keeps every word, every style and their order, and no line is too long without need", () => {
	const word = fc.oneof(fc.stringMatching(/^[a-z/]{1,14}$/), fc.constantFrom("日本語", "é"));
	const part = fc.tuple(fc.array(word, { minLength: 1, maxLength: 6 }), fc.boolean());
	fc.assert(
		fc.property(
			fc.array(part, { minLength: 1, maxLength: 5 }),
			fc.integer({ min: 6, max: 60 }),
			(parts, columns) => {
				const texts = parts.map(([words, isRed]) =>
					isRed ? styled("red", words.join(" ")) : words.join(" "),
				);
				const lines = flowed(texts.join(" "), columns, "    ");
				const plain = lines.map((line) => paint(line, false));
				expect(plain.join(" ").split(/ +/)).toEqual(parts.flatMap(([words]) => words));
				for (const line of plain) if (columnsOf(line) > columns) expect(line.trim()).not.toContain(" ");
				const openings = (text: string) =>
					text.split(String.fromCharCode(27)).filter((each) => /^\[[1-9]/.test(each));
				for (const line of lines) {
					const painted = paint(line, true);
					expect(openings(painted).length).toBe(painted.split("[0m").length - 1);
				}
			},
		),
	);
});
