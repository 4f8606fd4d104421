/**
 * Cron expressions, in UTC. Pure. What may stand in one is checked here and not left to the library, which knows
 * more forms than others do (`?`, `L`, `#`, seconds, dates) and takes `jan1` for November.
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
/** Minute, hour, day of the month, month, day of the week. */
const FIELDS = ["", "", "", MONTHS, DAYS].map(fieldOf);

const FORM =
	"must be five fields (minute, hour, day of the month, month, day of the week), or @hourly, @daily, @weekly, @monthly, @yearly";

/** Of each month, in a leap year. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A field: a list of `*`, values and ranges, each with or without a step. */
function fieldOf(names: string): RegExp {
	const value = names === "" ? "\\d{1,2}" : `(?:\\d{1,2}|${names})`;
	const part = `(?:\\*|${value}(?:-${value})?)(?:/\\d{1,2})?`;
	return new RegExp(`^${part}(?:,${part})*$`, "i");
}

/** Why an expression cannot be one, to be put behind its name; or undefined. */
export function cronFault(expression: string): string | undefined {
	if (expression.length > CRON_LENGTH_MAX) return `must be shorter than ${CRON_LENGTH_MAX} characters`;
	const fields = fieldsOf(expression);
	if (fields.length !== FIELDS.length) return FORM;
	if (!FIELDS.every((field, index) => field.test(fields[index] ?? ""))) return FORM;
	try {
		return hasMatchingDay(fields) ? undefined : "names a day that never comes";
	} catch {
		// A value, a range or a step that is out of bounds.
		return FORM;
	}
}

/**
 * Whether any day fits. Not asked of the library, which looks until the year 3000: a tenth of a second, and more than
 * the stack holds. A day that there is has every weekday in turn, so that days of the week exclude none of them.
 */
function hasMatchingDay(fields: readonly string[]): boolean {
	const { day: days, month: months } = new CronPattern(fields.join(" "));
	const least = days.findIndex((isDue) => isDue !== 0) + 1;
	return isEither(fields) || months.some((isDue, month) => isDue !== 0 && least <= (MONTH_DAYS[month] ?? 0));
}

/**
 * The first instant after another at which an expression without a fault is due, or undefined where none comes.
 *
 * As in Vixie's cron, a day is due that fits the day of the month *or* the day of the week, where both say something;
 * where one begins with a star, it has to fit both.
 */
export function nextCron(expression: string, afterMs: number): number | undefined {
	return cronOf(fieldsOf(expression)).nextRun(new Date(afterMs))?.getTime();
}

function fieldsOf(expression: string): readonly string[] {
	const trimmed = expression.trim();
	return (MACROS[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
}

/** Whether a day of the month or a day of the week is enough. */
function isEither(fields: readonly string[]): boolean {
	// A star with a step begins with a star too; the library by itself takes it for a list of days.
	return ![fields[2], fields[4]].some((field) => field?.startsWith("*"));
}

function cronOf(fields: readonly string[]): Cron {
	// An offset and no time zone: that of a zone is asked of `Intl`, for each instant.
	return new Cron(fields.join(" "), { utcOffset: 0, legacyMode: isEither(fields) });
}
