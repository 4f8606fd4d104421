/** The interface of one request to a function and its response, for the gateway and the scheduler. */

import type { AcceptedAnswer } from "../function-answer.ts";
import type { ClientBody } from "../http-server/client-exchange.ts";
import { PROBLEMS, type Problem } from "../problem.ts";

export interface FunctionRequest {
	readonly method: string;
	/** The request target without the prefix. */
	readonly target: string;
	/** A flat list (`[name, value, …]`) without headers of the connection. */
	readonly headers: readonly string[];
	/** The body of the client's request; or the whole body; or null. */
	readonly body: ClientBody | Buffer | null;
	/** The largest body that is streamed. */
	readonly maxBodyBytes: number;
	/** The time limit from the end of the request to the beginning of the response. */
	readonly timeoutMs: number;
	/** The response gets it as `x-request-id` if the function does not send one. */
	readonly requestId: string;
}

/**
 * The reason why there is no complete response. `unsent`: nothing reached the function, so another instance can get the
 * request.
 */
export type Failure = "unsent" | Problem;

/**
 * Called in this order: `onHead`, `onData` and `onRead` any number of times, then `onEnd` or `onFailed`. If one of
 * these two throws, `onFailed` is called once more, so that the caller is notified of the end.
 */
export interface ResponseHandler {
	readonly onHead: (answer: AcceptedAnswer) => void;
	/** A piece of the body. It may share memory with other pieces. */
	readonly onData: (data: Buffer) => void;
	/** Called when all bytes that had arrived are passed on. More will follow, perhaps much later. */
	readonly onRead: () => void;
	readonly onEnd: () => void;
	readonly onFailed: (failure: Failure) => void;
}

/** A connection that works on an exchange. */
export interface ExchangeConnection {
	readonly pause: () => void;
	readonly resume: () => void;
	readonly destroy: () => void;
}

export class FunctionExchange {
	readonly request: FunctionRequest;
	readonly handler: ResponseHandler;
	#connection: ExchangeConnection | undefined;
	#isOver = false;

	constructor(request: FunctionRequest, handler: ResponseHandler) {
		this.request = request;
		this.handler = handler;
	}

	/** Whether it has ended, failed or was aborted. */
	get isOver(): boolean {
		return this.#isOver;
	}

	/** Assigns a connection to the exchange. */
	begin(connection: ExchangeConnection): void {
		this.#connection = connection;
	}

	/** Pauses reading the response. */
	pause(): void {
		this.#connection?.pause();
	}

	resume(): void {
		if (!this.#isOver) this.#connection?.resume();
	}

	/** Aborts the exchange. The handler is not called any more. */
	abort(): void {
		if (this.#claim()) this.#connection?.destroy();
	}

	/** Call it when the response is complete. @throws the handler's exception, after `onFailed` was called */
	end(): void {
		if (!this.#claim()) return;
		try {
			this.handler.onEnd();
		} catch (error) {
			this.handler.onFailed(PROBLEMS.internal);
			throw error;
		}
	}

	/** Call it if there is no complete response. @throws the handler's exception, after a second attempt */
	fail(failure: Failure): void {
		if (!this.#claim()) return;
		try {
			this.handler.onFailed(failure);
		} catch (error) {
			this.handler.onFailed(failure);
			throw error;
		}
	}

	#claim(): boolean {
		if (this.#isOver) return false;
		this.#isOver = true;
		return true;
	}
}
