/**
 * Answers without end: what functions wrote and write, in the form of whoever asks.
 */

import { LOG_LINES_MAX } from "../../protocol/function-log.ts";
import type { App } from "../app.ts";
import { type FunctionLife, isSameLife } from "../life.ts";
import { describeError } from "../log.ts";
import type { LogLine, LogQuery } from "../logs/function-logs.ts";
import { appOf, type Call, isStillValid } from "./handlers.ts";

const PING_MS = 15_000;
/** What may wait for a client that reads slowly; further lines are dropped, and it is said how many. */
const WAITING_BYTES = 1024 * 1024;

/** Why an answer ends that the client did not end itself. */
export type EndReason = "app_deleted" | "platform_closing" | "token_invalid" | "failed";

/** How what happens is written. An empty text writes nothing. */
export interface FollowFormat {
	readonly media: string;
	/** When all that was kept is told, and now and then: a client gives a silent platform up. */
	readonly ping: string;
	line(name: string, line: LogLine): string;
	dropped(lines: number): string;
	end(reason: EndReason): string;
}

export interface Followed {
	/** The functions; undefined: all that the app has, those too that come later. */
	readonly names: readonly string[] | undefined;
	readonly query: LogQuery;
	readonly format: FollowFormat;
}

/** Tells a client what functions wrote and write, until somebody ends it. */
class Following {
	readonly #call: Call;
	readonly #followed: Followed;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	readonly #app: App;
	/** The life of each function that is followed, by its name. */
	readonly #known = new Map<string, FunctionLife>();
	readonly #stops: (() => void)[] = [];
	#dropped = 0;
	#isOver = false;

	constructor(call: Call, followed: Followed, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#app = appOf(call);
		this.#followed = followed;
		this.#controller = controller;
	}

	/**
	 * Ends when the platform closes, the app is deleted, and when the token is revoked or expires. What it throws is told
	 * by the stream.
	 */
	async begin(): Promise<void> {
		const { closing, core, principal } = this.#call;
		const { faults } = this.#call.core;
		const failed = () => this.#finish("failed");
		const ping = setInterval(
			faults.control.callback(() => this.#ping(), failed),
			PING_MS,
		);
		this.#onEnd(() => clearInterval(ping));
		this.#endWith(closing, "platform_closing");
		const invalid = faults.control.callback(() => this.#finish("token_invalid"));
		// Before the app's end, with which its tokens end too.
		if (principal !== undefined) this.#onEnd(core.tokens.onInvalid(principal, core.clock, invalid));
		this.#endWith(this.#app.retired, "app_deleted");
		await this.#ping();
	}

	#endWith(signal: AbortSignal, reason: EndReason): void {
		const end = () => this.#finish(reason);
		signal.addEventListener("abort", end);
		this.#onEnd(() => signal.removeEventListener("abort", end));
		if (signal.aborted) end();
	}

	async #ping(): Promise<void> {
		const { core } = this.#call;
		if (!isStillValid(this.#call)) return this.#finish("token_invalid");
		try {
			const names = this.#followed.names ?? [...this.#app.state.functions.keys()];
			for (const name of names) await this.#follow(name);
		} catch (error) {
			core.log.error(describeError(error), "an answer ended with an error");
			this.#finish("failed");
		}
		// Also where there are no lines.
		this.#send(this.#followed.format.ping);
	}

	/** Follows the function that has the name now, unless that is done already. */
	async #follow(name: string): Promise<void> {
		const life = this.#app.lifeOf(name);
		if (life === undefined || isSameLife(this.#known.get(name), life)) return;
		// One that took the place of another since the last look has told nothing of itself yet.
		const limit = this.#known.has(name) ? LOG_LINES_MAX : this.#followed.query.limit;
		this.#known.set(name, life);
		const { core } = this.#call;
		let isBehind = true;
		const early: LogLine[] = [];
		const query = { ...this.#followed.query, limit };
		// A reader's failure ends its own answer. Whoever wrote the line, and the log, go on.
		const heard = core.faults.control.callback(
			(line: LogLine) => {
				if (isBehind) early.push(line);
				else this.#line(name, line);
			},
			() => this.#finish("failed"),
		);
		const { lines, stop } = await core.logs.follow(life.app, life.function, query, heard);
		this.#onEnd(stop);
		for (const line of [...lines, ...early]) this.#line(name, line);
		isBehind = false;
	}

	#line(name: string, line: LogLine): void {
		if ((this.#controller.desiredSize ?? 0) <= 0) this.#dropped++;
		else this.#send(this.#followed.format.line(name, line));
	}

	#send(text: string): void {
		if (this.#isOver || (this.#controller.desiredSize ?? 0) <= 0) return;
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
		if (!isGone) this.#controller.close();
	}
}

/** The answer that follows functions. */
export function follow(call: Call, followed: Followed): Response {
	let following: Following | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				following = new Following(call, followed, controller);
				return following.begin();
			},
			cancel: () => following?.end(true),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, {
		headers: { "content-type": followed.format.media, "cache-control": "no-store" },
	});
}
