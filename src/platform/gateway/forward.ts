/**
 * Forwards one request to one instance. Both bodies are streamed, with backpressure: the slower side sets the pace.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import type { AcceptedAnswer } from "./function-answer.ts";
import type { ConnectionPool } from "./http-client/connection-pool.ts";
import type { Failure, FunctionExchange, ResponseHandler } from "./http-client/exchange.ts";
import { hasBody, isRepeatable, PROBLEMS, type Problem } from "./problem.ts";
import type { TrackedRequest } from "./request-tracker.ts";
import { settledFirst } from "./settled-first.ts";

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
	/** The instance that gets the request. */
	instance?: Pick<ServingInstance, "answered" | "probation">;
	/** Called when the exchange is over, before the client's next request can begin. */
	onOver?: () => void;
	/** Records the size of the response body, and the reason of an early end. */
	tracked: Pick<TrackedRequest, "bytes" | "instance" | "problem">;
	faults: FaultBoundary;
}

/**
 * How an exchange ended. `unsent`: nothing reached the function, so another instance can get the request. `superseded`:
 * the instance lacks a secret and has not answered yet, so the next instance gets the request, which can be repeated.
 */
export type Outcome = "done" | "superseded" | Failure;

/** The largest first part of a body that is copied, so that it leaves with the headers in one plain write. */
const FIRST_BYTES_MAX = 16 * 1024;

class Forwarder implements ResponseHandler {
	readonly #exchange: Exchange;
	readonly #settle: (outcome: Outcome) => void;
	/** Undefined while the request is passed to the pool, which may fail at once. */
	readonly #upstream: FunctionExchange | undefined;
	readonly #onClose: () => void;
	/** Removes this request from those that can be repeated. */
	readonly #keepHere: (() => void) | undefined;
	#isOver = false;
	/** The head of the response until it is written. */
	#head: AcceptedAnswer | undefined;
	/** The part of the body that arrived in the same read. It is written at once. */
	#pieces: Buffer[] = [];
	/** Set when the client is slower than the function for the first time. */
	#onDrain: (() => void) | undefined;

	constructor(pool: ConnectionPool, exchange: Exchange, settle: (outcome: Outcome) => void) {
		this.#exchange = exchange;
		this.#settle = settle;
		this.#onClose = exchange.faults.callback(
			() => this.#abort(),
			() => this.#stop(PROBLEMS.internal),
		);
		const { request, response } = exchange;
		response.on("close", this.#onClose);
		const { probation } = exchange.instance ?? {};
		if (probation !== undefined && isRepeatable(request)) {
			const repeat = () => this.#stop("superseded");
			this.#keepHere = probation.onSuperseded(exchange.faults.callback(repeat));
		}
		this.#upstream = pool.send(
			{
				method: request.method ?? "GET",
				target: exchange.target,
				headers: exchange.headers,
				body: hasBody(request) ? request : null,
				maxBodyBytes: exchange.maxBodyBytes,
				timeoutMs: exchange.responseTimeoutMs,
				requestId: exchange.requestId,
			},
			probation === undefined || exchange.instance === undefined
				? this
				: settledFirst(exchange.instance, this, () => this.#upstream),
		);
	}

