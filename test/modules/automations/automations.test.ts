import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { automations, automationsFault } from "../../../src/modules/automations/automations.ts";
import { parseJsonc } from "../../../src/modules/jsonc.ts";

const CRON = {
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "0 9 * * *",
};
const SIMPLE = {
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "simple",
	repeat_unit: "days",
};
const ONCE = { type: "scheduled", schedule_mode: "one-time", one_time_date: "2027-03-01T09:00:00Z" };
const ENTITY = { type: "entity", entity_name: "Order", event_types: ["create", "delete"] };
const CONNECTOR = { type: "connector", integration_type: "gmail", events: [] };

const read = (text: string) => parseJsonc(text) ?? null;
const faultOf = (...list: unknown[]) => automationsFault(read(JSON.stringify(list)));
const named = (automation: object, name = "nightly") => ({ name, ...automation });

describe("a valid list of automations is returned unchanged", () => {
	test.each([
		[[]],
		[[named(CRON)]],
		[[named({ ...CRON, ends_type: "never", ends_on_date: null, ends_after_count: null })]],
		[[named({ ...CRON, ends_type: "on", ends_on_date: "2027-01-31" })]],
		[[named({ ...CRON, ends_type: "after", ends_after_count: 3 })]],
		[[named(SIMPLE)]],
		[
			[
				named({
					...SIMPLE,
					repeat_interval: null,
					start_time: null,
					repeat_on_days: null,
					repeat_on_day_of_month: null,
				}),
			],
		],
		[[named({ ...SIMPLE, start_time: "23:59", repeat_on_days: [0, 6], repeat_on_day_of_month: 31 })]],
		[[named({ ...SIMPLE, start_time: "2027-01-01T00:00:00+05:30", repeat_on_days: [] })]],
		[[named({ ...ONCE, description: null, function_args: null, is_active: false })]],
		[[named({ ...ONCE, description: "d", function_args: { a: [1, { b: null }] }, later: { x: 1 } })]],
		[[named(ENTITY), named(CONNECTOR, "mail")]],
		[
			[
				named({
					...CONNECTOR,
					events: ["message"],
					resource_id: null,
					trigger_conditions: { conditions: [] },
				}),
			],
		],
	])("%j", (list) => {
		expect(faultOf(...list)).toBeUndefined();
		expect(automations(read(JSON.stringify(list)))).toEqual(list);
	});

	test("also with a key `__proto__`, which does not change any prototype", () => {
		const text = `[{"name":"a","type":"scheduled","schedule_mode":"one-time","one_time_date":"2027-01-01",
			"__proto__":{"is_active":false},"function_args":{"__proto__":{"admin":true},"constructor":1}}]`;
		expect(automationsFault(read(text))).toBeUndefined();
		const [automation] = automations(read(text));
		expect(automation?.is_active).toBeUndefined();
		expect(Reflect.get(automation?.function_args ?? {}, "admin")).toBeUndefined();
		expect(JSON.parse(JSON.stringify([automation]))).toEqual(JSON.parse(text));
		expect(Object.keys(automation?.function_args ?? {})).toEqual(["__proto__", "constructor"]);
	});

	test("a missing list is an empty one", () => {
		expect(automations(undefined)).toEqual([]);
	});
});

