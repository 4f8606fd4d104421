/** Parses `--expires`: for how long, or until when, a token is valid. */
import { AppError, EXIT } from "../../errors.ts";
import type { CreateToken } from "../../protocol/token-messages.ts";
import { parseDuration, parseIsoInstant } from "./instant.ts";

/** The longest accepted duration: a hundred years. */
const DURATION_MS_MAX = 36_525 * 86_400_000;

/** @param isTooLong whether it is a duration of more than a hundred years */
function invalid(isTooLong: boolean): AppError {
	return new AppError({
		code: "EXPIRY_INVALID",
		message: isTooLong
			? "The duration in --expires is longer than a hundred years."
			: "The value of --expires is neither a duration nor a date.",
		hint: "Use a duration (30d, 12h, 90m, 2w), a date (2027-01-31: its beginning in UTC), a time (2027-01-31T12:00Z) or 'never'.",
		exit: EXIT.usage,
	});
}

/**
 * When a token expires. The platform adds a duration to its own clock.
 * @param text `30d`, `12h`, `90m`, `2w`, `2027-01-31`, `2027-01-31T12:00Z` or `never`
 * @param nowMs milliseconds since 1970, to refuse a date in the past
 * @throws AppError `EXPIRY_INVALID`, `EXPIRY_PAST` (exit 2)
 */
export function parseExpiry(text: string, nowMs: number): CreateToken["expires"] {
	if (text === "never") return null;
	const inMs = parseDuration(text);
	if (inMs !== undefined && inMs <= DURATION_MS_MAX) return { inMs };
	const atMs = parseIsoInstant(text);
	if (atMs === undefined) throw invalid(inMs !== undefined);
	if (atMs > nowMs) return { atMs };
	throw new AppError({
		code: "EXPIRY_PAST",
		message: `The date in --expires is in the past: ${new Date(atMs).toISOString()}.`,
		hint: "Use a later date, or a duration such as 30d.",
		exit: EXIT.usage,
	});
}
