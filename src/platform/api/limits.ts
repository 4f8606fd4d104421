/**
 * How often the control API is asked: bounds on failed authentications of one peer, and on requests of one token.
 * What is remembered is bounded too.
 */
import { AppError, EXIT } from "../../errors.ts";
import { peerOf } from "../http/peer.ts";

const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
/** Peers, and tokens, that are remembered; whom nothing was heard of the longest is forgotten first. */
const REMEMBERED_MAX = 10_000;

/** An error that is over after a while. */
export class RateError extends AppError {
	readonly retryAfterSeconds: number;

	constructor(parts: Pick<AppError, "code" | "message" | "hint" | "exit">, waitMs: number) {
		super(parts);
		this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
	}
}

/** Puts an entry last in the order of insertion, and forgets the first where there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
	map.delete(key);
	map.set(key, value);
	const [oldest] = map.keys();
	if (map.size > REMEMBERED_MAX && oldest !== undefined) map.delete(oldest);
}

/** Counts failed authentications by peer. A valid token always passes: nobody is locked out by a neighbour. */
export class FailureLimit {
	readonly #now: () => number;
	readonly #failures = new Map<string, { count: number; sinceMs: number }>();

	/** @param now milliseconds of a clock that never goes back */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Notes a failure. @throws RateError `TOO_MANY_REQUESTS` (429) past the limit */
	note(address: string): void {
		const nowMs = this.#now();
		const peer = peerOf(address);
		const present = this.#failures.get(peer);
		const isOver = present === undefined || nowMs - present.sinceMs >= WINDOW_MS;
		const window = isOver ? { count: 0, sinceMs: nowMs } : present;
		window.count++;
		remember(this.#failures, peer, window);
		if (window.count <= FAILURES_MAX) return;
		const parts = {
			code: "TOO_MANY_REQUESTS",
			message: `More than ${FAILURES_MAX} requests with no valid token came from your address within a minute.`,
			hint: "Wait a minute, and check the token.",
			exit: EXIT.unauthorised,
		};
		throw new RateError(parts, window.sinceMs + WINDOW_MS - nowMs);
	}
}

export interface Rate {
	/** How many requests may come at once. */
	readonly burst: number;
	/** How many more a second brings. */
	readonly perSecond: number;
}

/** More than the largest deployment sends, at more than a device's pace: only what runs away meets it. */
const RATE: Rate = { burst: 30_000, perSecond: 500 };

/** Counts the requests of each token, as a bucket that fills up again. */
export class RequestLimit {
	readonly #now: () => number;
	readonly #rate: Rate;
	readonly #buckets = new Map<string, { left: number; atMs: number }>();

	/** @param now milliseconds of a clock that never goes back */
	constructor(now: () => number, rate: Rate = RATE) {
		this.#now = now;
		this.#rate = rate;
	}

	/** Notes a request. @throws RateError `TOKEN_RATE_EXCEEDED` (429) past the limit */
	note(id: string): void {
		const { burst, perSecond } = this.#rate;
		const nowMs = this.#now();
		const { left, atMs } = this.#buckets.get(id) ?? { left: burst, atMs: nowMs };
		const filled = Math.min(burst, left + (Math.max(0, nowMs - atMs) / 1000) * perSecond);
		remember(this.#buckets, id, { left: filled >= 1 ? filled - 1 : filled, atMs: nowMs });
		if (filled >= 1) return;
		const parts = {
			code: "TOKEN_RATE_EXCEEDED",
			message: `More requests came with this access token than ${burst} at once and ${perSecond} a second.`,
			hint: "Wait for as long as Retry-After says, and look for a program that runs away.",
			exit: EXIT.network,
		};
		throw new RateError(parts, ((1 - filled) / perSecond) * 1000);
	}
}