describe("an invalid automation is refused with its name and the rule", () => {
	test.each([
		[{}, '"automations" must be a list'],
		[null, '"automations" must be a list'],
		[["nightly"], "automation 1 must be an object"],
		[[named(CRON), CRON], 'automation 2: "name" must be a string of 1 to 200'],
		[[named(CRON, " ")], 'automation 1: "name" must be'],
		[[named(CRON, "a\nb")], 'automation 1: "name" must be'],
		[[named(CRON, "a".repeat(201))], 'automation 1: "name" must be'],
		[[named(CRON, "a"), named(ONCE, "a")], 'automation "a": another automation has the same name'],
		[Array.from({ length: 101 }, (_, i) => named(CRON, `a${i}`)), "more than 100"],
		[[named({})], 'automation "nightly": "type" must be "scheduled"'],
		[[named({ ...CRON, type: "webhook" })], '"type" must be'],
		[[named({ ...CRON, schedule_mode: "often" })], '"schedule_mode" must be "one-time" or "recurring"'],
		[[named({ ...CRON, schedule_type: undefined })], '"schedule_type" must be "cron" or "simple"'],
		[[named({ ...CRON, is_active: null })], '"is_active" must be true or false'],
		[[named({ ...CRON, description: 1 })], '"description" must be a string'],
		[[named({ ...CRON, function_args: [] })], '"function_args" must be an object'],
		[[named({ ...CRON, function_args: { a: "x".repeat(16_384) } })], "larger than 16 KiB"],
		[[named({ ...CRON, cron_expression: undefined })], '"cron_expression" is missing'],
		[[named({ ...CRON, cron_expression: null })], '"cron_expression" must be'],
		[[named({ ...CRON, ends_type: "soon" })], '"ends_type" must be "never" or "on" or "after"'],
		[[named({ ...CRON, ends_type: "on" })], '"ends_on_date" is missing'],
		[[named({ ...CRON, ends_type: "on", ends_on_date: null })], '"ends_on_date" must be a date'],
		[[named({ ...CRON, ends_type: "after" })], '"ends_after_count" is missing'],
		[
			[named({ ...SIMPLE, ends_type: "after", ends_after_count: null })],
			'"ends_after_count" must be a whole',
		],
		[[named({ ...SIMPLE, ends_after_count: 0 })], '"ends_after_count" must be a whole number from 1'],
		[[named({ ...SIMPLE, repeat_unit: "years" })], '"repeat_unit" must be'],
		[[named({ ...SIMPLE, repeat_interval: 0 })], '"repeat_interval" must be a whole number from 1'],
		[[named({ ...SIMPLE, repeat_interval: 1.5 })], '"repeat_interval" must be a whole number from 1'],
		[[named({ ...SIMPLE, start_time: "9:00" })], '"start_time" must be a time of day in UTC'],
		[[named({ ...SIMPLE, start_time: "24:00" })], '"start_time" must be'],
		[[named({ ...SIMPLE, repeat_on_days: [7] })], '"repeat_on_days" must be a list of days'],
		[[named({ ...SIMPLE, repeat_on_days: 1 })], '"repeat_on_days" must be a list of days'],
		[[named({ ...SIMPLE, repeat_on_day_of_month: 32 })], '"repeat_on_day_of_month" must be'],
		[[named({ ...ENTITY, entity_name: "" })], '"entity_name" must be'],
		[[named({ ...ENTITY, event_types: [] })], '"event_types" must be'],
		[[named({ ...ENTITY, event_types: ["read"] })], '"event_types" must be'],
		[[named({ ...CONNECTOR, events: undefined })], '"events" is missing'],
		[[named({ ...CONNECTOR, trigger_conditions: "a" })], '"trigger_conditions" must be'],
	])("%j", (list, why) => {
		expect(automationsFault(read(JSON.stringify(list)))).toContain(why);
	});

	test("refuses a number that JSON would store as null", () => {
		const text = JSON.stringify([named({ ...ONCE, function_args: { a: [0.5] } })]);
		expect(automationsFault(read(text.replace("0.5", "1e999")))).toContain("too large");
	});

	test("control characters of a name are not printed", () => {
		expect(faultOf(named({}, "\u202e[2J"))).toContain('automation "\\u{202e}[2J"');
	});
});

test("any list is accepted, or refused with a reason", () => {
	const value = fc.oneof(fc.jsonValue(), fc.constantFrom("scheduled", "recurring", "cron", "simple", "on"));
	const keys = [
		"type",
		"schedule_mode",
		"schedule_type",
		"cron_expression",
		"repeat_unit",
		"ends_type",
		"start_time",
	];
	const part = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.constantFrom(CRON, SIMPLE, ONCE, ENTITY), part)), (list) => {
			const sent = list.map(([base, odd], index) => ({ name: `a${index}`, ...base, ...odd }));
			const fault = faultOf(...sent);
			if (fault === undefined)
				expect(automations(read(JSON.stringify(sent)))).toEqual(JSON.parse(JSON.stringify(sent)));
			else expect(fault).toMatch(/^automation /);
		}),
	);
});
