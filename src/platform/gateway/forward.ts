/**
 * One request to one instance: streamed both ways, at the pace of the slower side.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Readable, Transform } from "node:stream";
import { type Dispatcher, errors } from "undici";
import { forwardedResponseHeaders } from "./headers.ts";
import { hasBody, PROBLEMS, type Problem } from "./problem.ts";

export interface Exchange {
	request: IncomingMessage;
	response: ServerResponse;
	/** Request target without the prefix. */
	target: string;
	/** Flat list. */
	headers: string[];
	requestId: string;
	maxBodyBytes: number;
	responseTimeoutMs: number;
	/** Called when the function's answer begins. */
	onAnswer?: () => void;
	/** Made at the first attempt and kept for the second: what it has read cannot be read again. */
	body?: Readable | null;
}

/** How an exchange ended. `unsent`: nothing reached the function, so that it can be tried elsewhere. */
export type Outcome = "done" | "unsent" | Problem;

/** A first piece of a body that is worth copying to spare a system call's vector. */
const FIRST_BYTES_MAX = 16 * 1024;

class BodyTooLarge extends Error {}

/** The request's body, with an end to its patience. A stream of its own: undici destroys what it is given. */
function limitedBody(request: IncomingMessage, maxBytes: number): Readable {
	let seen = 0;
	const limiter = new Transform({
		transform(chunk: Buffer, _encoding, done) {
			seen += chunk.length;
			if (seen > maxBytes) done(new BodyTooLarge());
			else done(null, chunk);
		},
	});
	request.on("error", (error) => limiter.destroy(error));
	// Whatever destroys the copy, the rest of the original is still read, so that the answer gets out.
	limiter.on("close", () => {
		request.unpipe(limiter);
		request.resume();
	});
	limiter.on("error", () => {});
	return request.pipe(limiter);
}

function problemOf(error: Error, isAborted: boolean): Outcome {
	if (isAborted) return "done";
	if (error instanceof BodyTooLarge) return PROBLEMS.tooLarge;
	if (error instanceof errors.HeadersTimeoutError) return PROBLEMS.timeout;
	return PROBLEMS.broken;
}

class Forwarder implements Dispatcher.DispatchHandler {
	#exchange: Exchange;
	#settle: (outcome: Outcome) => void;
	#controller: Dispatcher.DispatchController | undefined;
	/** The client went away, or was cut off. */
	#isAborted = false;
	#hasData = false;
	#onClose = () => this.#abort();
	#onDrain = () => this.#controller?.resume();

	constructor(exchange: Exchange, settle: (outcome: Outcome) => void) {
		this.#exchange = exchange;
		this.#settle = settle;
		exchange.response.on("close", this.#onClose);
		exchange.response.on("drain", this.#onDrain);
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		if (this.#isAborted) controller.abort(new errors.RequestAbortedError());
	}

	onResponseStart(
		controller: Dispatcher.DispatchController,
		status: number,
		_headers: unknown,
		text = "",
	): void {
		// Interim responses concern the gateway's own exchange with the client.
		if (status < 200) return;
		const { onAnswer, response, requestId } = this.#exchange;
		onAnswer?.();
		const raw = (controller.rawHeaders ?? []) as (Buffer | string)[];
		const flat = raw.map((item) => (typeof item === "string" ? item : item.toString("latin1")));
		const headers = forwardedResponseHeaders(flat, requestId);
		response.writeHead(status, text, headers);
		// A response of known length goes out with its first bytes; a stream may be silent for long.
		if (!headers.some((item, index) => index % 2 === 0 && item.toLowerCase() === "content-length")) {
			response.flushHeaders();
		}
	}

	onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
		const { response } = this.#exchange;
		const isFirst = !this.#hasData;
		this.#hasData = true;
		// As text it goes out with the headers in one piece; as bytes Node writes the two as a vector, which costs more.
		const isWritten =
			isFirst && chunk.length <= FIRST_BYTES_MAX
				? response.write(chunk.toString("latin1"), "latin1")
				: response.write(chunk);
		if (!isWritten) controller.pause();
	}

	onResponseEnd(): void {
		const { response } = this.#exchange;
		// Once what was written is on its way: while it waits, Node would add an empty piece to it.
		if (this.#hasData) process.nextTick(() => response.end());
		else response.end();
		this.#finish("done");
	}

	onResponseError(_controller: unknown, error: Error): void {
		const { response } = this.#exchange;
		if (response.headersSent) {
			response.destroy();
			this.#finish("done");
			return;
		}
		const isWhole = this.#exchange.body?.destroyed !== true;
		const isUnsent = this.#controller === undefined && !this.#isAborted && isWhole;
		this.#finish(isUnsent ? "unsent" : problemOf(error, this.#isAborted));
	}

	#abort(): void {
		if (this.#exchange.response.writableFinished) return;
		this.#isAborted = true;
		this.#controller?.abort(new errors.RequestAbortedError());
	}

	#finish(outcome: Outcome): void {
		this.#exchange.response.off("close", this.#onClose);
		this.#exchange.response.off("drain", this.#onDrain);
		this.#settle(outcome);
	}
}

/** Sends the request to the instance behind the dispatcher and its response to the client. */
export function forward(dispatcher: Dispatcher, exchange: Exchange): Promise<Outcome> {
	const { request, target, headers, maxBodyBytes, responseTimeoutMs } = exchange;
	if (exchange.body === undefined)
		exchange.body = hasBody(request) ? limitedBody(request, maxBodyBytes) : null;
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
