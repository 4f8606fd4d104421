/**
 * Parses the cron expressions of `Deno.cron` as Deno parses them (`ext/cron/cron.rs` of Deno 2.9), and writes them in
 * the form of the platform's automations. Deno counts the days of the week from 1 (Sunday) to 7 (Saturday) if they are
 * numbers, and the platform from 0 to 6. A day is due for Deno if it matches one of two restricted fields.
 */

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface Field {
	readonly min: number;
	readonly max: number;
	readonly stepMax: number;
	readonly value: (text: string) => number;
}

const invalid = () => new TypeError("Invalid cron schedule");

function parseNumber(text: string, min: number, max: number): number {
	const value = /^\d{1,2}$/.test(text) ? Number(text) : -1;
	if (value < min || value > max) throw invalid();
	return value;
}

function parseMonth(text: string): number {
	const index = MONTHS.indexOf(text.toUpperCase());
	return index === -1 ? parseNumber(text, 1, 12) : index + 1;
}

function parseDay(text: string): number {
	const index = DAYS.indexOf(text.toUpperCase());
	return index === -1 ? parseNumber(text, 1, 7) - 1 : index;
}

function numbers(min: number, max: number, stepMax: number): Field {
	return { min, max, stepMax, value: (text) => parseNumber(text, min, max) };
}

/** Minute, hour, day of the month, month, day of the week. */
const FIELDS: readonly Field[] = [
	numbers(0, 59, 59),
	numbers(0, 23, 23),
	numbers(1, 31, 30),
	{ min: 1, max: 12, stepMax: 11, value: parseMonth },
	{ min: 0, max: 6, stepMax: 6, value: parseDay },
];

function range(start: number, end: number): number[] {
	return Array.from({ length: end - start + 1 }, (_, index) => start + index);
}

/** The values of a part of a field, such as `1-5/2`. */
function parsePart(text: string, { min, max, stepMax, value }: Field): number[] {
	const slash = text.indexOf("/");
	const base = slash === -1 ? text : text.slice(0, slash);
	const step = slash === -1 ? undefined : parseNumber(text.slice(slash + 1), 1, stepMax);
	const dash = base.indexOf("-");
	let start = min;
	let end = max;
	if (dash !== -1) [start, end] = [value(base.slice(0, dash)), value(base.slice(dash + 1))];
	else if (base !== "*") {
		start = value(base);
		end = step === undefined ? start : max;
	}
	// In Deno, a range such as `5-2` begins one value earlier, unless it has a step.
	const first = step === undefined ? start - 1 : start;
	const all = start <= end ? range(start, end) : [...range(first, max), ...range(min, end)];
	return step === undefined ? all : all.filter((_, index) => index % step === 0);
}

function formatField(text: string, field: Field): string {
	// In all other cases, write a list instead of a star: a day must match both fields if one of them begins with a star.
	if (text === "*") return "*";
	const values = new Set(text.split(",").flatMap((part) => parsePart(part, field)));
	return [...values].sort((one, other) => one - other).join(",");
}

/**
 * Converts an expression of Deno into one of the platform.
 * @throws TypeError as Deno does; also for the days that the platform cannot express
 */
export function toPlatformSchedule(expression: string): string {
	if (expression.trim() !== expression || /[\n\v\f\r]/.test(expression)) throw invalid();
	const fields = expression.split(/[ \t]+/);
	if (fields.length !== FIELDS.length) throw invalid();
	const [, , day = "", , weekday = ""] = fields;
	if (/^(L|LW|L-\d{1,2}W?|\d{1,2}W)$/.test(day) || /^(L|\w{1,3}L|\w{1,3}#[1-5])$/.test(weekday))
		throw new TypeError(
			`Invalid cron schedule: L, W and # are not supported by the platform, but "${expression}" has them`,
		);
	return fields.map((text, index) => formatField(text, FIELDS[index] as Field)).join(" ");
}
