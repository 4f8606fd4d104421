/**
 * `--expires`: how long something is valid, or until when.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { CreateToken } from "../../protocol/token-messages.ts";
import { isoInstant, lengthOf } from "./instant.ts";

/** A hundred years: what is meant to be longer never expires. */
const LENGTH_MS_MAX = 36_525 * 86_400_000;

function unreadable(): AppError {
	return new AppError({
		code: "EXPIRY_INVALID",
		message: "The value of --expires is neither a length of time nor a date.",
		hint: "Give 30d, 12h, 90m or 2w; a day, such as 2027-01-31 (its beginning in UTC), or 2027-01-31T12:00Z; or never.",
		exit: EXIT.usage,
	});
}

/**
 * When a token is to expire. A length of time is left to the platform's clock; a date is a date.
 * @param text `30d`, `12h`, `90m`, `2w`, `2027-01-31`, `2027-01-31T12:00Z` or `never`
 * @param nowMs milliseconds since 1970, to refuse what is over by any clock's account
 * @throws AppError `EXPIRY_INVALID`, `EXPIRY_PAST` (exit 2)
 */
export function parseExpiry(text: string, nowMs: number): CreateToken["expires"] {
	if (text === "never") return null;
	const inMs = lengthOf(text);
	if (inMs !== undefined && inMs <= LENGTH_MS_MAX) return { inMs };
	const atMs = isoInstant(text);
	if (atMs === undefined) throw unreadable();
	if (atMs > nowMs) return { atMs };
	throw new AppError({
		code: "EXPIRY_PAST",
		message: `--expires names a moment that is over: ${new Date(atMs).toISOString()}.`,
		hint: "Name a later one, or how long the token is to be valid, such as 30d.",
		exit: EXIT.usage,
	});
}
