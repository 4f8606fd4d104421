/** Makes automations for tests of schedules, and lists the instants at which they are due. */
import { expect } from "vitest";
import { type Automation, automations, automationsFault } from "../../src/modules/automations/automations.ts";
import { nextRun } from "../../src/modules/automations/schedule.ts";
import { parseJsonc } from "../../src/modules/jsonc.ts";

export const ms = (iso: string) => new Date(iso).getTime();

/** Parses it like a `function.jsonc`, so that only valid automations are tested. */
function automation(fields: object): Automation {
	const value = parseJsonc(JSON.stringify([{ name: "a", type: "scheduled", ...fields }])) ?? null;
	expect(automationsFault(value)).toBeUndefined();
	const [first] = automations(value);
	if (first === undefined) throw new Error("there is none");
	return first;
}

export const cron = (cron_expression: string, more = {}) =>
	automation({ schedule_mode: "recurring", schedule_type: "cron", cron_expression, ...more });
export const every = (repeat_interval: number, repeat_unit: string, more = {}) =>
	automation({ schedule_mode: "recurring", schedule_type: "simple", repeat_interval, repeat_unit, ...more });
export const once = (one_time_date: string) => automation({ schedule_mode: "one-time", one_time_date });

/** The next instants in order, in ISO 8601 without milliseconds. */
export function runs(subject: Automation, anchor: string, count: number, after = anchor): string[] {
	const found: string[] = [];
	let afterMs = ms(after);
	for (let run = 0; run < count; run++) {
		const next = nextRun(subject, { anchorMs: ms(anchor), afterMs, runs: run });
		if (next === undefined) break;
		found.push(new Date(next).toISOString().replace(".000Z", "Z"));
		afterMs = next;
	}
	return found;
}

export const at = (time: string, ...days: string[]) => days.map((day) => `${day}T${time}Z`);