	onHead(answer: AcceptedAnswer): void {
		this.#guard(() => {
			this.#keepHere?.();
			this.#exchange.instance?.answered();
			this.#head = answer;
		});
	}

	onData(data: Buffer): void {
		this.#exchange.tracked.bytes += data.length;
		this.#pieces.push(data);
	}

	onRead(): void {
		this.#guard(() => {
			const { response } = this.#exchange;
			const head = this.#writeHead();
			const data = this.#takeData();
			if (data !== undefined) {
				if (!this.#write(data, head !== undefined)) this.#waitForClient();
			} else if (head !== undefined && head.framing.length === undefined) {
				// The head of a response of known length is sent with its first bytes. A stream may have no bytes for a long time.
				response.flushHeaders();
			}
		});
	}

	onEnd(): void {
		this.#guard(() => {
			const { faults, response } = this.#exchange;
			const head = this.#writeHead();
			const data = this.#takeData();
			this.#finish("done");
			const end = faults.callback(
				() => response.end(),
				() => response.destroy(),
			);
			// The body is written now and ended on the next tick, so that headers and body are sent in one plain write. Node's
			// `end` with data makes a vector of them, which takes some microseconds more.
			if (data === undefined) end();
			else {
				faults.run(
					() => this.#write(data, head !== undefined),
					() => response.destroy(),
				);
				process.nextTick(end);
			}
		});
	}

	onFailed(failure: Failure): void {
		this.#guard(() => {
			const { response, tracked } = this.#exchange;
			if (!response.headersSent) {
				this.#finish(failure);
				return;
			}
			tracked.problem = failure === "unsent" ? PROBLEMS.broken : failure;
			response.destroy();
			this.#finish("done");
		});
	}

	/** @returns the head, if it was not written before */
	#writeHead(): AcceptedAnswer | undefined {
		const head = this.#head;
		if (head === undefined) return undefined;
		this.#head = undefined;
		this.#exchange.response.writeHead(head.status, head.reason, head.headers);
		return head;
	}

	#takeData(): Buffer | undefined {
		const [first, ...others] = this.#pieces;
		if (first === undefined) return undefined;
		const data = others.length === 0 ? first : Buffer.concat(this.#pieces);
		this.#pieces = [];
		return data;
	}

	/** @returns false if the caller must wait until the client has read */
	#write(data: Buffer, isFirst: boolean): boolean {
		const { response } = this.#exchange;
		return isSmall(data, isFirst) ? response.write(data.toString("latin1"), "latin1") : response.write(data);
	}

	#waitForClient(): void {
		this.#upstream?.pause();
		if (this.#onDrain !== undefined) return;
		const { faults, response } = this.#exchange;
		this.#onDrain = faults.callback(
			() => this.#upstream?.resume(),
			() => this.#stop(PROBLEMS.internal),
		);
		response.on("drain", this.#onDrain);
	}

	/** The client closed the connection, or the gateway did. */
	#abort(): void {
		if (this.#isOver || this.#exchange.response.writableFinished) return;
		this.#upstream?.abort();
		this.#finish("done");
	}

	/** Runs a callback unless the exchange is over. An exception ends this exchange and no other. */
	#guard(work: () => void): void {
		if (this.#isOver) return;
		this.#exchange.faults.run(work, () => this.#stop(PROBLEMS.internal));
	}

	/** Ends the exchange, and the connection to the function. */
	#stop(outcome: Problem | "superseded"): void {
		this.#finish(outcome);
		this.#upstream?.abort();
	}

	#finish(outcome: Outcome): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#pieces = [];
		this.#keepHere?.();
		this.#exchange.response.off("close", this.#onClose);
		if (this.#onDrain !== undefined) this.#exchange.response.off("drain", this.#onDrain);
		// An exception here must not keep the response from being ended.
		const { faults, onOver } = this.#exchange;
		if (onOver !== undefined) faults.run(onOver);
		this.#settle(outcome);
	}
}

/** Whether data is written as a string: Node joins a string with the headers, but writes bytes as a vector. */
function isSmall(data: Buffer, isFirst: boolean): boolean {
	return isFirst && data.length <= FIRST_BYTES_MAX;
}

/**
 * Sends the request over a connection of the pool, and the response to the client. Resolves at once if the client has
 * disconnected while its function was started: otherwise nothing would end the exchange.
 */
export function forward(pool: ConnectionPool, exchange: Exchange): Promise<Outcome> {
	return new Promise((resolve) => {
		if (exchange.response.destroyed) {
			resolve("done");
			return;
		}
		new Forwarder(pool, exchange, resolve);
	});
}
