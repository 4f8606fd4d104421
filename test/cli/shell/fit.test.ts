import fc from "fast-check";
import { expect, test } from "vitest";
import { fittedTable } from "../../../src/cli/shell/fit.ts";
import { columnsOf, paint } from "../../../src/cli/shell/render.ts";

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
