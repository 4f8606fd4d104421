/**
 * Forwards one request to one instance. Both bodies are streamed, with backpressure: the slower side sets the pace.
 */
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import type { AcceptedAnswer } from "./function-answer.ts";
import type { ConnectionPool } from "./http-client/connection-pool.ts";
import type { Failure, FunctionExchange, ResponseHandler } from "./http-client/exchange.ts";
import type { ClientExchange } from "./http-server/client-exchange.ts";
import { isRepeatable, PROBLEMS, type Problem } from "./problem.ts";
import { settledFirst } from "./settled-first.ts";
import type { TrackedRequest } from "./tracking/request-tracker.ts";

export interface Forwarding {
	readonly client: ClientExchange;
	/** The request target without the prefix. */
	readonly target: string;
	/** A flat list: name, value, name, value, … */
	readonly headers: readonly string[];
	readonly requestId: string;
	readonly maxBodyBytes: number;
	readonly responseTimeoutMs: number;
	/** The instance that gets the request. */
	readonly instance: Pick<ServingInstance, "answered" | "probation">;
	/** Records the size of the response body, and the reason of an early end. */
	readonly tracked: Pick<TrackedRequest, "bytes" | "problem">;
	readonly faults: FaultBoundary;
	/** Called once, when the forwarding is over: before the client's next request can begin. */
	readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * How an exchange ended. `unsent`: nothing reached the function, so another instance can get the request. `superseded`:
 * the instance lacks a secret and has not answered yet, so the next instance gets the request, which can be repeated.
 */
export type Outcome = "done" | "superseded" | Failure;

class Forwarder implements ResponseHandler {
	readonly #forwarding: Forwarding;
	/** Undefined while the request is passed to the pool, which may fail at once. */
	readonly #upstream: FunctionExchange | undefined;
	/** Removes this request from those that can be repeated. */
	readonly #keepHere: (() => void) | undefined;
	#isOver = false;
	/** The head of the response until it is passed on. */
	#head: AcceptedAnswer | undefined;
	/** The part of the body that arrived in the same read. It is written at once. */
	#piece: Buffer | undefined;
	#morePieces: Buffer[] | undefined;

	constructor(pool: ConnectionPool, forwarding: Forwarding) {
		this.#forwarding = forwarding;
		const { client, faults, instance } = forwarding;
		const stop = () => this.#stop(PROBLEMS.internal);
		client.onGone = faults.callback(() => this.#abort(), stop);
		const { probation } = instance;
		if (probation !== undefined && isRepeatable(client)) {
			const repeat = () => this.#stop("superseded");
			this.#keepHere = probation.onSuperseded(faults.callback(repeat));
		}
		this.#upstream = pool.send(
			{
				method: client.method,
				target: forwarding.target,
				headers: forwarding.headers,
				body: client.hasBody ? client : null,
				maxBodyBytes: forwarding.maxBodyBytes,
				timeoutMs: forwarding.responseTimeoutMs,
				requestId: forwarding.requestId,
			},
			probation === undefined ? this : settledFirst(instance, this, () => this.#upstream),
		);
		// It may have ended while it was passed to the pool.
		if (this.#isOver) this.#upstream.abort();
	}

	onHead(answer: AcceptedAnswer): void {
		this.#guard(() => {
			const { instance } = this.#forwarding;
			this.#keepHere?.();
			instance.answered();
			this.#head = answer;
		});
	}

	onData(data: Buffer): void {
		this.#forwarding.tracked.bytes += data.length;
		if (this.#piece === undefined) this.#piece = data;
		else if (this.#morePieces === undefined) this.#morePieces = [this.#piece, data];
		else this.#morePieces.push(data);
	}

	onRead(): void {
		this.#guard(() => {
			const { client } = this.#forwarding;
			const head = this.#passHead();
			const data = this.#takeData();
			if (data !== undefined) {
				if (!client.write(data)) this.#waitForClient();
			} else if (head !== undefined && head.framing.length === undefined) {
				// The head of a response of known length is sent with its first bytes. A stream may have no bytes for a long time.
				client.flush();
			}
		});
	}

	onEnd(): void {
		this.#guard(() => {
			const { client, faults } = this.#forwarding;
			this.#passHead();
			const data = this.#takeData();
			this.#finish("done");
			faults.run(
				() => client.end(data),
				() => client.cancel(),
			);
		});
	}

	onFailed(failure: Failure): void {
		this.#guard(() => {
			const { client, tracked } = this.#forwarding;
			if (!client.isBegun) {
				this.#finish(failure);
				return;
			}
			tracked.problem = failure === "unsent" ? PROBLEMS.broken : failure;
			this.#finish("done");
			client.cancel();
		});
	}

	/** @returns the head, if it was not passed on before */
	#passHead(): AcceptedAnswer | undefined {
		const head = this.#head;
		if (head === undefined) return undefined;
		this.#head = undefined;
		const { framing, headers, reason, status } = head;
		this.#forwarding.client.begin({ status, reason, headers, length: framing.length });
		return head;
	}

	#takeData(): Buffer | undefined {
		const data = this.#morePieces === undefined ? this.#piece : Buffer.concat(this.#morePieces);
		this.#piece = undefined;
		this.#morePieces = undefined;
		return data;
	}

	#waitForClient(): void {
		const { client, faults } = this.#forwarding;
		this.#upstream?.pause();
		client.onDrain ??= faults.callback(
			() => this.#upstream?.resume(),
			() => this.#stop(PROBLEMS.internal),
		);
	}

	/** The client closed the connection, or the gateway did. */
	#abort(): void {
		if (this.#isOver) return;
		this.#upstream?.abort();
		this.#finish("done");
	}

	/** Runs a callback unless the exchange is over. An exception ends this exchange and no other. */
	#guard(work: () => void): void {
		if (this.#isOver) return;
		this.#forwarding.faults.run(work, () => {
			this.#stop(PROBLEMS.internal);
			// Nobody else ends a response that has begun.
			if (this.#forwarding.client.isBegun) this.#forwarding.client.cancel();
		});
	}

	/** Ends the exchange, and the connection to the function. */
	#stop(outcome: Problem | "superseded"): void {
		this.#finish(outcome);
		this.#upstream?.abort();
	}

	#finish(outcome: Outcome): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const { client, faults, onOutcome } = this.#forwarding;
		client.onGone = undefined;
		client.onDrain = undefined;
		this.#piece = undefined;
		this.#morePieces = undefined;
		this.#keepHere?.();
		// If this is not heard of, the request is counted for ever, and the client waits.
		faults.run(
			() => onOutcome(outcome),
			() => onOutcome(PROBLEMS.internal),
		);
	}
}

/**
 * Sends the request over a connection of the pool, and the response to the client. Does nothing more if the client has
 * disconnected while its function was started: otherwise nothing would end the exchange.
 */
export function forward(pool: ConnectionPool, forwarding: Forwarding): void {
	if (forwarding.client.isOver) forwarding.onOutcome("done");
	else new Forwarder(pool, forwarding);
}
