/**
 * Rate limits of the control API: failed authentications of one peer, and requests with one token. The memory
 * for both is bounded.
 */
import { AppError, EXIT } from "../../errors.ts";
import { peerOf } from "../http/peer.ts";

const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
/** The most peers, and the most tokens, that are remembered. The least recently active entry is removed first. */
const ENTRIES_MAX = 10_000;

/** An error that passes after some time. */
export class RateError extends AppError {
	readonly retryAfterSeconds: number;

	constructor(parts: Pick<AppError, "code" | "message" | "hint" | "exit">, waitMs: number) {
		super(parts);
		this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
	}
}

/** Adds an entry as the newest, and removes the oldest if there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
	map.delete(key);
	map.set(key, value);
	const [oldest] = map.keys();
	if (map.size > ENTRIES_MAX && oldest !== undefined) map.delete(oldest);
}

/**
 * Counts failed authentications by peer. A request with a valid token is always accepted, so that a client behind the
 * same address cannot lock others out.
 */
export class FailureLimit {
	readonly #now: () => number;
	readonly #failures = new Map<string, { count: number; sinceMs: number }>();

	/** @param now milliseconds of a clock that never goes back */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Counts a failure. @throws RateError `TOO_MANY_REQUESTS` (429) beyond the limit */
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
			message: `Your address sent more than ${FAILURES_MAX} requests without a valid token within a minute.`,
			hint: "Wait a minute, and check the token.",
			exit: EXIT.unauthorised,
		};
		throw new RateError(parts, window.sinceMs + WINDOW_MS - nowMs);
	}
}

export interface Rate {
	/** The most requests at once. */
	readonly burst: number;
	/** The number of requests that each second adds to the allowance. */
	readonly perSecond: number;
}

/** More than the largest deployment sends. Only a program in an endless loop reaches it. */
const RATE: Rate = { burst: 30_000, perSecond: 500 };

/** Counts the requests of each token with a token bucket. */
export class RequestLimit {
	readonly #now: () => number;
	readonly #rate: Rate;
	readonly #buckets = new Map<string, { left: number; atMs: number }>();

	/** @param now milliseconds of a clock that never goes back */
	constructor(now: () => number, rate: Rate = RATE) {
		this.#now = now;
		this.#rate = rate;
	}

	/** Counts a request. @throws RateError `TOKEN_RATE_EXCEEDED` (429) beyond the limit */
	note(id: string): void {
		const { burst, perSecond } = this.#rate;
		const nowMs = this.#now();
		const { left, atMs } = this.#buckets.get(id) ?? { left: burst, atMs: nowMs };
		const filled = Math.min(burst, left + (Math.max(0, nowMs - atMs) / 1000) * perSecond);
		remember(this.#buckets, id, { left: filled >= 1 ? filled - 1 : filled, atMs: nowMs });
		if (filled >= 1) return;
		const parts = {
			code: "TOKEN_RATE_EXCEEDED",
			message: `This access token sent more than ${burst} requests at once and ${perSecond} a second.`,
			hint: "Wait for the time in the header Retry-After, and find the program that sends requests in a loop.",
			exit: EXIT.network,
		};
		throw new RateError(parts, ((1 - filled) / perSecond) * 1000);
	}
}
