/** When a simple schedule is due: so many minutes, hours, days, weeks or months after one another, in UTC. Pure. */
import type { SimpleAutomation } from "./automations.ts";
import { DAY_MS, parseInstant, parseTimeOfDay } from "./instants.ts";

const WEEK_DAYS = 7;
const WEEK_MS = WEEK_DAYS * DAY_MS;
const STEP_MS = { minutes: 60_000, hours: 3_600_000, days: DAY_MS, weeks: WEEK_MS } as const;
/** 1970 began on a Thursday. */
const THURSDAY = 4;

/** What all that is due is counted from. */
interface Recurrence {
	readonly originMs: number;
	/** All that is due is after this. */
	readonly sinceMs: number;
	readonly interval: number;
}

/**
 * The first instant after `sinceMs` at which a simple schedule is due.
 *
 * It is counted from when it was stored; from the first `start_time` after that, where it names a time of day; from
 * `start_time` and not before, where it names an instant. A week begins with Sunday, and the week that is counted
 * from is the first. A month that has no such day has its last day instead.
 * @param anchorMs when it was stored; not after `sinceMs`
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
		// Beyond the dates there are, it is not a number and nothing is after it.
		if (!(dueMs <= sinceMs)) return dueMs;
	}
}

/** Months since the year 1900, which is what `Date.UTC` takes year 0 for. */
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

/** Where the day begins that an instant is in. */
function dayOf(atMs: number): number {
	return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** Where the Sunday begins that an instant's week begins with. */
function weekOf(atMs: number): number {
	const weekday = (Math.floor(atMs / DAY_MS) + THURSDAY) % WEEK_DAYS;
	return dayOf(atMs) - weekday * DAY_MS;
}
