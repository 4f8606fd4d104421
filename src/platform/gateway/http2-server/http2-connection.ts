/** A client's connection of HTTP/2, over TLS. Node's own module reads and writes its frames. */
import {
	constants,
	type IncomingHttpHeaders,
	performServerHandshake,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { LINGER_MS } from "../../http/linger.ts";
import { BadRequest } from "../http-server/bad-request.ts";
import type { ClientExchange } from "../http-server/client-exchange.ts";
import { addressOf } from "../http-server/client-socket.ts";
import { Deadline, type DeadlineTimes } from "../http-server/deadline.ts";
import type { RequestHead } from "../http-server/request-head.ts";
import { FloodGuard } from "./flood-guard.ts";
import { Http2Exchange, type StreamCarrier } from "./http2-exchange.ts";
import { refuse } from "./refusal.ts";
import { readRequestFields } from "./request-fields.ts";
import { SESSION_OPTIONS } from "./session-options.ts";

const {
	NGHTTP2_ENHANCE_YOUR_CALM,
	NGHTTP2_FLAG_END_STREAM,
	NGHTTP2_INTERNAL_ERROR,
	NGHTTP2_NO_ERROR,
	NGHTTP2_REFUSED_STREAM,
} = constants;

export interface Http2Events {
	readonly faults: FaultBoundary;
	readonly times: DeadlineTimes;
	/** Counts a stream. @returns a function that counts it out, or undefined if a limit refuses it */
	readonly enter: (address: string) => (() => void) | undefined;
	readonly onExchange: (exchange: ClientExchange) => void;
	/** Called when the first stream opens, and when the last one has closed. */
	readonly onBusy: (connection: Http2Connection) => void;
	readonly onIdle: (connection: Http2Connection) => void;
	/** Called before the connection is closed because its client makes work without making requests. */
	readonly onCutOff: () => void;
	/** Called once, when the connection has closed. */
	readonly onClosed: (connection: Http2Connection) => void;
}

export class Http2Connection implements StreamCarrier {
	readonly #socket: TLSSocket;
	readonly #events: Http2Events;
	readonly #session: ServerHttp2Session;
	readonly #deadline: Deadline;
	/** Gets the errors of the session and its streams. What the client did wrong is no fault of the platform. */
	readonly #ignore: () => void;
	readonly #guard = new FloodGuard(performance.now());
	/** The open streams, each with the function that counts it out. */
	readonly #streams = new Map<Http2Exchange, () => void>();
	readonly address: string;
	/** The bytes of the requests whose streams have closed, and of the fields of the others. */
	#usefulBytes = 0;
	/** When something arrived last, or when the client was asked for an answer since then. */
	#heard = { bytes: 0, atMs: 0, isAsked: false };
	/** Whether the connection closes at once. */
	#isEnding = false;

	/** @param socket with a completed handshake, in which the client chose HTTP/2 */
	constructor(socket: TLSSocket, events: Http2Events) {
		this.#socket = socket;
		this.#events = events;
		this.#deadline = new Deadline(events.times);
		this.address = addressOf(socket);
		const { faults } = events;
		const destroy = () => this.destroy();
		const closed = () => events.onClosed(this);
		socket.on("close", faults.callback(closed, closed));
		socket.on("error", faults.callback(destroy));
		// A client that sends no more reads nothing either, as far as the system can tell.
		socket.on("end", faults.callback(destroy, destroy));
		this.#session = performServerHandshake(socket, SESSION_OPTIONS);
		this.#ignore = faults.callback(() => undefined);
		this.#session.on("error", this.#ignore);
		const open = (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, flags: number, raw: string[]) =>
			this.#open(stream, flags, raw);
		const reset = (_error: unknown, stream: ServerHttp2Stream) => {
			stream.on("error", this.#ignore);
			stream.close(NGHTTP2_INTERNAL_ERROR);
		};
		this.#session.on("stream", faults.callback(open, reset));
	}

	get faults(): FaultBoundary {
		return this.#events.faults;
	}

	/** Closes the connection at once. */
	destroy(): void {
		this.#end(NGHTTP2_NO_ERROR);
	}

	/** Takes no more requests, and closes the connection when all of its requests have their responses. */
	finish(): void {
		// Tells the client which streams are served, so that it can repeat the others elsewhere.
		if (!this.#session.destroyed) this.#session.close();
		if (this.#streams.size === 0) this.#destroySoon();
	}

	/** Closes what has taken too long. @param nowMs `performance.now()` */
	check(nowMs: number): void {
		this.faults.run(
			() => this.#check(nowMs),
			() => this.destroy(),
		);
	}

	#check(nowMs: number): void {
		let useful = this.#usefulBytes;
		for (const exchange of this.#streams.keys()) {
			useful += exchange.bodyBytes;
			const isLate = nowMs - exchange.startedMs >= this.#events.times.requestMs;
			if (isLate && !exchange.isReceived) exchange.expire();
		}
		const { bytesRead: received, bytesWritten: sent } = this.#socket;
		if (this.#guard.isFlooded(nowMs, { received, sent, useful })) this.#cutOff();
		else if (this.#isSilent(nowMs, received)) this.destroy();
		else if (this.#deadline.hasPassed(nowMs)) {
			this.#deadline.begin("answer");
			this.finish();
		}
	}

	/**
	 * Whether the client does not even answer a PING while it waits for a response. It may have vanished. Or it made
	 * nghttp2 end the connection, which Node then neither reads nor closes.
	 */
	#isSilent(nowMs: number, received: number): boolean {
		if (received !== this.#heard.bytes || this.#streams.size === 0) {
			this.#heard = { bytes: received, atMs: nowMs, isAsked: false };
			return false;
		}
		if (nowMs - this.#heard.atMs < this.#events.times.requestMs / 2) return false;
		if (this.#heard.isAsked) return true;
		if (!this.#session.destroyed) this.#session.ping(() => undefined);
		this.#heard = { bytes: received, atMs: nowMs, isAsked: true };
		return false;
	}

	#cutOff(): void {
		if (this.#isEnding) return;
		this.faults.run(this.#events.onCutOff);
		this.#end(NGHTTP2_ENHANCE_YOUR_CALM);
	}

	/** Closes the connection, and tells the client the reason if it reads. */
	#end(code: number): void {
		if (this.#isEnding) return;
		this.#isEnding = true;
		for (const exchange of this.#streams.keys()) exchange.cancel();
		if (!this.#session.destroyed) this.#session.goaway(code);
		const error = code === NGHTTP2_NO_ERROR ? undefined : new Error("The connection is cut off.");
		// Node writes the frame in a task of its own, which comes before this one.
		setImmediate(this.faults.callback(() => this.#session.destroy(error, code)));
		this.#destroySoon();
	}

	/** A client that does not read has some time, and no more. */
	#destroySoon(): void {
		const timer = setTimeout(
			this.faults.callback(() => this.#socket.destroy()),
			LINGER_MS,
		).unref();
		this.#socket.once("close", clearTimeout.bind(undefined, timer));
	}

	#open(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
		stream.on("error", this.#ignore);
		for (const text of raw) this.#usefulBytes += text.length;
		const head = stream.closed || this.#isEnding ? undefined : this.#read(stream, raw);
		if (head === undefined) {
			this.#wasCancelled();
			return;
		}
		const leave = this.#events.enter(this.address);
		if (leave === undefined) {
			stream.close(NGHTTP2_REFUSED_STREAM);
			return;
		}
		const exchange = new Http2Exchange(head, stream, (flags & NGHTTP2_FLAG_END_STREAM) !== 0, this);
		if (this.#streams.size === 0) this.#events.onBusy(this);
		this.#streams.set(exchange, leave);
		this.#deadline.begin("answer");
		this.#events.onExchange(exchange);
	}

	/** @returns undefined if the request was refused */
	#read(stream: ServerHttp2Stream, raw: readonly string[]): RequestHead | undefined {
		try {
			const head = readRequestFields(raw);
			if (head.expects !== "unknown") return head;
			refuse(stream, 417, this.faults);
		} catch (error) {
			if (!(error instanceof BadRequest)) throw error;
			refuse(stream, error.status, this.faults);
		}
		return undefined;
	}

	onStreamClosed(exchange: Http2Exchange, isCancelled: boolean): void {
		this.#usefulBytes += exchange.bodyBytes;
		this.#streams.get(exchange)?.();
		this.#streams.delete(exchange);
		if (isCancelled) this.#wasCancelled();
		if (this.#streams.size > 0) return;
		this.#events.onIdle(this);
		this.#deadline.begin("idle");
		if (this.#session.closed) this.finish();
	}

	#wasCancelled(): void {
		if (this.#guard.cancelled()) this.#cutOff();
	}
}
