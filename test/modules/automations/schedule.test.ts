import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { automations } from "../../../src/modules/automations/automations.ts";
import { nextRun } from "../../../src/modules/automations/schedule.ts";
import { parseJsonc } from "../../../src/modules/jsonc.ts";
import { at, cron, every, ms, once, runs } from "../schedule-fixture.ts";

describe("every N minutes, hours or days", () => {
	const ANCHOR = "2027-02-26T10:20:30Z";

	test.each([
		[every(15, "minutes"), ["2027-02-26T10:35:30Z", "2027-02-26T10:50:30Z"]],
		[every(15, "minutes", { start_time: "09:00" }), ["2027-02-26T10:30:00Z", "2027-02-26T10:45:00Z"]],
		[every(7, "hours"), ["2027-02-26T17:20:30Z", "2027-02-27T00:20:30Z"]],
		[every(5, "hours", { start_time: "09:00" }), ["2027-02-26T13:00:00Z", "2027-02-26T18:00:00Z"]],
		[every(1, "days"), at("10:20:30", "2027-02-27", "2027-02-28", "2027-03-01")],
		[every(3, "days", { start_time: "09:00" }), at("09:00:00", "2027-02-27", "2027-03-02")],
		[every(3, "days", { start_time: "10:20:31" }), at("10:20:31", "2027-02-26", "2027-03-01")],
		[
			every(2, "days", { start_time: "2027-03-05T00:00:00+02:00" }),
			at("22:00:00", "2027-03-04", "2027-03-06"),
		],
		[every(2, "days", { start_time: "2027-02-01" }), at("00:00:00", "2027-02-27", "2027-03-01")],
		[every(2, "weeks"), at("10:20:30", "2027-03-12", "2027-03-26")],
	])("%j", (subject, expected) => {
		expect(runs(subject, ANCHOR, expected.length)).toEqual(expected);
	});

	test("the default interval is one, and keys of other units are ignored", () => {
		const subject = every(1, "hours", {
			repeat_interval: null,
			repeat_on_days: [1],
			repeat_on_day_of_month: 3,
		});
		expect(runs(subject, ANCHOR, 2)).toEqual(["2027-02-26T11:20:30Z", "2027-02-26T12:20:30Z"]);
	});

	test("the due times do not depend on the start of the search", () => {
		const subject = every(7, "minutes");
		expect(runs(subject, ANCHOR, 1, "2027-02-26T10:41:29Z")).toEqual(["2027-02-26T10:41:30Z"]);
		expect(runs(subject, ANCHOR, 1, "2027-02-26T10:41:30Z")).toEqual(["2027-02-26T10:48:30Z"]);
	});
});

describe("days of a week", () => {
	test.each([
		// A Thursday; weeks begin with Sunday.
		[1, [1, 4], "2027-03-04T12:00:00Z", at("09:00:00", "2027-03-08", "2027-03-11", "2027-03-15")],
		[
			2,
			[4, 1, 0],
			"2027-03-03T12:00:00Z",
			at("09:00:00", "2027-03-04", "2027-03-14", "2027-03-15", "2027-03-18"),
		],
		[2, [6], "2027-03-06T08:00:00Z", at("09:00:00", "2027-03-06", "2027-03-20")],
		// Stored on Saturday after 09:00: the first 09:00 is Sunday's, with which a week begins.
		[2, [0, 6], "2027-03-06T10:00:00Z", at("09:00:00", "2027-03-07", "2027-03-13", "2027-03-21")],
		[1, [5, 5], "2027-12-31T09:00:00Z", at("09:00:00", "2028-01-07", "2028-01-14")],
	])("every %d weeks on %j after %s", (interval, repeat_on_days, anchor, expected) => {
		const subject = every(interval, "weeks", { repeat_on_days, start_time: "09:00" });
		expect(runs(subject, anchor, expected.length)).toEqual(expected);
	});

	test("nothing is due before start_time", () => {
		const subject = every(1, "weeks", { repeat_on_days: [1, 3], start_time: "2027-03-16T06:00:00Z" });
		expect(runs(subject, "2027-03-01T00:00:00Z", 3)).toEqual(
			at("06:00:00", "2027-03-17", "2027-03-22", "2027-03-24"),
		);
	});
});

describe("months", () => {
	test.each([
		[1, 31, "2027-01-15T00:00:00Z", at("09:00:00", "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30")],
		[1, 30, "2028-01-31T00:00:00Z", at("09:00:00", "2028-02-29", "2028-03-30")],
		[12, 29, "2028-02-01T00:00:00Z", at("09:00:00", "2028-02-29", "2029-02-28", "2030-02-28")],
		[3, 1, "2027-11-01T09:00:00Z", at("09:00:00", "2028-02-01", "2028-05-01")],
		[2, 5, "2027-01-20T00:00:00Z", at("09:00:00", "2027-03-05", "2027-05-05")],
	])("every %d on day %d after %s", (interval, repeat_on_day_of_month, anchor, expected) => {
		const subject = every(interval, "months", { repeat_on_day_of_month, start_time: "09:00" });
		expect(runs(subject, anchor, expected.length)).toEqual(expected);
	});

	test("the default day is the one on which it was stored", () => {
		const expected = ["2027-02-28T23:30:00Z", "2027-03-31T23:30:00Z", "2027-04-30T23:30:00Z"];
		expect(runs(every(1, "months"), "2027-01-31T23:30:00Z", 3)).toEqual(expected);
	});
});

