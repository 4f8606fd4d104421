/**
 * Forwards one request to one instance. Both bodies are streamed, with backpressure: the slower side sets the pace.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import { type Dispatcher, errors } from "undici";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { isExhausted } from "./connect.ts";
import { checkAnswer, INTERIM_MAX, unreadableAnswer } from "./function-answer.ts";
import { hasBody, invalidAnswer, PROBLEMS, type Problem } from "./problem.ts";
import type { TrackedRequest } from "./request-tracker.ts";

export interface Exchange {
	request: IncomingMessage;
	response: ServerResponse;
	/** The request target without the prefix. */
	target: string;
	/** A flat list: name, value, name, value, … */
	headers: string[];
	requestId: string;
	maxBodyBytes: number;
	responseTimeoutMs: number;
	/** Called when the function's response begins. */
	onAnswer?: () => void;
	/** Called when the exchange is over, before the client's next request can begin. */
	onOver?: () => void;
	/** Where the size of the response body, and the reason of an early end, are recorded. */
	tracked: Pick<TrackedRequest, "bytes" | "instance" | "problem">;
	faults: FaultBoundary;
	/** Created by the first attempt and kept for the second, because bytes that it has read cannot be read again. */
	body?: Readable | null;
}

/** How an exchange ended. `unsent`: nothing reached the function, so another instance can get the request. */
export type Outcome = "done" | "unsent" | Problem;

/** The largest first chunk of a body that is copied, so that it leaves with the headers in one plain write. */
const FIRST_BYTES_MAX = 16 * 1024;

class BodyTooLarge extends Error {}

/** The request body, with a limit on its size. It is a stream of its own because undici destroys the body it gets. */
function limitedBody(request: IncomingMessage, maxBytes: number, faults: FaultBoundary): Readable {
	let bytes = 0;
	const pass = (chunk: Buffer, _encoding: string, done: TransformCallback) => {
		bytes += chunk.length;
		if (bytes > maxBytes) done(new BodyTooLarge());
		else done(null, chunk);
	};
	const limiter = new Transform({
		transform: faults.callback(pass, (error, _chunk, _encoding, done) => done(error as Error)),
	});
	const giveUp = () => request.destroy();
	request.on(
		"error",
		faults.callback((error: Error) => limiter.destroy(error), giveUp),
	);
	// Whatever destroys the copy, the rest of the request is still read; otherwise the response might not get out.
	const drain = () => {
		request.unpipe(limiter);
		request.resume();
	};
	limiter.on("close", faults.callback(drain, giveUp));
	limiter.on("error", () => {});
	return request.pipe(limiter);
}

function problemOf(error: Error): Problem {
	if (error instanceof BodyTooLarge) return PROBLEMS.tooLarge;
	if (error instanceof errors.HeadersTimeoutError) return PROBLEMS.timeout;
	if (isExhausted(error)) return PROBLEMS.exhausted;
	const fault = unreadableAnswer(error);
	return fault === undefined ? PROBLEMS.broken : invalidAnswer(fault);
}

class Forwarder implements Dispatcher.DispatchHandler {
	readonly #exchange: Exchange;
	readonly #settle: (outcome: Outcome) => void;
	#controller: Dispatcher.DispatchController | undefined;
	/** The client closed the connection, or the gateway did. */
	#isAborted = false;
	#isOver = false;
	#hasData = false;
	#interimCount = 0;
	readonly #onClose: () => void;
	/** Set when the client is slower than the function for the first time. */
	#onDrain: (() => void) | undefined;
	/** undici catches exceptions of the other handlers, but not of this one, so it has a boundary of its own. */
	readonly onResponseError: (controller: unknown, error: Error) => void;

	constructor(exchange: Exchange, settle: (outcome: Outcome) => void) {
		this.#exchange = exchange;
		this.#settle = settle;
		const stop = () => this.#stop(PROBLEMS.internal);
		this.#onClose = exchange.faults.callback(() => this.#abort(), stop);
		this.onResponseError = exchange.faults.callback((_: unknown, error: Error) => this.#failed(error), stop);
		exchange.response.on("close", this.#onClose);
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		if (this.#isAborted || this.#isOver) controller.abort(new errors.RequestAbortedError());
	}

	onResponseStart(
		controller: Dispatcher.DispatchController,
		status: number,
		_headers: unknown,
		reason = "",
	): void {
		this.#guard(() => this.#begin(controller, status, reason));
	}

	onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
		this.#guard(() => {
			const { response } = this.#exchange;
			const isFirst = !this.#hasData;
			this.#hasData = true;
			this.#exchange.tracked.bytes += chunk.length;
			// Node joins a string with the headers in one write. It writes bytes and headers as a vector, which costs more.
			const isWritten =
				isFirst && chunk.length <= FIRST_BYTES_MAX
					? response.write(chunk.toString("latin1"), "latin1")
					: response.write(chunk);
			if (!isWritten) this.#waitForClient(controller);
		});
	}

