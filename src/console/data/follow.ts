/** Follows a streamed answer, and connects again when it ends. */
import type { Decoder } from "./decode.ts";
import { asFailure, type RequestFailure } from "./failure.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * How long to wait before the next attempt: twice as long each time, up to half a minute, and at random up to a half
 * less, so that many pages do not come back at once.
 * @param failures attempts that failed in a row, at least 1 @param random between 0 and 1
 */
export function backoffMs(failures: number, random: number): number {
	const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
	return Math.round(full * (1 - random / 2));
}

/** The state of a stream's connection. */
export type Connection =
	| { readonly state: "connecting" }
	| { readonly state: "open" }
	/** It waits before the next attempt. */
	| { readonly state: "waiting"; readonly failure: RequestFailure | undefined }
	/** It has given up: the platform refuses it. */
	| { readonly state: "refused"; readonly failure: RequestFailure };

export interface Following {
	/** Opens the stream. It is called again for each connection. */
	readonly open: (signal: AbortSignal) => Promise<AsyncIterable<string>>;
	readonly decoder: () => Decoder;
	readonly onMessage: (message: unknown) => void;
	readonly onConnection: (connection: Connection) => void;
	/** Resolves after the time, or earlier if a new attempt is promising. */
	readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly random: () => number;
	readonly signal: AbortSignal;
}

async function readOnce({ open, decoder, onMessage, onConnection, signal }: Following): Promise<boolean> {
	const decode = decoder();
	let hasMessages = false;
	for await (const chunk of await open(signal)) {
		if (!hasMessages) onConnection({ state: "open" });
		hasMessages = true;
		for (const message of decode(chunk)) onMessage(message);
	}
	return hasMessages;
}

/** Follows until the signal, or until the platform refuses. Never throws. */
export async function follow(following: Following): Promise<void> {
	const { onConnection, signal } = following;
	for (let failures = 0; !signal.aborted; ) {
		onConnection({ state: "connecting" });
		let failure: RequestFailure | undefined;
		try {
			failures = (await readOnce(following)) ? 1 : failures + 1;
		} catch (error) {
			failures++;
			failure = asFailure(error);
		}
		if (signal.aborted) return;
		if (failure !== undefined && failure.kind !== "offline" && failure.code !== "TOO_MANY_REQUESTS")
			return onConnection({ state: "refused", failure });
		onConnection({ state: "waiting", failure });
		await following.wait(backoffMs(failures, following.random()), signal);
	}
}
