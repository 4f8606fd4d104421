/** The time from which the present schedule of an automation counts. */
import { describe, expect, test } from "vitest";
import { applyToFunctions, type FunctionState } from "../../../../src/platform/apps/state/function-states.ts";
import type { AppEvent } from "../../../../src/platform/events/events.ts";
import type { StoredAutomation } from "../../../../src/platform/functions/function.ts";

const cron = (name: string, more: StoredAutomation = {}): StoredAutomation => ({
	name,
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "@daily",
	...more,
});
const simple = (name: string, more: StoredAutomation = {}): StoredAutomation => ({
	name,
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "simple",
	repeat_unit: "days",
	...more,
});
const once = (name: string, more: StoredAutomation = {}): StoredAutomation => ({
	name,
	type: "scheduled",
	schedule_mode: "one-time",
	one_time_date: "2027-03-01",
	...more,
});

function deployment(automations: readonly StoredAutomation[] | undefined) {
	const parts = { id: "d", bundle: "b", sourceMap: "m", source: "s", references: [], dynamic: [] };
	return { function: "f", ...parts, automations };
}
const deployed = (atMs: number, ...automations: StoredAutomation[]): AppEvent => ({
	type: "deployed",
	deployment: deployment(automations),
	atMs,
});

/** The states of functions after these events. */
function anchors(...events: AppEvent[]): Record<string, number> {
	const functions = new Map<string, FunctionState>();
	for (const event of events) applyToFunctions(functions, event);
	return Object.fromEntries(functions.get("f")?.anchorsMs ?? []);
}

describe("the time since which an automation is unchanged", () => {
	test("is the time of its first deployment, for each automation of a function", () => {
		expect(anchors(deployed(1, cron("a")), deployed(2, cron("b"), cron("a")))).toEqual({ a: 1, b: 2 });
	});

	test.each([
		["its arguments", cron("a"), cron("a", { function_args: { b: 1 } })],
		["its description", cron("a"), cron("a", { description: "nightly", color: "blue" })],
		["its end", cron("a"), cron("a", { ends_type: "after", ends_after_count: 5 })],
		["its pause", cron("a"), cron("a", { is_active: false })],
		[
			"a value that is written out but was the default",
			simple("a"),
			simple("a", { repeat_interval: 1, repeat_on_days: null }),
		],
		["is_active, written out,", once("a"), once("a", { is_active: true })],
	])("stays if %s changes", (_what, before, after) => {
		expect(anchors(deployed(1, before), deployed(2, after))).toEqual({ a: 1 });
	});

	test.each([
		["expression", cron("a"), cron("a", { cron_expression: "@hourly" })],
		["unit", simple("a"), simple("a", { repeat_unit: "hours" })],
		["interval", simple("a"), simple("a", { repeat_interval: 2 })],
		["start", simple("a"), simple("a", { start_time: "09:00" })],
		[
			"days",
			simple("a", { repeat_unit: "weeks" }),
			simple("a", { repeat_unit: "weeks", repeat_on_days: [1] }),
		],
		[
			"day",
			simple("a", { repeat_unit: "months" }),
			simple("a", { repeat_unit: "months", repeat_on_day_of_month: 3 }),
		],
		["kind", cron("a"), simple("a")],
		["date", once("a"), once("a", { one_time_date: "2027-03-02" })],
		["date that is switched on", once("a", { is_active: false }), once("a")],
	])("starts again with another %s", (_what, before, after) => {
		expect(anchors(deployed(1, before), deployed(2, after))).toEqual({ a: 2 });
	});

	test("starts again if the automation or the function was deleted in between", () => {
		expect(anchors(deployed(1, cron("a")), deployed(2), deployed(3, cron("a")))).toEqual({ a: 3 });
		const deleted: AppEvent = { type: "deleted", functions: ["f"], atMs: 2 };
		expect(anchors(deployed(1, cron("a")), deleted, deployed(3, cron("a")))).toEqual({ a: 3 });
	});

	test("does not change with a version that does not start, and is kept for the next version that starts", () => {
		const failed = (atMs: number): AppEvent => ({
			type: "deploy-failed",
			deployment: deployment([cron("a", { cron_expression: "@hourly" })]),
			error: "why",
			atMs,
		});
		expect(anchors(deployed(1, cron("a")), failed(2))).toEqual({ a: 1 });
		expect(anchors(failed(1), deployed(2, cron("a", { cron_expression: "@hourly" })))).toEqual({ a: 1 });
	});

	test("does not change if a read of a variable is observed", () => {
		const observed: AppEvent = {
			type: "observed",
			function: "f",
			deployment: "d",
			seen: ["A"],
			references: [],
			atMs: 2,
		};
		expect(anchors(deployed(1, cron("a")), observed)).toEqual({ a: 1 });
	});
});
