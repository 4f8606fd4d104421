/**
 * A stream of a platform's logs that goes on after the connection broke or the platform started anew: from where it was,
 * without a line that is missing or comes twice.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";
import type { LogEvent } from "../../protocol/function-log.ts";
import type { RequestEvent } from "../../protocol/request-log.ts";

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;

/** What ends a connection and says nothing about the next one. */
const PASSING = new Set([
	"PLATFORM_UNREACHABLE",
	"PLATFORM_TIMEOUT",
	"PLATFORM_ANSWER_CUT",
	// A proxy answers in the place of a platform that is not there.
	"PLATFORM_ANSWER_UNKNOWN",
	"TOKEN_RATE_EXCEEDED",
	"STORE_BUSY",
	"STORE_CLOSED",
]);

export interface ResumeOptions {
	/** Ends it. */
	readonly signal: AbortSignal;
	/** Called when the connection is lost, once until it is back. */
	onLost(): void;
	/** Called when it is back. */
	onBack(): void;
}

type Event = LogEvent | RequestEvent;

/** Whose line an event is, and where it stands; undefined for an event that is no line, or has no position. */
function placeOf(event: Event): { readonly of: string; readonly position: string } | undefined {
	const [of, position] =
		event.type === "line"
			? [event.function, event.line.position]
			: event.type === "request"
				? [event.request.function ?? "", event.request.position]
				: ["", undefined];
	return position === undefined ? undefined : { of, position };
}

/** How far a stream has come. */
class Progress<Streamed extends Event> {
	/** Every line up to there was told; undefined where the platform says no positions. */
	base: string | undefined;
	/** The last line of each function. */
	readonly #last = new Map<string, string>();

	/** Whether an event was not told before. */
	isNew(event: Streamed): boolean {
		if (event.type === "ping") {
			this.base = event.position ?? this.base;
			return true;
		}
		const place = placeOf(event);
		if (place === undefined) return true;
		const last = this.#last.get(place.of);
		if (last !== undefined && place.position <= last) return false;
		this.#last.set(place.of, place.position);
		return true;
	}
}

/** The error where a platform ended the stream for good, as far as the client can tell. */
function ended(): AppError {
	return new AppError({
		code: "LOG_ENDED",
		message: "The platform ended the log: it is being stopped, or the token may not read it any more.",
		hint: "Follow it again: coffer functions logs --follow.",
		exit: EXIT.network,
	});
}

/**
 * Follows a log. The first connection must succeed; later ones are tried until they do, ever more slowly.
 * @param open opens a stream: from a position, or as it was first asked for where there is none
 * @throws AppError what the platform refuses (a token that was revoked, an app or function that was deleted);
 *   `LOG_ENDED` (exit 6) where the stream of a platform ends that says no positions; nothing once the signal is aborted
 */
export async function* resumed<Streamed extends Event>(
	open: (after: string | undefined) => AsyncGenerator<Streamed>,
	{ signal, onBack, onLost }: ResumeOptions,
): AsyncGenerator<Streamed> {
	const progress = new Progress<Streamed>();
	let isLost = false;
	for (let retryMs = RETRY_MS_MIN; ; ) {
		try {
			for await (const event of open(progress.base)) {
				if (isLost) onBack();
				[isLost, retryMs] = [false, RETRY_MS_MIN];
				if (progress.isNew(event)) yield event;
			}
		} catch (error) {
			if (signal.aborted) return;
			const isPassing = error instanceof AppError && PASSING.has(error.code);
			if (!isPassing || progress.base === undefined) throw error;
		}
		if (signal.aborted) return;
		if (progress.base === undefined) throw ended();
		if (!isLost) onLost();
		isLost = true;
		await delay(retryMs, undefined, { signal }).catch(() => undefined);
		if (signal.aborted) return;
		retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
	}
}