describe("the end", () => {
	const ANCHOR = "2027-03-01T09:00:00Z";

	test.each([
		[{ ends_type: "after", ends_after_count: 2 }, at("09:00:00", "2027-03-02", "2027-03-03")],
		[{ ends_type: "on", ends_on_date: "2027-03-03T09:00:00Z" }, at("09:00:00", "2027-03-02", "2027-03-03")],
		[{ ends_type: "on", ends_on_date: "2027-03-03T08:59:59.999Z" }, at("09:00:00", "2027-03-02")],
		[
			{ ends_type: "on", ends_on_date: "2027-03-03T10:30:00+01:30" },
			at("09:00:00", "2027-03-02", "2027-03-03"),
		],
		[{ ends_type: "on", ends_on_date: "2027-03-02" }, at("09:00:00", "2027-03-02")],
		[{ ends_type: "on", ends_on_date: "2020-01-01" }, []],
		[{ is_active: false }, []],
	])("%j", (more, expected) => {
		expect(runs(cron("0 9 * * *", more), ANCHOR, 5)).toEqual(expected);
		expect(runs(every(1, "days", more), ANCHOR, 5)).toEqual(expected);
	});

	test("is ignored unless ends_type selects it", () => {
		const more = { ends_on_date: "2020-01-01", ends_after_count: 1 };
		expect(runs(cron("0 9 * * *", more), ANCHOR, 5)).toHaveLength(5);
		expect(runs(cron("0 9 * * *", { ...more, ends_type: "never" }), ANCHOR, 5)).toHaveLength(5);
	});

	test("is at most the year 9999, so that every search ends", () => {
		const far = { anchorMs: 0, afterMs: Number.POSITIVE_INFINITY, runs: 0 };
		for (const subject of [cron("@daily"), every(1, "weeks", { repeat_on_days: [1] }), every(1, "months")])
			expect(nextRun(subject, far)).toBeUndefined();
		expect(runs(every(1_000_000, "months"), ANCHOR, 1)).toEqual([]);
	});
});

describe("one-time", () => {
	test.each([
		["2027-03-01T09:00:00Z", ["2027-03-01T09:00:00Z"]],
		["2027-03-01T09:00:00", ["2027-03-01T09:00:00Z"]],
		["2027-03-01T09:00:00-05:00", ["2027-03-01T14:00:00Z"]],
		["2027-03-01T00:30:00+01:00", ["2027-02-28T23:30:00Z"]],
		["2027-03-01", ["2027-03-01T00:00:00Z"]],
		["2027-02-01T00:00:00Z", []],
		["2027-01-31T00:00:00Z", []],
	])("%s is due once, and never if it had passed when it was stored", (date, expected) => {
		expect(runs(once(date), "2027-02-01T00:00:00Z", 3)).toEqual(expected);
	});

	test("automations of entities and connectors are never due", () => {
		const value =
			parseJsonc('[{"name":"a","type":"entity","entity_name":"E","event_types":["create"]}]') ?? null;
		const [entity] = automations(value);
		expect(entity && nextRun(entity, { anchorMs: 0, afterMs: 0, runs: 0 })).toBeUndefined();
	});
});

describe("for any automation", () => {
	const field = (least: number, most: number) =>
		fc.oneof(
			fc.constant("*"),
			fc.integer({ min: least, max: most }).map(String),
			fc.integer({ min: 1, max: most }).map((n) => `*/${n}`),
		);
	const crons = fc
		.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
		.map((fields) => cron(fields.join(" ")));
	const simples = fc
		.record({
			unit: fc.constantFrom("minutes", "hours", "days", "weeks", "months"),
			interval: fc.integer({ min: 1, max: 50 }),
			start_time: fc.constantFrom(
				null,
				"00:00",
				"09:30",
				"23:59:59",
				"2030-01-31T23:00:00-03:00",
				"2001-01-01",
			),
			repeat_on_days: fc.oneof(fc.constant(null), fc.array(fc.integer({ min: 0, max: 6 }))),
			repeat_on_day_of_month: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 31 })),
		})
		.map(({ unit, interval, ...more }) => every(interval, unit, more));
	const instants = fc.integer({ min: ms("2020-01-01T00:00:00Z"), max: ms("2040-01-01T00:00:00Z") });

	test("due times increase, and none is skipped", () => {
		fc.assert(
			fc.property(
				fc.oneof(crons, simples),
				instants,
				instants,
				fc.double({ min: 0, max: 1, noNaN: true }),
				(subject, anchorMs, afterMs, part) => {
					const next = nextRun(subject, { anchorMs, afterMs, runs: 0 }) ?? Number.NaN;
					const since = Math.max(anchorMs, afterMs);
					expect(next).toBeGreaterThan(since);
					// A search from any earlier instant finds it. A search from it finds a later one.
					const between = Math.floor(since + (next - 1 - since) * part);
					expect(nextRun(subject, { anchorMs, afterMs: between, runs: 0 })).toBe(next);
					expect(nextRun(subject, { anchorMs, afterMs: next, runs: 0 })).toBeGreaterThan(next);
				},
			),
			{ numRuns: 300 },
		);
	});
});
