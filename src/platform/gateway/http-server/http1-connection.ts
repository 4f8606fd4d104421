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
import { linger } from "../../http/linger.ts";
import { readDirectly } from "../direct-reads.ts";
import { BadRequest } from "./bad-request.ts";
import type { BodyReader } from "./client-exchange.ts";
import { addressOf, writeParts } from "./client-socket.ts";
import type { ConnectionEvents } from "./connection-events.ts";
import { Deadline } from "./deadline.ts";
import { type Carrier, DISCARD, Http1Exchange } from "./http1-exchange.ts";
import type { RequestHead } from "./request-head.ts";
import { RequestReader } from "./request-reader.ts";

/** With more bytes than this that nobody reads, the connection is paused. */
const WAITING_MAX = 64 * 1024;

export class Http1Connection implements Carrier {
	readonly #socket: Socket;
	readonly #events: ConnectionEvents<Http1Connection>;
	readonly #deadline: Deadline;
	readonly #requests: RequestReader;
	readonly #destroy = () => this.destroy();
	/** Removed when the connection changes its protocol. */
	readonly #listeners: Readonly<Record<string, () => void>>;
	readonly #stopDirectReads: () => void;
	readonly address: string;
	/** The request without a complete response. */
	#exchange: Http1Exchange | undefined;
	/** Whether the socket is paused. */
	#isPaused = false;
	/** Whether the next request came before the response to the one before. */
	#isPipelined = false;
	#isAdvancing = false;
	/** Whether nothing more is read as requests. */
	#isClosing = false;

	/** @param socket connected, and with a completed handshake if it uses TLS */
	constructor(socket: Socket, events: ConnectionEvents<Http1Connection>) {
		this.#socket = socket;
		this.#events = events;
		this.#deadline = new Deadline(events.times);
		this.#requests = new RequestReader({
			onHead: (head) => this.#begin(head),
			onReceived: () => {
				if (this.#exchange === undefined) events.onIdle(this);
			},
		});
		this.address = addressOf(socket);
		const { faults } = events;
		const destroy = this.#destroy;
		this.#listeners = {
			end: faults.callback(() => this.#ended(), destroy),
			drain: faults.callback(() => this.#exchange?.onDrain?.(), destroy),
		};
		for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
		const read = (bytes: Buffer) => this.#read(bytes);
		this.#stopDirectReads = readDirectly(socket, faults.callback(read, destroy));
		socket.on("error", faults.callback(destroy));
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
		return this.#requests.isReceived;
	}

	destroy(): void {
		this.#socket.destroy();
	}

	/** Closes the connection if a deadline has passed. @param nowMs `performance.now()` */
	check(nowMs: number): void {
		if (this.#deadline.hasPassed(nowMs)) this.#events.faults.run(() => this.#expire(), this.#destroy);
	}

	#expire(): void {
		const { phase } = this.#deadline;
		if (phase === "request" || phase === "head") this.#refuse(408);
		else {
			if (phase === "stuck") this.#events.faults.run(this.#events.onCutOff);
			this.destroy();
		}
	}

	#read(bytes: Buffer): void {
		if (this.#isClosing) return;
		this.#requests.add(bytes);
		this.#advance();
	}

	/** The client sends no more. Nobody is left to answer, as far as the system can tell. */
	#ended(): void {
		const isIncomplete = !this.isReceived || this.#requests.hasPart;
		if (!this.#isClosing && isIncomplete && !this.#exchange?.isBegun) this.#refuse(400);
		else if (this.#exchange === undefined) this.#socket.destroySoon();
		else this.destroy();
	}

	#closed(): void {
		this.#stopReading();
		this.#exchange?.over(false);
		this.#exchange = undefined;
		this.#events.onClosed(this);
	}

