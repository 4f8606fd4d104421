/**
 * Connections to instances, over Unix sockets. If the queue of a Unix socket is full, a client does not wait as with
 * TCP: the connection fails at once with EAGAIN (unix(7)). The connection is then tried again, so that a burst of
 * requests is slower but does not fail.
 */
import { connect, type Socket } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { FunctionLimits } from "../http/descriptors.ts";

const RETRY_MS = 5;
/** The time after which attempts to connect end. */
const CONNECT_TIMEOUT_MS = 10_000;

type OnConnect = (error: Error | null, socket: Socket | null) => void;

/** No file descriptor is left for a connection to a function. */
export class NoConnectionLeft extends Error {
	override name = "NoConnectionLeft";
}

/** Whether a connection failed because no file descriptor was left. */
export function isExhausted(error: unknown): boolean {
	if (error instanceof NoConnectionLeft) return true;
	const { code = "" } = error as NodeJS.ErrnoException;
	return code === "EMFILE" || code === "ENFILE";
}

export class Connector {
	readonly #faults: FaultBoundary;
	readonly #limits: FunctionLimits;
	#open = 0;
	/** Attempts that wait until another connection closes. */
	readonly #waiting = new Set<() => void>();

	constructor(faults: FaultBoundary, limits: FunctionLimits) {
		this.#faults = faults;
		this.#limits = limits;
	}

	/**
	 * Connects to a Unix socket. If the limit on connections is reached, it waits until another connection closes.
	 * @param onConnect called once; with `NoConnectionLeft` if none closes within `CONNECT_TIMEOUT_MS`
	 */
	connect(socketPath: string, onConnect: OnConnect): void {
		const startMs = performance.now();
		// On the next tick, like any other error of a connection: the caller is not ready for it yet.
		const fail = (error: unknown) => process.nextTick(onConnect, error, null);
		const attempt = () => {
			if (this.#open >= this.#limits.connectionsMax) {
				this.#wait(attempt, startMs, fail);
				return;
			}
			const socket = this.#openSocket(socketPath);
			const onError = (error: NodeJS.ErrnoException) => {
				const isLater = error.code === "EAGAIN" && performance.now() - startMs < CONNECT_TIMEOUT_MS;
				if (isLater) setTimeout(this.#faults.callback(attempt, fail), RETRY_MS);
				else onConnect(error, null);
			};
			const guardedError = this.#faults.callback(onError, fail);
			const connected = () => {
				socket.off("error", guardedError);
				// Each exchange on the connection adds a listener. This one handles errors between two exchanges.
				socket.on(
					"error",
					this.#faults.callback(() => socket.destroy()),
				);
				onConnect(null, socket);
			};
			socket.once("error", guardedError);
			socket.once(
				"connect",
				this.#faults.callback(connected, (error) => {
					socket.destroy();
					fail(error);
				}),
			);
		};
		this.#faults.run(attempt, fail);
	}

	#openSocket(socketPath: string): Socket {
		this.#open++;
		const socket = connect(socketPath);
		const closed = () => {
			this.#open--;
			const [next] = this.#waiting;
			next?.();
		};
		socket.once("close", this.#faults.callback(closed));
		return socket;
	}

	/** Calls `attempt` when another connection closes, or `fail` when the time limit has passed. */
	#wait(attempt: () => void, startMs: number, fail: (error: unknown) => void): void {
		const remainingMs = Math.max(0, startMs + CONNECT_TIMEOUT_MS - performance.now());
		const stopWaiting = () => {
			clearTimeout(timer);
			this.#waiting.delete(next);
		};
		const giveUp = () => {
			stopWaiting();
			fail(new NoConnectionLeft());
		};
		const timer = setTimeout(this.#faults.callback(giveUp, fail), remainingMs);
		const next = () => {
			stopWaiting();
			this.#faults.run(attempt, fail);
		};
		this.#waiting.add(next);
	}
}
