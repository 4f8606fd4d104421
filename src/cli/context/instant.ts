/** Parses and prints points in time on the command line. */
import { AppError, EXIT } from "../../errors.ts";

const UNITS_MS = new Map([
	["s", 1_000],
	["m", 60_000],
	["h", 3_600_000],
	["d", 86_400_000],
	["w", 604_800_000],
]);
const DURATION = /^([1-9][0-9]{0,8})([smhdw])$/;

/** Parses a duration (`30s`, `90m`, `12h`, `7d`, `2w`). @returns milliseconds; undefined for any other text */
export function parseDuration(text: string): number | undefined {
	const [, count, unit = ""] = DURATION.exec(text) ?? [];
	const unitMs = UNITS_MS.get(unit);
	return unitMs === undefined ? undefined : Number(count) * unitMs;
}

/** A date, or a time with its zone. A time without a zone would mean another instant on another machine. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses an ISO 8601 date, which means its beginning in UTC, or a time with its zone.
 * @returns milliseconds since 1970; undefined for any other text, and for a day that does not exist
 */
export function parseIsoInstant(text: string): number | undefined {
	const day = DATE.exec(text)?.[1];
	const atMs = Date.parse(text);
	const midnightMs = Date.parse(`${day}T00:00Z`);
	if (day === undefined || !(atMs >= 0) || Number.isNaN(midnightMs)) return undefined;
	// `Date.parse` reads 31 April as 1 May.
	return new Date(midnightMs).toISOString().startsWith(day) ? atMs : undefined;
}

/**
 * Parses an instant: a duration before now (`30s`, `15m`, `2h`, `7d`, `2w`), an ISO 8601 date (its beginning in UTC), or
 * an ISO 8601 time.
 * @param flag the name of the flag, for the error
 * @param word the flag's value
 * @param nowMs milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws AppError `TIME_INVALID` (exit 2)
 */
export function parseInstant(flag: string, word: string, nowMs: number): number {
	const agoMs = parseDuration(word);
	if (agoMs !== undefined) return Math.max(0, nowMs - agoMs);
	const instant = parseIsoInstant(word);
	if (instant !== undefined) return instant;
	throw new AppError({
		code: "TIME_INVALID",
		message: `The value of ${flag} is neither a duration nor a date.`,
		hint: "Use a duration (30s, 15m, 2h, 7d), a date (2026-01-31: its beginning in UTC) or a time (2026-01-31T12:00Z).",
		exit: EXIT.usage,
	});
}

/** Prints an ISO 8601 instant to the minute: `2027-01-31 12:00 UTC`. */
export function formatMinute(instant: string): string {
	return `${instant.slice(0, 16).replace("T", " ")} UTC`;
}
