/** The syntax of dates and cron expressions, and when cron expressions are due. */
import { describe, expect, test } from "vitest";
import { automationsFault } from "../../../src/modules/automations/automations.ts";
import { parseJsonc } from "../../../src/modules/jsonc.ts";
import { at, cron, runs } from "../schedule-fixture.ts";

const faultOf = (fields: object) =>
	automationsFault(parseJsonc(JSON.stringify([{ name: "nightly", type: "scheduled", ...fields }])) ?? null);

describe("dates", () => {
	const ofDate = (date: string) => faultOf({ schedule_mode: "one-time", one_time_date: date });

	test.each([
		"2028-02-29",
		"2027-03-01T09:00",
		"2027-03-01 09:00:00",
		"2027-03-01T09:00:00.123456Z",
		"2027-03-01T09:00-0330",
	])("%s is valid", (date) => expect(ofDate(date)).toBeUndefined());

	test.each([
		"",
		"tomorrow",
		"2027-02-29",
		"2100-02-29",
		"2027-04-31",
		"2027-13-01",
		"2027-00-10",
		"2027-01-00",
		"0099-01-01",
		"2027-03-01T24:00:00Z",
		"2027-03-01T09:60",
		"2027-03-01T09:00:60Z",
		"2027-03-01T09:00+24:00",
		"2027-03-01T9:00",
		"2027-3-1",
		"2027-03-01T09",
		"2027-03-01Z",
		"03/01/2027",
		"1790000000",
		"2027-03-01T09:00:00 CET",
	])("%s is not valid", (date) => expect(ofDate(date)).toContain('"one_time_date" must be'));
});

describe("cron expressions", () => {
	const ofCron = (expression: string) =>
		faultOf({ schedule_mode: "recurring", schedule_type: "cron", cron_expression: expression });

	test.each([
		"* * * * *",
		"*/5 0-23/2 1,15 jan-MAR,12 mon-fri",
		" 0\t9  * * 7 ",
		"5/15 * * * *",
		"0 0 29 2 *",
		"0 0 29 2 */2",
		"0 0 30 2 mon",
		"0 0 * * fri-sun",
		"@daily",
		"@Midnight",
		"@hourly",
		"@weekly",
		"@monthly",
		"@yearly",
		"@annually",
	])("%s is valid", (expression) => expect(ofCron(expression)).toBeUndefined());

	test.each([
		"",
		"* * * *",
		"* * * * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * 32 * *",
		"* * * 13 *",
		"* * * 0 *",
		"* * * * 8",
		"*/0 * * * *",
		"*/61 * * * *",
		"5-1 * * * *",
		"1,,2 * * * *",
		"-5 * * * *",
		"+5 * * * *",
		"1.5 * * * *",
		"? * * * *",
		"0 0 L * *",
		"0 0 * * 5#2",
		"0 0 * * 5L",
		"0 0 15W * *",
		"mon * * * *",
		"0 0 * jan1 *",
		"0 0 * * monmon",
		"0 0 * january *",
		"@reboot",
		"@every 5m",
		"2027-01-01T00:00:00",
		`${"1,".repeat(300)}1 * * * *`,
	])("%s is not valid", (expression) =>
		expect(ofCron(expression)).toContain('automation "nightly": "cron_expression" must '),
	);

	test.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 feb */2", "0 0 30-31 2 *"])(
		"%s is never due",
		(expression) =>
			expect(ofCron(expression)).toContain('"cron_expression" describes a day that does not exist'),
	);
});

describe("when cron expressions are due", () => {
	test.each([
		["0 9 * * *", "2027-03-01T09:00:00Z", at("09:00:00", "2027-03-02", "2027-03-03")],
		["*/20 23 31 12 *", "2027-01-01T00:00:00Z", ["2027-12-31T23:00:00Z", "2027-12-31T23:20:00Z"]],
		["59 23 28 2 *", "2028-02-28T23:58:59.999Z", ["2028-02-28T23:59:00Z", "2029-02-28T23:59:00Z"]],
		["0 0 29 2 *", "2027-03-01T00:00:00Z", at("00:00:00", "2028-02-29", "2032-02-29")],
		["0 0 29 feb *", "2096-02-29T00:00:00Z", at("00:00:00", "2104-02-29")],
		[
			"0 0 31 * *",
			"2027-01-31T00:00:00Z",
			at("00:00:00", "2027-03-31", "2027-05-31", "2027-07-31", "2027-08-31"),
		],
		["30 8 * * mon-fri", "2027-03-05T08:30:00Z", at("08:30:00", "2027-03-08", "2027-03-09")],
		["0 0 * * 0", "2027-03-06T00:00:00Z", at("00:00:00", "2027-03-07", "2027-03-14")],
		["0 0 * * 7", "2027-03-06T00:00:00Z", at("00:00:00", "2027-03-07", "2027-03-14")],
		["0 0 * * sat-sun", "2027-03-01T00:00:00Z", at("00:00:00", "2027-03-06", "2027-03-07", "2027-03-13")],
		["0 0 1 */5 *", "2027-01-01T00:00:00Z", at("00:00:00", "2027-06-01", "2027-11-01", "2028-01-01")],
		["@weekly", "2027-03-01T00:00:00Z", at("00:00:00", "2027-03-07")],
		["@monthly", "2027-12-01T00:00:00Z", at("00:00:00", "2028-01-01", "2028-02-01")],
		["@midnight", "2027-12-31T23:59:59Z", at("00:00:00", "2028-01-01")],
		// In these nights Europe and America change to or from daylight saving time. No run is repeated or skipped.
		["30 2 * * *", "2027-03-27T12:00:00Z", at("02:30:00", "2027-03-28", "2027-03-29")],
		["30 1 * * *", "2027-10-30T12:00:00Z", at("01:30:00", "2027-10-31", "2027-11-01")],
	])("%s after %s", (expression, after, expected) => {
		expect(runs(cron(expression), after, expected.length)).toEqual(expected);
	});

	test("a day of the month or a day of the week is enough if both are restricted", () => {
		const found = runs(cron("0 0 13 * fri"), "2027-08-01T00:00:00Z", 5);
		expect(found).toEqual(
			at("00:00:00", "2027-08-06", "2027-08-13", "2027-08-20", "2027-08-27", "2027-09-03"),
		);
		expect(runs(cron("0 0 1-7 * 1-7"), "2027-08-10T00:00:00Z", 1)).toEqual(at("00:00:00", "2027-08-11"));
	});

	test("both must match if one of them begins with a star", () => {
		expect(runs(cron("0 0 */2 * mon"), "2027-03-01T00:00:00Z", 2)).toEqual(
			at("00:00:00", "2027-03-15", "2027-03-29"),
		);
		expect(runs(cron("0 0 8 * */3"), "2027-03-01T00:00:00Z", 2)).toEqual(
			at("00:00:00", "2027-05-08", "2027-08-08"),
		);
	});

	test("no time before its storage is due", () => {
		expect(runs(cron("@daily"), "2027-03-01T12:00:00Z", 1, "2020-01-01T00:00:00Z")).toEqual(
			at("00:00:00", "2027-03-02"),
		);
	});
});