	#waitForClient(controller: Dispatcher.DispatchController): void {
		controller.pause();
		if (this.#onDrain !== undefined) return;
		const { faults, response } = this.#exchange;
		this.#onDrain = faults.callback(
			() => controller.resume(),
			() => this.#stop(PROBLEMS.internal),
		);
		response.on("drain", this.#onDrain);
	}

	onResponseEnd(): void {
		this.#guard(() => {
			const { faults, response } = this.#exchange;
			const end = faults.callback(
				() => response.end(),
				() => response.destroy(),
			);
			// On the next tick, when the data is written: if it still waits, Node appends an empty chunk to the vector.
			if (this.#hasData) process.nextTick(end);
			else end();
			this.#finish("done");
		});
	}

	#failed(error: Error): void {
		if (this.#isOver) return;
		const { body, response } = this.#exchange;
		if (response.headersSent) {
			if (!this.#isAborted) this.#exchange.tracked.problem = PROBLEMS.broken;
			response.destroy();
			this.#finish("done");
		} else if (this.#isAborted) this.#finish("done");
		else if (this.#controller === undefined && body?.destroyed !== true && !isExhausted(error))
			this.#finish("unsent");
		else this.#finish(problemOf(error));
	}

	#begin(controller: Dispatcher.DispatchController, status: number, reason: string): void {
		// Interim responses are not forwarded: the gateway sends its own to the client.
		if (status >= 100 && status < 200 && this.#interimCount++ < INTERIM_MAX) return;
		const { onAnswer, response, requestId } = this.#exchange;
		onAnswer?.();
		const raw = (controller.rawHeaders ?? []) as (Buffer | string)[];
		const rawHeaders = raw.map((item) => (typeof item === "string" ? item : item.toString("latin1")));
		const answer = checkAnswer({ status, reason, rawHeaders }, requestId);
		if (answer.fault !== undefined) {
			this.#stop(invalidAnswer(answer.fault));
			return;
		}
		const { headers } = answer;
		response.writeHead(answer.status, answer.reason, headers);
		// A response of known length leaves with its first bytes. A stream may have no bytes for a long time.
		if (!headers.some((item, index) => index % 2 === 0 && item.toLowerCase() === "content-length")) {
			response.flushHeaders();
		}
	}

	#abort(): void {
		if (this.#exchange.response.writableFinished) return;
		this.#isAborted = true;
		this.#controller?.abort(new errors.RequestAbortedError());
	}

	/** Runs a reaction to the function unless the exchange is over. An exception ends this exchange and no other. */
	#guard(work: () => void): void {
		if (this.#isOver) return;
		this.#exchange.faults.run(work, () => this.#stop(PROBLEMS.internal));
	}

	/** Ends the exchange with a problem. If the response has begun, the client's connection is closed. */
	#stop(problem: Problem): void {
		this.#finish(problem);
		this.#controller?.abort(new errors.RequestAbortedError());
	}

	#finish(outcome: Outcome): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#exchange.response.off("close", this.#onClose);
		if (this.#onDrain !== undefined) this.#exchange.response.off("drain", this.#onDrain);
		this.#exchange.onOver?.();
		this.#settle(outcome);
	}
}

/** Sends the request to the instance behind the dispatcher, and its response to the client. */
export function forward(dispatcher: Dispatcher, exchange: Exchange): Promise<Outcome> {
	const { request, target, headers, maxBodyBytes, responseTimeoutMs, faults } = exchange;
	if (exchange.body === undefined)
		exchange.body = hasBody(request) ? limitedBody(request, maxBodyBytes, faults) : null;
	const { body } = exchange;
	return new Promise((resolve) => {
		const options = {
			path: target,
			method: (request.method ?? "GET") as Dispatcher.HttpMethod,
			headers,
			body,
			headersTimeout: responseTimeoutMs,
			bodyTimeout: 0,
		};
		dispatcher.dispatch(options, new Forwarder(exchange, resolve));
	});
}
