/**
 * Points in time as people give them on the command line.
 */
import { AppError, EXIT } from "../../errors.ts";

const UNITS_MS = new Map([
	["s", 1_000],
	["m", 60_000],
	["h", 3_600_000],
	["d", 86_400_000],
	["w", 604_800_000],
]);
const LENGTH = /^([1-9][0-9]{0,8})([smhdw])$/;

/** A length of time (`30s`, `90m`, `12h`, `7d`, `2w`) in milliseconds; undefined for what is none. */
export function lengthOf(text: string): number | undefined {
	const [, count, unit = ""] = LENGTH.exec(text) ?? [];
	const unitMs = UNITS_MS.get(unit);
	return unitMs === undefined ? undefined : Number(count) * unitMs;
}

/** A date, or a date and time with its zone: without one, it would be another instant on another machine. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * An instant in ISO 8601 that names its day (its beginning in UTC) and, where it has a time, its zone.
 * @returns milliseconds since 1970; undefined for what is none, and for days that there are not
 */
export function isoInstant(text: string): number | undefined {
	const day = DATE.exec(text)?.[1];
	const atMs = Date.parse(text);
	const midnightMs = Date.parse(`${day}T00:00Z`);
	if (day === undefined || !(atMs >= 0) || Number.isNaN(midnightMs)) return undefined;
	// The parser takes 31 April for 1 May.
	return new Date(midnightMs).toISOString().startsWith(day) ? atMs : undefined;
}

/**
 * The instant that a word means: so long before now (`30s`, `15m`, `2h`, `7d`, `2w`), or a date (its beginning in UTC) or time
 * in ISO 8601.
 * @param flag names it in the error
 * @returns milliseconds since 1970
 * @throws AppError `TIME_INVALID` (exit 2)
 */
export function instantOf(flag: string, word: string, nowMs: number): number {
	const agoMs = lengthOf(word);
	if (agoMs !== undefined) return Math.max(0, nowMs - agoMs);
	const instant = isoInstant(word);
	if (instant !== undefined) return instant;
	throw new AppError({
		code: "TIME_INVALID",
		message: `${flag} takes a length of time or an instant.`,
		hint: "Such as 30s, 15m, 2h, 7d, 2026-01-31, or 2026-01-31T12:00Z.",
		exit: EXIT.usage,
	});
}

/** An instant of ISO 8601 for people: `2027-01-31 12:00 UTC`. */
export function minuteOf(instant: string): string {
	return `${instant.slice(0, 16).replace("T", " ")} UTC`;
}
