/** When an automation is next due. Pure. */
import type { Automation } from "./automations.ts";
import { nextCron } from "./cron.ts";
import { DAY_MS, parseInstant } from "./instants.ts";
import { nextRepeat } from "./repeats.ts";

/** Beyond this an instant is none that anybody waits for. */
const LAST_MS = Date.UTC(9999, 11, 31);

export interface Progress {
	/** When the automation was stored; nothing of before is due. */
	readonly anchorMs: number;
	readonly afterMs: number;
	/** How often it was run. */
	readonly runs: number;
}

/**
 * The first instant strictly after `afterMs` (and after `anchorMs`) at which an automation is due, in milliseconds
 * since 1970; undefined where there is none: it has ended, is not active, or is none that a clock runs.
 *
 * Everything is in UTC, so that no hour comes twice or not at all; a date may have an offset of its own. A one-time
 * one whose date had passed when it was stored is never due. `ends_on_date` is within: an instant at it is due, and
 * where it is a day, all of that day's are. Without a fault (`automationsFault`) it never throws.
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
 * Whether two automations have one rhythm, so that what was counted and the instant that the first is counted from hold
 * for the other as well. When it ends is no part of that: a run more is a run more. A date that is switched on again may
 * have passed meanwhile, and is as one that was stored now.
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

/** The last instant that is due. */
function lastDueMs(text: string | null | undefined): number {
	const end = parseInstant(text ?? "");
	if (end === undefined) return LAST_MS;
	return Math.min(LAST_MS, end.isDay ? end.atMs + DAY_MS - 1 : end.atMs);
}
