/**
 * Follows a stream of a platform's logs across broken connections and restarts of the platform: it continues at
 * the last position, without missing or repeated lines.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";
import type { LogEvent } from "../../protocol/function-log.ts";
import type { RequestEvent } from "../../protocol/request-log.ts";

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;

/** Codes of errors after which a new connection may succeed. */
const PASSING = new Set([
	"PLATFORM_UNREACHABLE",
	"PLATFORM_REDIRECTED",
	"PLATFORM_TIMEOUT",
	"PLATFORM_ANSWER_CUT",
	// A proxy may answer if the platform does not run.
	"PLATFORM_ANSWER_UNKNOWN",
	"TOKEN_RATE_EXCEEDED",
	"STORE_BUSY",
	"STORE_CLOSED",
]);

export interface ResumeOptions {
	/** Ends the stream. */
	readonly signal: AbortSignal;
	/** Called once when the connection is lost. */
	onLost(): void;
	/** Called when the connection works again. */
	onBack(): void;
}

type Event = LogEvent | RequestEvent;

/**
 * The node and function of a line, and the line's position; undefined for an event that is not a line, or has no
 * position.
 */
function placeOf(event: Event): { readonly of: string; readonly position: string } | undefined {
	const [node = "", name, position] =
		event.type === "line"
			? [event.node, event.function, event.line.position]
			: event.type === "request"
				? [event.request.node, event.request.function ?? "", event.request.position]
				: [];
	return position === undefined ? undefined : { of: `${node}/${name}`, position };
}

/** The position up to which a stream has been read. */
class Progress<Streamed extends Event> {
	/** All lines up to these positions were reported; undefined if the platform sends no positions. */
	base: readonly string[] | undefined;
	/** The position of each function's last line on each node. */
	readonly #last = new Map<string, string>();

	/** Whether an event was not reported before. */
	isNew(event: Streamed): boolean {
		if (event.type === "ping") {
			const { position, positions } = event;
			if (positions !== undefined) this.base = positions.map((one) => `${one.node}:${one.position}`);
			else if (position !== undefined) this.base = [position];
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

/** The error for a stream that the platform ended and probably will not continue. */
function ended(): AppError {
	return new AppError({
		code: "LOG_ENDED",
		message: "The platform ended the log: it is stopping, or the token may no longer read the log.",
		hint: "Follow it again: coffer functions logs --follow.",
		exit: EXIT.network,
	});
}

/**
 * Follows a log. The first connection must succeed. Later ones are retried at growing intervals until they succeed.
 * @param open opens a stream from positions, or from the beginning of the request if there is none
 * @throws AppError the platform's refusal (a revoked token, a deleted app or function); `LOG_ENDED` (exit 6) if
 *   a platform that sends no positions ends the stream; nothing after the signal is aborted
 */
export async function* resumed<Streamed extends Event>(
	open: (after: readonly string[] | undefined) => AsyncGenerator<Streamed>,
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
