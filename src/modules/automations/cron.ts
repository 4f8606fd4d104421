/**
 * Cron expressions, in UTC. Pure. The syntax is checked here and not by the library, which accepts more than other
 * implementations do (`?`, `L`, `#`, seconds, dates) and reads `jan1` as November.
 */
import { Cron, CronPattern } from "croner";
import { CRON_LENGTH_MAX } from "../limits.ts";

const MACROS: Readonly<Record<string, string>> = {
	"@yearly": "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly": "0 0 1 * *",
	"@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@hourly": "0 * * * *",
};

const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const DAYS = "sun|mon|tue|wed|thu|fri|sat";
/** The fields: minute, hour, day of the month, month, day of the week. */
const FIELDS = ["", "", "", MONTHS, DAYS].map(fieldOf);

const FORM =
	"must have five fields (minute, hour, day of the month, month, day of the week), or be @hourly, @daily, @weekly, @monthly or @yearly";

/** Days of each month in a leap year. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The syntax of a field: a list of `*`, values and ranges, each with an optional step. */
function fieldOf(names: string): RegExp {
	const value = names === "" ? "\\d{1,2}" : `(?:\\d{1,2}|${names})`;
	const part = `(?:\\*|${value}(?:-${value})?)(?:/\\d{1,2})?`;
	return new RegExp(`^${part}(?:,${part})*$`, "i");
}

/** Describes the fault of an expression, as a clause that follows its key; undefined if it is valid. */
export function cronFault(expression: string): string | undefined {
	if (expression.length > CRON_LENGTH_MAX) return `must have at most ${CRON_LENGTH_MAX} characters`;
	const fields = fieldsOf(expression);
	if (fields.length !== FIELDS.length) return FORM;
	if (!FIELDS.every((field, index) => field.test(fields[index] ?? ""))) return FORM;
	try {
		return hasMatchingDay(fields) ? undefined : "describes a day that does not exist";
	} catch {
		// A value, a range or a step that is out of bounds.
		return FORM;
	}
}

/**
 * Whether any day matches. The library would search until the year 3000, which takes 0.1 s and can overflow the stack.
 * Every date falls on each day of the week in some year, so the days of the week exclude no date.
 */
function hasMatchingDay(fields: readonly string[]): boolean {
	const { day: days, month: months } = new CronPattern(fields.join(" "));
	const least = days.findIndex((isDue) => isDue !== 0) + 1;
	return isEither(fields) || months.some((isDue, month) => isDue !== 0 && least <= (MONTH_DAYS[month] ?? 0));
}

/**
 * The first instant after `afterMs` at which a valid expression is due; undefined if there is none.
 *
 * As in Vixie's cron, if both the day of the month and the day of the week are restricted, a day is due if it matches
 * either. If one of the two fields begins with a star, a day must match both.
 */
export function nextCron(expression: string, afterMs: number): number | undefined {
	return cronOf(fieldsOf(expression)).nextRun(new Date(afterMs))?.getTime();
}

function fieldsOf(expression: string): readonly string[] {
	const trimmed = expression.trim();
	return (MACROS[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
}

/** Whether a day is due if only one of the day of the month and the day of the week matches. */
function isEither(fields: readonly string[]): boolean {
	// `*/2` begins with a star too. The library would treat it as a list of days.
	return ![fields[2], fields[4]].some((field) => field?.startsWith("*"));
}

function cronOf(fields: readonly string[]): Cron {
	// With a time zone, the library would ask `Intl` for the offset of each instant, which is slow.
	return new Cron(fields.join(" "), { utcOffset: 0, legacyMode: isEither(fields) });
}
