/**
 * Recognises a client that makes work without making requests: it cancels one stream after the other, or sends frames
 * that carry nothing of a request. Pure.
 */

/** Cancelled streams that a client may have at once, such as those of a page that a browser leaves. */
const CANCELLED_MAX = 200;
/** Cancelled streams that are forgotten in a second. */
const FORGOTTEN_PER_S = 20;
/**
 * Bytes in a second that are no part of a request: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty frames, padding. A client
 * that reads a fast response sends one WINDOW_UPDATE of 13 bytes for some thousand bytes.
 */
const IDLE_BYTES_PER_S = 256 * 1024;
const RESPONSE_SHARE = 1 / 8;

/** The bytes of a connection since its beginning. */
export interface Traffic {
	readonly received: number;
	readonly sent: number;
	/** The bytes of requests: their fields and their bodies. */
	readonly useful: number;
}

export class FloodGuard {
	#cancelled = 0;
	#before: Traffic = { received: 0, sent: 0, useful: 0 };
	#atMs: number;

	constructor(nowMs: number) {
		this.#atMs = nowMs;
	}

	/** Counts a stream that the client has cancelled. @returns whether these are too many */
	cancelled(): boolean {
		return ++this.#cancelled > CANCELLED_MAX;
	}

	/** Looks at the time since the last call. @returns whether the client sends too much that is no request */
	isFlooded(nowMs: number, traffic: Traffic): boolean {
		const seconds = Math.max(1, (nowMs - this.#atMs) / 1000);
		const before = this.#before;
		this.#before = traffic;
		this.#atMs = nowMs;
		this.#cancelled = Math.max(0, this.#cancelled - FORGOTTEN_PER_S * seconds);
		const idle = traffic.received - before.received - 2 * (traffic.useful - before.useful);
		return idle > IDLE_BYTES_PER_S * seconds + RESPONSE_SHARE * (traffic.sent - before.sent);
	}
}
