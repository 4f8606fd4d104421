/**
 * A client's connection of HTTP/1.1, over TCP or TLS.
 *
 * One request is in progress. The bytes of the next ones wait unread, so that responses leave in the order of the
 * requests, and pipelining does not give a client more work at a time. While many bytes wait, the connection is paused.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { BARE_ANSWERS } from "../../http/bare-answers.ts";
import { BadRequest } from "./bad-request.ts";
import type { BodyReader, ClientExchange } from "./client-exchange.ts";
import { linger, writeParts } from "./client-socket.ts";
import { Deadline, type DeadlineTimes } from "./deadline.ts";
import { HeadReader } from "./head-reader.ts";
import { type Carrier, DISCARD, Http1Exchange } from "./http1-exchange.ts";
import { type BodyDecoder, bodyDecoder } from "./request-body-decoder.ts";
import { reasonOf } from "./response-head.ts";

/** With more bytes than this that nobody reads, the connection is paused. */
const WAITING_MAX = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export interface ConnectionEvents {
	readonly faults: FaultBoundary;
	readonly times: DeadlineTimes;
	/** Whether the server is closing. */
	readonly isEnding: () => boolean;
	/** Called with each request, in its turn. */
	readonly onExchange: (exchange: ClientExchange) => void;
	/** Called when an idle connection gets a request, and when it is idle again. */
	readonly onBusy: (connection: Http1Connection) => void;
	readonly onIdle: (connection: Http1Connection) => void;
	/** Called before the connection is closed because too much waits on it for too long. */
	readonly onCutOff: () => void;
	/** Called once, when the connection has closed. */
	readonly onClosed: (connection: Http1Connection) => void;
}

export class Http1Connection implements Carrier {
	readonly #socket: Socket;
	readonly #events: ConnectionEvents;
	readonly #deadline: Deadline;
	readonly #heads = new HeadReader();
	/** Removed when the connection changes its protocol. */
	readonly #listeners: Readonly<Record<string, (bytes: Buffer) => void>>;
	readonly address: string;
	/** Bytes that were read and not used. */
	#waiting: Buffer | undefined;
	/** The request without a complete response. */
	#exchange: Http1Exchange | undefined;
	/** Finds the end of the body of the request; undefined if there is nothing more of it to read. */
	#body: BodyDecoder | undefined;
	#reader: BodyReader | undefined;
	#isReaderPaused = false;
	#isPaused = false;
	/** Whether the next request came before the response to the one before. */
	#isPipelined = false;
	#isAdvancing = false;
	/** Whether nothing more is read as requests. */
	#isClosing = false;

