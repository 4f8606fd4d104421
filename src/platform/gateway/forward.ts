/**
 * One request to one instance: streamed both ways, at the pace of the slower side.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import { type Dispatcher, errors } from "undici";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { Account } from "./accounts.ts";
import { isExhausted } from "./connect.ts";
import { checkAnswer, INTERIM_MAX, unreadableAnswer } from "./function-answer.ts";
import { hasBody, invalidAnswer, PROBLEMS, type Problem } from "./problem.ts";

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
	/** Called when the exchange is over, before the client's next request can begin. */
	onOver?: () => void;
	/** What the answer's body comes to, and why it ended early. */
	account: Pick<Account, "bytes" | "instance" | "problem">;
	faults: FaultBoundary;
	/** Made at the first attempt and kept for the second: what it has read cannot be read again. */
	body?: Readable | null;
}

/** How an exchange ended. `unsent`: nothing reached the function, so that it can be tried elsewhere. */
export type Outcome = "done" | "unsent" | Problem;

/** A first piece of a body that is worth copying to spare a system call's vector. */
const FIRST_BYTES_MAX = 16 * 1024;

class BodyTooLarge extends Error {}

/** The request's body, with an end to its patience. A stream of its own: undici destroys what it is given. */
function limitedBody(request: IncomingMessage, maxBytes: number, faults: FaultBoundary): Readable {
	let seen = 0;
	const pass = (chunk: Buffer, _encoding: string, done: TransformCallback) => {
		seen += chunk.length;
		if (seen > maxBytes) done(new BodyTooLarge());
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
	// Whatever destroys the copy, the rest of the original is still read, so that the answer gets out.
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
	/** The client went away, or was cut off. */
	#isAborted = false;
	#isOver = false;
	#hasData = false;
	#interim = 0;
	readonly #onClose: () => void;
	/** There once the client was slower than the function. */
	#onDrain: (() => void) | undefined;
	/** Unlike the others, undici calls this one where nothing would catch what it throws. */
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
			this.#exchange.account.bytes += chunk.length;
			// As text it goes out with the headers in one piece; as bytes Node writes the two as a vector, which costs more.
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
			// Once what was written is on its way: while it waits, Node would add an empty piece to it.
			if (this.#hasData) process.nextTick(end);
			else end();
			this.#finish("done");
		});
	}

	#failed(error: Error): void {
		if (this.#isOver) return;
		const { body, response } = this.#exchange;
		if (response.headersSent) {
			if (!this.#isAborted) this.#exchange.account.problem = PROBLEMS.broken;
			response.destroy();
			this.#finish("done");
		} else if (this.#isAborted) this.#finish("done");
		else if (this.#controller === undefined && body?.destroyed !== true && !isExhausted(error))
			this.#finish("unsent");
		else this.#finish(problemOf(error));
	}

	#begin(controller: Dispatcher.DispatchController, status: number, reason: string): void {
		// Interim responses concern the gateway's own exchange with the client.
		if (status >= 100 && status < 200 && this.#interim++ < INTERIM_MAX) return;
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
		// A response of known length goes out with its first bytes; a stream may be silent for long.
		if (!headers.some((item, index) => index % 2 === 0 && item.toLowerCase() === "content-length")) {
			response.flushHeaders();
		}
	}

	#abort(): void {
		if (this.#exchange.response.writableFinished) return;
		this.#isAborted = true;
		this.#controller?.abort(new errors.RequestAbortedError());
	}

	/** Runs what reacts to the function, unless the exchange is over. An exception ends the exchange, and no other. */
	#guard(work: () => void): void {
		if (this.#isOver) return;
		this.#exchange.faults.run(work, () => this.#stop(PROBLEMS.internal));
	}

	/** Ends the exchange with a problem; a client that has got the beginning of an answer is cut off. */
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

/** Sends the request to the instance behind the dispatcher and its response to the client. */
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
