/** Answers without an end: the stored lines of functions, then each new line, in a format that the caller chooses. */

import { LOG_LINES_MAX } from "../../../protocol/function-log.ts";
import { comparePositions } from "../../../protocol/log-position.ts";
import { describeError } from "../../faults/log.ts";
import { type FunctionLifetime, isSameLifetime } from "../../functions/lifetimes.ts";
import type { Kept, LogQuery, Timed } from "../../logs/function-logs.ts";
import { type Call, isStillValid } from "../endpoint.ts";
import { type NamedLine, Newest } from "./newest.ts";
import { limitOf, present, type Source } from "./sources.ts";

const PING_MS = 15_000;
/** The most bytes that wait for a slow client. Further lines are dropped, and their number is reported. */
const WAITING_BYTES = 1024 * 1024;

/** The reason why the platform ended an answer. */
export type EndReason = "app_deleted" | "platform_closing" | "token_invalid" | "failed";

/** How events are written. An empty text writes nothing. */
export interface FollowFormat<Line> {
	readonly media: string;
	/**
	 * Sent after all stored lines, and then at intervals, since clients close a connection without traffic.
	 * @param position every line up to this position has been sent
	 */
	ping(position: string | undefined): string;
	line(name: string | null, line: Kept<Line>): string;
	dropped(lines: number): string;
	end(reason: EndReason): string;
}

export interface Followed<Line extends Timed> {
	readonly source: Source<Line>;
	readonly query: LogQuery;
	readonly format: FollowFormat<Line>;
}

/** Lines of one function that were written while the stored lines of others were still being read. */
interface FunctionJoin<Line> {
	readonly early: NamedLine<Line>[];
	/** From now on, its lines are sent when they are written. */
	sendDirectly(): void;
}

/** Sends the lines of functions to a client until one side ends it. */
class LogFollower<Line extends Timed> {
	readonly #call: Call;
	readonly #followed: Followed<Line>;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	/** The lifetime of each function that is followed, by its name. */
	readonly #known = new Map<string | null, FunctionLifetime>();
	readonly #stops: (() => void)[] = [];
	#isFirst = true;
	#isCatchingUp = false;
	/** The position of the log when the previous round began. */
	#previousPosition: string | undefined;
	#dropped = 0;
	#isOver = false;
	#onRoom: () => void = () => {};

	constructor(call: Call, followed: Followed<Line>, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#followed = followed;
		this.#controller = controller;
	}