	/** @param socket connected, and with a completed handshake if it uses TLS */
	constructor(socket: Socket, events: ConnectionEvents) {
		this.#socket = socket;
		this.#events = events;
		this.#deadline = new Deadline(events.times);
		this.address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
		const { faults } = events;
		const destroy = () => socket.destroy();
		this.#listeners = {
			data: faults.callback((bytes: Buffer) => this.#read(bytes), destroy),
			end: faults.callback(() => this.#ended(), destroy),
			drain: faults.callback(() => this.#exchange?.onDrain?.(), destroy),
		};
		for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
		socket.on("error", destroy);
		const closed = () => this.#closed();
		socket.on("close", faults.callback(closed, closed));
	}

	get faults(): FaultBoundary {
		return this.#events.faults;
	}

	get isEnding(): boolean {
		return this.#events.isEnding();
	}

	get isReceived(): boolean {
		return this.#body === undefined;
	}

	destroy(): void {
		this.#socket.destroy();
	}

	/** Closes the connection if a deadline has passed. @param nowMs `performance.now()` */
	check(nowMs: number): void {
		if (!this.#deadline.hasPassed(nowMs)) return;
		const { phase } = this.#deadline;
		if (phase === "request" || phase === "head") this.#refuse(408);
		else {
			if (phase === "stuck") this.#events.faults.run(this.#events.onCutOff);
			this.destroy();
		}
	}

	#read(bytes: Buffer): void {
		if (this.#isClosing) return;
		this.#waiting = this.#waiting === undefined ? bytes : Buffer.concat([this.#waiting, bytes]);
		this.#advance();
	}

	/** The client sends no more. Nobody is left to answer, as far as the system can tell. */
	#ended(): void {
		const isIncomplete = this.#body !== undefined || this.#heads.hasPart;
		if (!this.#isClosing && isIncomplete && !this.#exchange?.isBegun) this.#refuse(400);
		else if (this.#exchange === undefined) this.#socket.destroySoon();
		else this.destroy();
	}

	#closed(): void {
		this.#isClosing = true;
		this.#waiting = undefined;
		this.#exchange?.over(false);
		this.#exchange = undefined;
		this.#events.onClosed(this);
	}

	/** Reads as far as possible: a head if no request is in progress, a body if there is a reader. */
	#advance(): void {
		// An exchange that ends at once calls this again.
		if (this.#isAdvancing) return;
		this.#isAdvancing = true;
		try {
			while (!this.#isClosing && this.#waiting !== undefined && this.#step());
		} catch (error) {
			if (!(error instanceof BadRequest)) throw error;
			this.#refuse(error.status);
		} finally {
			this.#isAdvancing = false;
		}
		if (!this.#isClosing) this.#settle();
	}

	/** @returns whether there may be more to read */
	#step(): boolean {
		if (this.#body !== undefined) return this.#readBody(this.#body);
		return this.#exchange === undefined && this.#readHead();
	}

	#readHead(): boolean {
		const found = this.#heads.read(this.#waiting ?? NOTHING);
		if (found === undefined) return false;
		const { head, size } = found;
		this.#use(size);
		this.#deadline.restart();
		this.#body = head.isMalformed ? undefined : bodyDecoder(head);
		this.#reader = undefined;
		this.#isReaderPaused = false;
		const exchange = new Http1Exchange(head, this, this.#isPipelined);
		this.#isPipelined = false;
		this.#exchange = exchange;
		this.#events.onBusy(this);
		if (head.expects === "unknown") refuseExpectation(exchange);
		else this.#events.onExchange(exchange);
		return true;
	}

	#readBody(body: BodyDecoder): boolean {
		const reader = this.#reader;
		if (reader === undefined || this.#isReaderPaused) return false;
		const bytes = this.#waiting ?? NOTHING;
		this.#waiting = undefined;
		const size = body.read(bytes, reader.onData);
		if (this.#isClosing) return false;
		this.#waiting = size < bytes.length ? bytes.subarray(size) : undefined;
		if (!body.isComplete) return true;
		this.#body = undefined;
		reader.onEnd();
		if (this.#exchange === undefined) this.#events.onIdle(this);
		return true;
	}

	#use(size: number): void {
		const bytes = this.#waiting ?? NOTHING;
		this.#waiting = size < bytes.length ? bytes.subarray(size) : undefined;
	}

	/** Pauses or resumes the connection, and sets the deadline of what comes next. */
	#settle(): void {
		const isFull = (this.#waiting?.length ?? 0) > WAITING_MAX;
		const isPaused = isFull || (this.#body !== undefined && this.#isReaderPaused);
		if (isPaused !== this.#isPaused) {
			this.#isPaused = isPaused;
			if (isPaused) this.#socket.pause();
			else this.#socket.resume();
		}
		if (this.#body !== undefined) this.#deadline.begin("request");
		else if (this.#exchange !== undefined) this.#deadline.begin(isFull ? "stuck" : "answer");
		else this.#deadline.begin(this.#heads.hasPart ? "head" : "idle");
	}

	readBody(reader: BodyReader): void {
		this.#reader = reader;
		this.#isReaderPaused = false;
		if (this.#body === undefined) return;
		this.#advance();
	}

	pauseBody(isPaused: boolean): void {
		if (this.#isReaderPaused === isPaused) return;
		this.#isReaderPaused = isPaused;
		this.#advance();
	}

	write(text: string, data: Buffer | undefined, tail: string): boolean {
		return writeParts(this.#socket, text, data, tail);
	}

	ended(exchange: Http1Exchange): void {
		const answered = () => this.#answered(exchange);
		if (this.#socket.writableLength === 0) answered();
		// The client has not taken all of it. If the connection breaks before, `close` ends the exchange.
		else {
			const destroy = () => this.destroy();
			this.#socket.write("", "latin1", this.#events.faults.callback(answered, destroy));
		}
	}

	#answered(exchange: Http1Exchange): void {
		if (exchange !== this.#exchange) return;
		this.#exchange = undefined;
		exchange.over(true);
		if (!exchange.isKeptAlive || this.isEnding) {
			const isRead = this.#body === undefined && this.#waiting === undefined && !exchange.isMalformed;
			this.#stopReading();
			if (isRead) this.#socket.destroySoon();
			else linger(this.#socket, this.#events.faults);
			return;
		}
		this.#isPipelined = this.#body === undefined && this.#waiting !== undefined;
		// The rest of the body is read all the same: after it, the client may send another request.
		if (this.#body !== undefined) this.readBody(DISCARD);
		else {
			this.#events.onIdle(this);
			this.#advance();
		}
	}

	/** Answers that the bytes are not a request or came too slowly, and closes the connection. */
	#refuse(status: BadRequest["status"]): void {
		const exchange = this.#exchange;
		const isAnswered = exchange === undefined && this.#body !== undefined;
		this.#exchange = undefined;
		this.#stopReading();
		exchange?.over(false);
		if (exchange?.isBegun || !this.#socket.writable) {
			this.destroy();
			return;
		}
		if (!isAnswered) this.#socket.write(BARE_ANSWERS[status], "latin1");
		linger(this.#socket, this.#events.faults);
	}

	#stopReading(): void {
		this.#isClosing = true;
		this.#waiting = undefined;
		this.#body = undefined;
		this.#deadline.begin("answer");
	}

	handOver(): { stream: Duplex; received: Buffer } {
		const received = this.#waiting ?? NOTHING;
		this.#stopReading();
		for (const [event, listener] of Object.entries(this.#listeners)) this.#socket.off(event, listener);
		return { stream: this.#socket, received };
	}
}

/** Answers a request that expects something unknown (RFC 9110, section 10.1.1). */
function refuseExpectation(exchange: ClientExchange): void {
	if (exchange.hasBody) exchange.closeAfterwards();
	const headers = ["Content-Length", "0"];
	exchange.begin({ status: 417, reason: reasonOf(417), headers, length: 0 });
	exchange.end();
}
