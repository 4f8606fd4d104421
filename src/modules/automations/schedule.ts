/** Computes when an automation is due next. Pure. */
import type { Automation } from "./automations.ts";
import { nextCron } from "./cron.ts";
import { DAY_MS, parseInstant } from "./instants.ts";
import { nextRepeat } from "./repeats.ts";

/** Later instants are treated as never. */
const LAST_MS = Date.UTC(9999, 11, 31);

export interface Progress {
	/** When the automation was stored, in milliseconds since 1970. No earlier instant is due. */
	readonly anchorMs: number;
	/** Only later instants are searched, in milliseconds since 1970. */
	readonly afterMs: number;
	/** The number of runs so far. */
	readonly runs: number;
}

/**
 * The first instant after both `afterMs` and `anchorMs` at which an automation is due, in milliseconds since 1970.
 * Undefined if there is none: the automation has ended, is not active, or is not a scheduled one.
 *
 * Everything is in UTC, so that no hour is repeated or skipped; only a date can have an offset. A one-time automation
 * whose date had passed when it was stored is never due. `ends_on_date` is inclusive: an instant equal to it is due,
 * and if it is a day without a time, all instants of that day are. Never throws for an automation that
 * `automationsFault` accepts.
 */
export function nextRun(automation: Automation, { anchorMs, afterMs, runs }: Progress): number | undefined {
	if (automation.type !== "scheduled" || automation.is_active === false) return undefined;
	const sinceMs = Math.max(anchorMs, afterMs);
	if (!(sinceMs < LAST_MS)) return undefined;
	if (automation.schedule_mode === "one-time")
		return dueWithin(parseInstant(automation.one_time_date)?.atMs, sinceMs);
	const { ends_type: ends, ends_after_count: countMax } = automation;
	if (ends === "after" && runs >= (countMax ?? 0)) return undefined;
	const dueMs =
		automation.schedule_type === "cron"
			? nextCron(automation.cron_expression, sinceMs)
			: nextRepeat(automation, anchorMs, sinceMs);
	return dueWithin(dueMs, sinceMs, ends === "on" ? lastDueMs(automation.ends_on_date) : LAST_MS);
}

/**
 * Whether two automations have the same schedule. Then the number of runs and the start of the first one apply to the
 * other one as well. The end is not a part of the schedule. For a one-time automation, `is_active` is: if it is activated
 * again, its date may have passed, so it counts as stored now.
 */
export function hasSameSchedule(one: Automation, other: Automation): boolean {
	return JSON.stringify(scheduleOf(one)) === JSON.stringify(scheduleOf(other));
}

function scheduleOf(automation: Automation): readonly unknown[] {
	if (automation.type !== "scheduled") return [automation.type];
	if (automation.schedule_mode === "one-time")
		return [automation.one_time_date, automation.is_active !== false];
	if (automation.schedule_type === "cron") return [automation.cron_expression];
	const { repeat_unit: unit, repeat_interval: interval, start_time: start } = automation;
	const { repeat_on_days: days, repeat_on_day_of_month: day } = automation;
	return [unit, interval ?? 1, start ?? null, days ?? null, day ?? null];
}

function dueWithin(dueMs: number | undefined, sinceMs: number, lastMs = LAST_MS): number | undefined {
	return dueMs !== undefined && dueMs > sinceMs && dueMs <= lastMs ? dueMs : undefined;
}

/** The latest instant at which the automation can be due. */
function lastDueMs(text: string | null | undefined): number {
	const end = parseInstant(text ?? "");
	if (end === undefined) return LAST_MS;
	return Math.min(LAST_MS, end.isDay ? end.atMs + DAY_MS - 1 : end.atMs);
}
