/**
 * Answers without end: what functions wrote and write, in the form of whoever asks.
 */

import { LOG_LINES_MAX } from "../../../protocol/function-log.ts";
import { comparePositions } from "../../../protocol/log-position.ts";
import { describeError } from "../../faults/log.ts";
import { type FunctionLifetime, isSameLifetime } from "../../functions/lifetimes.ts";
import type { Kept, LogQuery, Timed } from "../../logs/function-logs.ts";
import { type Call, isStillValid } from "../handlers.ts";
import { type Named, Newest } from "./newest.ts";
import { limitOf, present, type Source } from "./sources.ts";

const PING_MS = 15_000;
/** What may wait for a client that reads slowly; further lines are dropped, and it is said how many. */
const WAITING_BYTES = 1024 * 1024;

/** Why an answer ends that the client did not end itself. */
export type EndReason = "app_deleted" | "platform_closing" | "token_invalid" | "failed";

/** How what happens is written. An empty text writes nothing. */
export interface FollowFormat<Line> {
	readonly media: string;
	/**
	 * When all that was kept is told, and now and then: a client gives a silent platform up.
	 * @param position every line up to there was told
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

/** Lines of one function that came while others were still being read. */
interface Joining<Line> {
	readonly early: Named<Line>[];
	/** From now on its lines are told as they come. */
	goOn(): void;
}

/** Tells a client what functions wrote and write, until somebody ends it. */
class Following<Line extends Timed> {
	readonly #call: Call;
	readonly #followed: Followed<Line>;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	/** The life of each function that is followed, by its name. */
	readonly #known = new Map<string | null, FunctionLifetime>();
	readonly #stops: (() => void)[] = [];
	#isFirst = true;
	#isCatchingUp = false;
	/** Where the log was when the round before this one began. */
	#before: string | undefined;
	#dropped = 0;
	#isOver = false;
	#onRoom: () => void = () => {};

	constructor(call: Call, followed: Followed<Line>, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#followed = followed;
		this.#controller = controller;
	}

	/**
	 * Ends when the platform closes, the app is deleted, and when the token is revoked or expires. What it throws is told
	 * by the stream.
	 */
	begin(): void {
		const { closing, core, principal } = this.#call;
		const { faults } = this.#call.core;
		const failed = () => this.#finish("failed");
		const look = faults.control.callback(() => this.#look(), failed);
		const ping = setInterval(look, PING_MS);
		this.#onEnd(() => clearInterval(ping));
		this.#endWith(closing, "platform_closing");
		const invalid = faults.control.callback(() => this.#finish("token_invalid"));
		// Before the app's end, with which its tokens end too.
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

	/** Looks for functions that are new, and says that all of the others is told. */
	async #look(): Promise<void> {
		if (!isStillValid(this.#call)) return this.#finish("token_invalid");
		if (this.#isOver || this.#isCatchingUp) return;
		const { format, source } = this.#followed;
		const now = source.lines.position();
		this.#isCatchingUp = true;
		try {
			await this.#catchUp();
			await this.#room();
		} catch (error) {
			this.#call.core.log.error(describeError(error), "an answer ended with an error");
			this.#finish("failed");
		} finally {
			this.#isCatchingUp = false;
		}
		// What a function writes that is only just starting is told once it is deployed: a round later, at the latest.
		this.#send(format.ping(this.#before ?? now));
		this.#before = now;
	}

	/** Tells what is kept of the functions that are not followed yet, in its order, and follows them. */
	async #catchUp(): Promise<void> {
		const { query, source } = this.#followed;
		// A client that goes on where it was gets all of it; of what began since, nothing was told.
		const isWhole = !this.#isFirst || query.after !== undefined;
		this.#isFirst = false;
		// Their number is bounded below, where it is counted what is left out.
		const wanted = { ...query, limit: isWhole ? Number.POSITIVE_INFINITY : query.limit };
		const newest = new Newest<Line>(isWhole ? LOG_LINES_MAX : limitOf(source, query), source.sizeOf);
		const joining: Joining<Line>[] = [];
		for (const [name, lifetime] of [...present(source)]) {
			if (this.#isOver) return;
			if (isSameLifetime(this.#known.get(name), lifetime)) continue;
			this.#known.set(name, lifetime);
			joining.push(await this.#join(name, lifetime, wanted, newest));
		}
		const kept = newest.take();
		if (isWhole) this.#dropped += newest.left;
		for (const { name, line } of kept) {
			await this.#room();
			this.#line(name, line);
		}
		const early = joining.flatMap((each) => each.early);
		for (const { name, line } of early.sort((one, other) => comparePositions(one.line, other.line)))
			this.#line(name, line);
		for (const each of joining) each.goOn();
	}

	async #join(
		name: string | null,
		lifetime: FunctionLifetime,
		query: LogQuery,
		newest: Newest<Line>,
	): Promise<Joining<Line>> {
		let early: Named<Line>[] | undefined = [];
		const joining = { early, goOn: () => (early = undefined) };
		// A reader's failure ends its own answer. Whoever wrote the line, and the log, go on.
		const heard = this.#call.core.faults.control.callback(
			(line: Kept<Line>) => {
				if (early === undefined) this.#line(name, line);
				else if (early.length < LOG_LINES_MAX) early.push({ name, line });
				else this.#dropped++;
			},
			() => this.#finish("failed"),
		);
		const { lines, stop } = await this.#followed.source.lines.follow(
			lifetime.app,
			lifetime.function,
			query,
			heard,
		);
		this.#onEnd(stop);
		newest.add(name, lines);
		return joining;
	}

	get #hasRoom(): boolean {
		return (this.#controller.desiredSize ?? 0) > 0;
	}

	/** Resolves once the client has read what was sent, or nobody reads any more. */
	async #room(): Promise<void> {
		while (!this.#isOver && !this.#hasRoom)
			await new Promise<void>((resolve) => {
				this.#onRoom = resolve;
			});
	}

	/** To be called when the client has read. */
	read(): void {
		this.#onRoom();
	}

	#line(name: string | null, line: Kept<Line>): void {
		if (!this.#hasRoom) this.#dropped++;
		else this.#send(this.#followed.format.line(name, line));
	}

	#send(text: string): void {
		if (this.#isOver || !this.#hasRoom) return;
		const told = this.#dropped > 0 ? this.#followed.format.dropped(this.#dropped) : "";
		this.#dropped = 0;
		if (told + text !== "") this.#controller.enqueue(this.#encoder.encode(told + text));
	}

	/** Runs at the end, or at once where that was. */
	#onEnd(stop: () => void): void {
		if (this.#isOver) stop();
		else this.#stops.push(stop);
	}

	#finish(reason: EndReason): void {
		this.#send(this.#followed.format.end(reason));
		this.end();
	}

	/** @param isGone the client closed the stream itself */
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
	let following: Following<Line> | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				following = new Following(call, followed, controller);
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