	/** Reads as far as possible: a head if no request is in progress, a body if there is a reader. Never throws. */
	#advance(): void {
		// An exchange that ends at once calls this again.
		if (this.#isAdvancing) return;
		this.#isAdvancing = true;
		try {
			while (this.#requests.step(this.#exchange === undefined));
			if (!this.#isClosing) this.#settle();
		} catch (error) {
			this.#events.faults.run(() => this.#refuseFor(error), this.#destroy);
		} finally {
			this.#isAdvancing = false;
		}
	}

	#refuseFor(error: unknown): void {
		if (!(error instanceof BadRequest)) throw error;
		this.#refuse(error.status);
	}

	#begin(head: RequestHead): void {
		this.#deadline.restart();
		const exchange = new Http1Exchange(head, this, this.#isPipelined);
		this.#isPipelined = false;
		this.#exchange = exchange;
		this.#events.onBusy(this);
		if (head.expects === "unknown") exchange.refuseExpectation();
		else this.#events.onExchange(exchange);
	}

	/** Pauses or resumes the connection, and sets the deadline of what comes next. */
	#settle(): void {
		const requests = this.#requests;
		const isFull = requests.waiting > WAITING_MAX;
		const isPaused = isFull || requests.isPaused;
		if (isPaused !== this.#isPaused) {
			this.#isPaused = isPaused;
			if (isPaused) this.#socket.pause();
			else this.#socket.resume();
		}
		if (!requests.isReceived) this.#deadline.begin("request");
		else if (this.#exchange !== undefined) this.#deadline.begin(isFull ? "stuck" : "answer");
		else this.#deadline.begin(requests.hasPart ? "head" : "idle");
	}

	readBody(reader: BodyReader): void {
		this.#requests.setBodyReader(reader);
		this.#advance();
	}

	pauseBody(isPaused: boolean): void {
		this.#requests.pause(isPaused);
		this.#advance();
	}

	write(text: string, data: Buffer | undefined, tail: string): boolean {
		return writeParts(this.#socket, text, data, tail);
	}

	ended(exchange: Http1Exchange): void {
		const { faults } = this.#events;
		if (this.#socket.writableLength === 0) {
			faults.run(() => this.#answered(exchange), this.#destroy);
			return;
		}
		// The client has not taken all of it. If the connection breaks before, `close` ends the exchange.
		const flushed = (error?: Error | null) => (error ? undefined : this.#answered(exchange));
		this.#socket.write("", "latin1", faults.callback(flushed, this.#destroy));
	}

	#answered(exchange: Http1Exchange): void {
		if (exchange !== this.#exchange) return;
		exchange.over(true);
		this.#exchange = undefined;
		if (!exchange.isKeptAlive || this.isEnding) {
			const isRead = this.isReceived && this.#requests.waiting === 0 && !exchange.isMalformed;
			this.#stopReading();
			if (isRead) this.#socket.destroySoon();
			else linger(this.#socket, this.#events.faults, this.#events.isEnding);
			return;
		}
		this.#isPipelined = this.isReceived && this.#requests.waiting > 0;
		// The rest of the body is read all the same: after it, the client may send another request.
		if (!this.isReceived) this.readBody(DISCARD);
		else {
			this.#events.onIdle(this);
			this.#advance();
		}
	}

	/** Answers a request that is none or came too slowly, and closes the connection. */
	#refuse(status: BadRequest["status"]): void {
		const exchange = this.#exchange;
		const isAnswered = exchange === undefined && !this.isReceived;
		this.#stopReading();
		exchange?.over(false);
		this.#exchange = undefined;
		if (exchange?.isBegun || !this.#socket.writable) this.destroy();
		else {
			if (!isAnswered) this.#socket.write(BARE_ANSWERS[status], "latin1");
			linger(this.#socket, this.#events.faults, this.#events.isEnding);
		}
	}

	/** @returns the bytes that were not read */
	#stopReading(): Buffer {
		this.#isClosing = true;
		this.#deadline.begin("answer");
		return this.#requests.stop();
	}

	handOver(): { stream: Duplex; received: Buffer } {
		const received = this.#stopReading();
		for (const [event, listener] of Object.entries(this.#listeners)) this.#socket.off(event, listener);
		this.#stopDirectReads();
		return { stream: this.#socket, received };
	}
}
