/** A connection to a function. It carries one exchange at a time. */
import type { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { readDirectly } from "../direct-reads.ts";
import { invalidAnswer, PROBLEMS, type Problem } from "../problem.ts";
import type { FunctionExchange, FunctionRequest } from "./exchange.ts";
import { InvalidResponse } from "./invalid-response.ts";
import { RequestBody } from "./request-body.ts";
import { hasHeader, headOf, WITH_BODY } from "./request-head.ts";
import { ResponseParser } from "./response-parser.ts";

export interface FunctionConnectionEvents {
	/** Called when the connection can take another exchange. */
	readonly onFree: (connection: FunctionConnection) => void;
	/** Called once, when the connection has closed. */
	readonly onClosed: (connection: FunctionConnection) => void;
}

export class FunctionConnection {
	readonly #socket: Socket;
	readonly #faults: FaultBoundary;
	readonly #events: FunctionConnectionEvents;
	readonly #parser: ResponseParser;
	readonly #stopFaulty = () => this.#fail(PROBLEMS.internal);
	#exchange: FunctionExchange | undefined;
	#body: RequestBody | undefined;
	/** Whether the function has to read or to respond, and no head has arrived. Then the time limit applies. */
	#isWaiting = false;
	#timer: NodeJS.Timeout | undefined;
	#timerMs = 0;
	/** When the time limit of the request passes (`performance.now()`). */
	#deadlineMs = 0;
	/** When the connection became idle (`performance.now()`). */
	idleSinceMs = 0;

	/** @param socket connected */
	constructor(socket: Socket, faults: FaultBoundary, events: FunctionConnectionEvents) {
		this.#socket = socket;
		this.#faults = faults;
		this.#events = events;
		this.#parser = new ResponseParser({
			onHead: (answer) => {
				this.#isWaiting = false;
				this.#exchange?.handler.onHead(answer);
			},
			onData: (data) => this.#exchange?.handler.onData(data),
		});
		const stopFaulty = this.#stopFaulty;
		readDirectly(
			socket,
			faults.callback((bytes: Buffer) => this.#read(bytes), stopFaulty),
		);
		socket.on(
			"drain",
			faults.callback(() => this.#drained(), stopFaulty),
		);
		socket.on(
			"end",
			faults.callback(() => this.#ended(), stopFaulty),
		);
		socket.on(
			"close",
			faults.callback(() => this.#closed(), stopFaulty),
		);
	}

	/**
	 * The time for which the function keeps the idle connection open, in milliseconds; undefined if it does not declare
	 * it.
	 */
	get keepAliveMs(): number | undefined {
		return this.#parser.keepAliveMs;
	}

	get isUsable(): boolean {
		return this.#socket.writable && !this.#socket.destroyed;
	}

	pause(): void {
		this.#socket.pause();
	}

	resume(): void {
		this.#socket.resume();
	}

	/** Closes the connection. An exchange in progress fails, unless it was aborted. */
	destroy(): void {
		this.#fail(PROBLEMS.broken);
	}

	/** Sends a request. The connection must be free. An exception is contained, and fails the exchange. */
	send(exchange: FunctionExchange): void {
		this.#exchange = exchange;
		this.#faults.run(() => this.#begin(exchange), this.#stopFaulty);
	}

	#begin(exchange: FunctionExchange): void {
		const { request } = exchange;
		const { body, headers, method } = request;
		exchange.begin(this);
		this.#parser.begin(request);
		const hasLength = hasHeader(headers, "content-length");
		if (body === null || Buffer.isBuffer(body)) {
			const length = body?.length ?? 0;
			const isDeclared = !hasLength && (length > 0 || WITH_BODY.has(method));
			const head = headOf(request, isDeclared ? `content-length: ${length}\r\n` : "");
			this.#socket.write(head, "latin1");
			if (body !== null) this.#socket.write(body);
			this.#sent(request);
			return;
		}
		const socket = this.#socket;
		socket.cork();
		socket.write(headOf(request, hasLength ? "" : "transfer-encoding: chunked\r\n"), "latin1");
		this.#body = new RequestBody(
			body,
			socket,
			{ maxBytes: request.maxBodyBytes, isChunked: !hasLength },
			{
				onSent: () => this.#sent(request),
				// A function that does not read the body has the same time limit as one that does not respond.
				onBlocked: () => this.#awaitFunction(request.timeoutMs),
				onTooLarge: () => this.#fail(PROBLEMS.tooLarge),
				onFault: this.#stopFaulty,
			},
		);
		this.#body.begin(this.#faults);
		// Uncorked on the next tick, so that the head is sent together with the part of the body that has arrived.
		process.nextTick(this.#faults.callback(() => socket.uncork(), this.#stopFaulty));
	}

	#drained(): void {
		if (this.#body === undefined) return;
		this.#isWaiting = false;
		this.#body.resume();
	}

	#sent({ timeoutMs }: FunctionRequest): void {
		this.#body = undefined;
		this.#awaitFunction(timeoutMs);
	}

	/** Begins the time limit of the function. */
	#awaitFunction(timeoutMs: number): void {
		// The function may have responded before the request was complete.
		if (this.#parser.hasHead) return;
		this.#isWaiting = true;
		this.#deadlineMs = performance.now() + timeoutMs;
		if (this.#timer !== undefined && this.#timerMs === timeoutMs) this.#timer.refresh();
		else this.#startTimer(timeoutMs);
	}

	#startTimer(ms: number): void {
		clearTimeout(this.#timer);
		this.#timerMs = ms;
		const expired = () => {
			if (!this.#isWaiting) return;
			const leftMs = this.#deadlineMs - performance.now();
			// Node also calls a timer that was just refreshed if it was due together with an earlier one.
			if (leftMs > 1) this.#startTimer(leftMs);
			else this.#fail(PROBLEMS.timeout);
		};
		this.#timer = setTimeout(this.#faults.callback(expired, this.#stopFaulty), ms).unref();
	}

	#read(bytes: Buffer): void {
		const exchange = this.#exchange;
		// The function sent bytes without a request.
		if (exchange === undefined) {
			this.#stop();
			return;
		}
		try {
			this.#parser.read(bytes);
		} catch (error) {
			if (!(error instanceof InvalidResponse)) throw error;
			this.#fail(invalidAnswer(error.fault));
			return;
		}
		if (this.#exchange !== exchange) return;
		if (this.#parser.isComplete) this.#complete(exchange);
		else exchange.handler.onRead();
	}

	#complete(exchange: FunctionExchange): void {
		this.#exchange = undefined;
		const isReusable = this.#parser.isReusable && this.#body === undefined && this.isUsable;
		try {
			if (!isReusable) this.#stop();
			exchange.end();
		} catch (error) {
			// The connection no longer refers to the exchange, so its own failure would not end the exchange.
			exchange.fail(PROBLEMS.internal);
			throw error;
		}
		// The handler of the response may have closed the pool.
		if (!isReusable || !this.isUsable) return;
		this.#socket.resume();
		this.#events.onFree(this);
	}

	/** Called when the function sends no more. */
	#ended(): void {
		const exchange = this.#exchange;
		if (exchange !== undefined && this.#parser.end()) this.#complete(exchange);
		else this.#fail(PROBLEMS.broken);
	}

	#closed(): void {
		clearTimeout(this.#timer);
		this.#fail(PROBLEMS.broken);
		this.#events.onClosed(this);
	}

	#fail(problem: Problem): void {
		const exchange = this.#exchange;
		try {
			this.#stop();
			exchange?.fail(problem);
		} catch (error) {
			exchange?.fail(PROBLEMS.internal);
			throw error;
		}
	}

	/** Closes the connection. Data that still arrives on it is discarded. */
	#stop(): void {
		this.#exchange = undefined;
		this.#isWaiting = false;
		this.#body?.stop();
		this.#body = undefined;
		this.#socket.destroy();
	}
}