	/**
	 * Starts. Ends when the platform closes, the app is deleted, or the token is revoked or expires. The stream
	 * reports what this throws.
	 */
	begin(): void {
		const { closing, core, principal } = this.#call;
		const { faults } = this.#call.core;
		const failed = () => this.#finish("failed");
		const look = faults.control.callback(() => this.#sendRound(), failed);
		const ping = setInterval(look, PING_MS);
		this.#onEnd(() => clearInterval(ping));
		this.#endWith(closing, "platform_closing");
		const invalid = faults.control.callback(() => this.#finish("token_invalid"));
		// Registered before the end of the app, because that ends its tokens too.
		if (principal !== undefined) this.#onEnd(core.tokens.onInvalid(principal, core.clock, invalid));
		this.#endWith(this.#followed.source.app.retired, "app_deleted");
		look();
	}

	#endWith(signal: AbortSignal, reason: EndReason): void {
		const end = () => this.#finish(reason);
		signal.addEventListener("abort", end);
		this.#onEnd(() => signal.removeEventListener("abort", end));
		if (signal.aborted) end();
	}

	/** Finds new functions, sends their stored lines, and reports the position up to which all lines have been sent. */
	async #sendRound(): Promise<void> {
		if (!isStillValid(this.#call)) return this.#finish("token_invalid");
		if (this.#isOver || this.#isCatchingUp) return;
		const { format, source } = this.#followed;
		const now = source.lines.position();
		this.#isCatchingUp = true;
		try {
			await this.#catchUp();
			await this.#waitForRoom();
		} catch (error) {
			this.#call.core.log.error(describeError(error), "an answer ended with an error");
			this.#finish("failed");
		} finally {
			this.#isCatchingUp = false;
		}
		// The lines of a function that is still starting are sent once it is deployed, at the latest in the next round.
		this.#send(format.ping(this.#previousPosition ?? now));
		this.#previousPosition = now;
	}

	/** Sends the stored lines of functions that are not followed yet, in order, and follows them. */
	async #catchUp(): Promise<void> {
		const { query, source } = this.#followed;
		// A client that resumes gets all lines since its position, and so does a function that is new since the
		// last round.
		const isWhole = !this.#isFirst || query.after !== undefined;
		this.#isFirst = false;
		// The number of lines is limited below, where dropped lines are counted.
		const wanted = { ...query, limit: isWhole ? Number.POSITIVE_INFINITY : query.limit };
		const newest = new Newest<Line>(isWhole ? LOG_LINES_MAX : limitOf(source, query), source.sizeOf);
		const joining: FunctionJoin<Line>[] = [];
		for (const [name, lifetime] of [...present(source)]) {
			if (this.#isOver) return;
			if (isSameLifetime(this.#known.get(name), lifetime)) continue;
			this.#known.set(name, lifetime);
			joining.push(await this.#join(name, lifetime, wanted, newest));
		}
		const kept = newest.take();
		if (isWhole) this.#dropped += newest.left;
		for (const { name, line } of kept) {
			await this.#waitForRoom();
			this.#sendLine(name, line);
		}
		const early = joining.flatMap((each) => each.early);
		for (const { name, line } of early.sort((one, other) => comparePositions(one.line, other.line)))
			this.#sendLine(name, line);
		for (const each of joining) each.sendDirectly();
	}

	async #join(
		name: string | null,
		lifetime: FunctionLifetime,
		query: LogQuery,
		newest: Newest<Line>,
	): Promise<FunctionJoin<Line>> {
		let early: NamedLine<Line>[] | undefined = [];
		const joining = { early, sendDirectly: () => (early = undefined) };
		// An error while sending ends this answer only, and must not affect the code that writes the line.
		const onLine = this.#call.core.faults.control.callback(
			(line: Kept<Line>) => {
				if (early === undefined) this.#sendLine(name, line);
				else if (early.length < LOG_LINES_MAX) early.push({ name, line });
				else this.#dropped++;
			},
			() => this.#finish("failed"),
		);
		const { lines, stop } = await this.#followed.source.lines.follow(
			lifetime.app,
			lifetime.function,
			query,
			onLine,
		);
		this.#onEnd(stop);
		newest.add(name, lines);
		return joining;
	}

	get #hasRoom(): boolean {
		return (this.#controller.desiredSize ?? 0) > 0;
	}

	/** Resolves once the client has read the sent data, or the answer has ended. */
	async #waitForRoom(): Promise<void> {
		while (!this.#isOver && !this.#hasRoom)
			await new Promise<void>((resolve) => {
				this.#onRoom = resolve;
			});
	}

	/** Call it when the client has read. */
	read(): void {
		this.#onRoom();
	}

	#sendLine(name: string | null, line: Kept<Line>): void {
		if (!this.#hasRoom) this.#dropped++;
		else this.#send(this.#followed.format.line(name, line));
	}

	#send(text: string): void {
		if (this.#isOver || !this.#hasRoom) return;
		const told = this.#dropped > 0 ? this.#followed.format.dropped(this.#dropped) : "";
		this.#dropped = 0;
		if (told + text !== "") this.#controller.enqueue(this.#encoder.encode(told + text));
	}

	/** Runs `stop` at the end. Runs it at once if the answer has ended. */
	#onEnd(stop: () => void): void {
		if (this.#isOver) stop();
		else this.#stops.push(stop);
	}

	#finish(reason: EndReason): void {
		this.#send(this.#followed.format.end(reason));
		this.end();
	}

	/** @param isGone whether the client closed the stream */
	end(isGone = false): void {
		if (this.#isOver) return;
		this.#isOver = true;
		for (const stop of this.#stops) stop();
		this.#onRoom();
		if (!isGone) this.#controller.close();
	}
}

/** The answer that follows functions. */
export function follow<Line extends Timed>(call: Call, followed: Followed<Line>): Response {
	let following: LogFollower<Line> | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				following = new LogFollower(call, followed, controller);
				following.begin();
			},
			pull: () => following?.read(),
			cancel: () => following?.end(true),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, {
		headers: { "content-type": followed.format.media, "cache-control": "no-store" },
	});
}
