/** Reads from an answer whether there were too many requests, and how long the server wants the client to wait. */
import type { IncomingHttpHeaders } from "node:http";

/** Numbers below this are seconds from now, and numbers above it are seconds since 1970. */
const EPOCH_SECONDS_MIN = 1_000_000_000;
/** GitHub answers 403 for its secondary limits, and may leave the headers out. */
const SAYS_LIMIT = /rate limit|abuse detection/i;

export interface RateLimit {
	/** How long to wait, in whole seconds; undefined if the answer does not say. */
	readonly waitSeconds: number | undefined;
}

function secondsUntil(seconds: number, nowMs: number): number {
	const left = seconds < EPOCH_SECONDS_MIN ? seconds : seconds - nowMs / 1000;
	return Math.max(0, Math.ceil(left));
}

function waitOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
	const after = headers["retry-after"]?.trim() ?? "";
	if (/^\d{1,9}$/.test(after)) return Number(after);
	const dateMs = after === "" ? Number.NaN : Date.parse(after);
	if (!Number.isNaN(dateMs)) return secondsUntil(dateMs / 1000, nowMs);
	const reset = String(headers["x-ratelimit-reset"] ?? "");
	return /^\d{1,10}$/.test(reset) ? secondsUntil(Number(reset), nowMs) : undefined;
}

/**
 * The limit that an answer reports; undefined if it reports none. That is status 429, and status 403 with a
 * header or a text about a limit.
 * @param text the body
 */
export function rateLimitOf(
	{ status, headers, text }: { status: number; headers: IncomingHttpHeaders; text: string | undefined },
	nowMs: number,
): RateLimit | undefined {
	const isForbiddenForNow =
		status === 403 &&
		(headers["retry-after"] !== undefined ||
			headers["x-ratelimit-remaining"] === "0" ||
			SAYS_LIMIT.test(text ?? ""));
	if (status !== 429 && !isForbiddenForNow) return undefined;
	return { waitSeconds: waitOf(headers, nowMs) };
}
