/** The connections to one instance: one for each concurrent request, reused by later requests. */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Instance } from "../../runtime/runtime.ts";
import { type Connector, isExhausted } from "../connect.ts";
import { PROBLEMS } from "../problem.ts";
import { FunctionExchange, type FunctionRequest, type ResponseHandler } from "./exchange.ts";
import { FunctionConnection } from "./function-connection.ts";

/**
 * The longest time that a connection stays open between two requests, even if the function declares a longer
 * keep-alive.
 */
const IDLE_MS = 4_000;
/** If a function closes idle connections itself, no request is sent in this time before it does so. */
const MARGIN_MS = 1_000;
/** The interval of the check for idle connections. */
const SWEEP_MS = 1_000;

export interface ConnectionPoolOptions {
	readonly connector: Connector;
	readonly faults: FaultBoundary;
	/** The most connections. Further requests wait for one of them. */
	readonly connectionsMax: number;
}

export class ConnectionPool {
	readonly #socketPath: string;
	readonly #options: ConnectionPoolOptions;
	readonly #events = {
		onFree: (connection: FunctionConnection) => this.#freed(connection),
		onClosed: (connection: FunctionConnection) => this.#closed(connection),
	};
	readonly #open = new Set<FunctionConnection>();
	/** The last connection is the one that became idle last. */
	readonly #idle: FunctionConnection[] = [];
	readonly #waiting = new Set<FunctionExchange>();
	#connecting = 0;
	#isDestroyed = false;
	#sweeper: NodeJS.Timeout | undefined;

	constructor({ socketPath }: Pick<Instance, "socketPath">, options: ConnectionPoolOptions) {
		this.#socketPath = socketPath;
		this.#options = options;
	}

	/** Sends a request as soon as a connection is free. Never throws: a failure is reported to the handler. */
	send(request: FunctionRequest, handler: ResponseHandler): FunctionExchange {
		const exchange = new FunctionExchange(request, handler);
		const { faults } = this.#options;
		faults.run(
			() => this.#begin(exchange),
			() => exchange.fail(PROBLEMS.internal),
		);
		return exchange;
	}

	/** Closes every connection at once. Exchanges in progress fail. */
	destroy(): void {
		this.#isDestroyed = true;
		clearInterval(this.#sweeper);
		for (const connection of this.#open) connection.destroy();
		for (const exchange of this.#waiting) exchange.fail("unsent");
		this.#waiting.clear();
	}

	#begin(exchange: FunctionExchange): void {
		if (this.#isDestroyed) {
			exchange.fail("unsent");
			return;
		}
		const connection = this.#takeIdle();
		if (connection !== undefined) connection.send(exchange);
		else if (this.#open.size + this.#connecting < this.#options.connectionsMax) this.#connect(exchange);
		else {
			this.#waiting.add(exchange);
			const leave = () => this.#waiting.delete(exchange);
			exchange.begin({ pause: () => undefined, resume: () => undefined, destroy: leave });
		}
	}

	#takeIdle(): FunctionConnection | undefined {
		for (let found = this.#idle.pop(); found !== undefined; found = this.#idle.pop()) {
			if (found.isUsable && this.#idleMs(found) > 0) return found;
			found.destroy();
		}
		return undefined;
	}

	/** The time for which an idle connection may still be used. */
	#idleMs({ idleSinceMs, keepAliveMs }: FunctionConnection): number {
		const maxMs = keepAliveMs === undefined ? IDLE_MS : Math.min(IDLE_MS, keepAliveMs - MARGIN_MS);
		return idleSinceMs + maxMs - performance.now();
	}

	#connect(exchange: FunctionExchange): void {
		const { connector, faults } = this.#options;
		this.#connecting++;
		let isConnecting = true;
		// If this callback throws, it is called a second time, without a socket.
		connector.connect(this.#socketPath, (error, socket) => {
			if (isConnecting) this.#connecting--;
			isConnecting = false;
			if (socket === null) {
				exchange.fail(isExhausted(error) ? PROBLEMS.exhausted : "unsent");
				this.#beginNext();
				return;
			}
			socket.setNoDelay(true);
			const connection = new FunctionConnection(socket, faults, this.#events);
			this.#open.add(connection);
			if (this.#isDestroyed) {
				connection.destroy();
				exchange.fail("unsent");
			} else if (exchange.isOver) this.#freed(connection);
			else connection.send(exchange);
		});
	}

	#freed(connection: FunctionConnection): void {
		const next = this.#nextWaiting();
		if (next !== undefined) {
			connection.send(next);
			return;
		}
		connection.idleSinceMs = performance.now();
		this.#idle.push(connection);
		this.#sweeper ??= setInterval(
			this.#options.faults.callback(() => this.#sweep()),
			SWEEP_MS,
		).unref();
	}

	#closed(connection: FunctionConnection): void {
		this.#open.delete(connection);
		const index = this.#idle.indexOf(connection);
		if (index !== -1) this.#idle.splice(index, 1);
		this.#beginNext();
	}

	#beginNext(): void {
		const next = this.#nextWaiting();
		if (next === undefined) return;
		this.#options.faults.run(
			() => this.#begin(next),
			() => next.fail(PROBLEMS.internal),
		);
	}

	#nextWaiting(): FunctionExchange | undefined {
		for (const exchange of this.#waiting) {
			this.#waiting.delete(exchange);
			if (!exchange.isOver) return exchange;
		}
		return undefined;
	}

	/** Closes connections that were idle for too long. */
	#sweep(): void {
		for (const connection of [...this.#idle]) if (this.#idleMs(connection) <= 0) connection.destroy();
		if (this.#idle.length > 0) return;
		clearInterval(this.#sweeper);
		this.#sweeper = undefined;
	}
}
