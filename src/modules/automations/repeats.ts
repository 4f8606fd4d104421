/** Computes when a simple schedule is due: every N minutes, hours, days, weeks or months, in UTC. Pure. */
import type { SimpleAutomation } from "./automations.ts";
import { DAY_MS, parseInstant, parseTimeOfDay } from "./instants.ts";

const WEEK_DAYS = 7;
const WEEK_MS = WEEK_DAYS * DAY_MS;
const STEP_MS = { minutes: 60_000, hours: 3_600_000, days: DAY_MS, weeks: WEEK_MS } as const;
/** 1970 began on a Thursday. */
const THURSDAY = 4;

/** The parameters of a repetition. */
interface Recurrence {
	/** The first instant of the repetition. All others are a multiple of the interval later. */
	readonly originMs: number;
	/** Only instants after this one are searched. */
	readonly sinceMs: number;
	readonly interval: number;
}

/**
 * The first instant after `sinceMs` at which a simple schedule is due.
 *
 * The repetition starts when the automation was stored. If `start_time` is a time of day, it starts at the first such
 * time after that. If `start_time` is an instant, it starts at that instant. A week begins on Sunday, and the week in
 * which the repetition starts is the first one. If a month does not have the day, its last day is used.
 * @param anchorMs when the automation was stored; not after `sinceMs`
 */
export function nextRepeat(automation: SimpleAutomation, anchorMs: number, sinceMs: number): number {
	const grid = recurrenceOf(automation, anchorMs, sinceMs);
	const { repeat_unit: unit, repeat_on_days: days, repeat_on_day_of_month: day } = automation;
	if (unit === "months") return nextMonth(grid, day ?? new Date(grid.originMs).getUTCDate());
	if (unit === "weeks" && days && days.length > 0) return nextWeekday(grid, days);
	const stepMs = STEP_MS[unit] * grid.interval;
	return grid.originMs + (Math.floor((grid.sinceMs - grid.originMs) / stepMs) + 1) * stepMs;
}

function recurrenceOf(automation: SimpleAutomation, anchorMs: number, sinceMs: number): Recurrence {
	const start = automation.start_time ?? undefined;
	const interval = automation.repeat_interval ?? 1;
	const timeMs = start === undefined ? undefined : parseTimeOfDay(start);
	const instant = start === undefined ? undefined : parseInstant(start);
	if (timeMs !== undefined) {
		const sameDayMs = dayOf(anchorMs) + timeMs;
		return { originMs: sameDayMs < anchorMs ? sameDayMs + DAY_MS : sameDayMs, sinceMs, interval };
	}
	if (instant === undefined) return { originMs: anchorMs, sinceMs, interval };
	return { originMs: instant.atMs, sinceMs: Math.max(sinceMs, instant.atMs - 1), interval };
}

function nextMonth({ originMs, sinceMs, interval }: Recurrence, day: number): number {
	const timeMs = originMs - dayOf(originMs);
	const first = monthOf(originMs);
	const passed = Math.floor((monthOf(sinceMs) - first) / interval) * interval;
	for (let month = first + passed; ; month += interval) {
		const lastDay = new Date(Date.UTC(0, month + 1, 0)).getUTCDate();
		const dueMs = Date.UTC(0, month, Math.min(day, lastDay)) + timeMs;
		// Beyond the range of dates the result is NaN, which must end the loop.
		if (!(dueMs <= sinceMs)) return dueMs;
	}
}

/** Months since the beginning of 1900, because `Date.UTC` reads year 0 as 1900. */
function monthOf(atMs: number): number {
	const date = new Date(atMs);
	return (date.getUTCFullYear() - 1900) * 12 + date.getUTCMonth();
}

function nextWeekday({ originMs, sinceMs, interval }: Recurrence, days: readonly number[]): number {
	const timeMs = originMs - dayOf(originMs);
	const firstMs = weekOf(originMs);
	const stepMs = interval * WEEK_MS;
	const sorted = days.toSorted((a, b) => a - b);
	for (let weekMs = firstMs + Math.floor((weekOf(sinceMs) - firstMs) / stepMs) * stepMs; ; weekMs += stepMs) {
		const due = sorted.map((day) => weekMs + day * DAY_MS + timeMs).find((dueMs) => dueMs > sinceMs);
		if (due !== undefined) return due;
	}
}

/** The beginning of the day of an instant. */
function dayOf(atMs: number): number {
	return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** The beginning of the week of an instant, which is a Sunday. */
function weekOf(atMs: number): number {
	const weekday = (Math.floor(atMs / DAY_MS) + THURSDAY) % WEEK_DAYS;
	return dayOf(atMs) - weekday * DAY_MS;
}
