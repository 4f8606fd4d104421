/**
 * Connections to instances. Where a Unix socket's queue is full, the system does not let a client wait, as with TCP, but
 * refuses at once (EAGAIN, see unix(7)): it is asked again, so that a burst of requests is only slower.
 */
import { connect, type Socket } from "node:net";
import { type buildConnector, Pool } from "undici";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { FunctionLimits } from "../http/descriptors.ts";
import type { Instance } from "../runtime/runtime.ts";

const AGAIN_MS = 5;
/** A function that takes no connection for so long takes none. */
const PATIENCE_MS = 10_000;
/** How long a connection stays open between two requests, whatever the function asks for: others may need it. */
const IDLE_MS = 4_000;

type OnConnect = (error: Error | null, socket: Socket | null) => void;

/** There is no descriptor left for a connection to a function. */
export class NoConnectionLeft extends Error {
	override name = "NoConnectionLeft";
}

/** Whether a connection could not be made for want of a descriptor. */
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
	 * Connects to a Unix socket. Where there are as many connections as there may be, it waits until an idle one closes.
	 * @param onConnect called once, with `NoConnectionLeft` where none has closed in time
	 */
	connect(socketPath: string, onConnect: OnConnect): void {
		const sinceMs = performance.now();
		// Later, as any error of a connection: who connects is not ready for it yet.
		const fail = (error: unknown) => process.nextTick(onConnect, error, null);
		const attempt = () => {
			if (this.#open >= this.#limits.connectionsMax) {
				this.#wait(attempt, sinceMs, fail);
				return;
			}
			const socket = this.#openSocket(socketPath);
			const onError = (error: NodeJS.ErrnoException) => {
				const isLater = error.code === "EAGAIN" && performance.now() - sinceMs < PATIENCE_MS;
				if (isLater) setTimeout(this.#faults.callback(attempt, fail), AGAIN_MS);
				else onConnect(error, null);
			};
			const guardedError = this.#faults.callback(onError, fail);
			const connected = () => {
				socket.off("error", guardedError);
				// Whoever uses the connection listens too. An error between two users is nobody's.
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

	/** As many connections to an instance as there are requests at once, each used again by later ones. */
	openPool({ socketPath }: Instance): Pool {
		const connectAnother = (_options: unknown, callback: buildConnector.Callback) => {
			this.connect(socketPath, (error, socket) => {
				if (socket === null) return callback(error ?? new Error("not connected"), null);
				socket.setNoDelay(true);
				callback(null, socket);
			});
		};
		return new Pool("http://function", {
			connections: this.#limits.perFunctionConnectionsMax,
			connect: this.#faults.callback(connectAnother, (error, _options, callback) =>
				process.nextTick(callback, error, null),
			),
			keepAliveTimeout: IDLE_MS,
			keepAliveMaxTimeout: IDLE_MS,
			pipelining: 1,
		});
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

	/** Calls back once another connection has closed, or with an error once none has for too long. */
	#wait(attempt: () => void, sinceMs: number, fail: (error: unknown) => void): void {
		const leftMs = Math.max(0, sinceMs + PATIENCE_MS - performance.now());
		const leave = () => {
			clearTimeout(timer);
			this.#waiting.delete(next);
		};
		const giveUp = () => {
			leave();
			fail(new NoConnectionLeft());
		};
		const timer = setTimeout(this.#faults.callback(giveUp, fail), leftMs);
		const next = () => {
			leave();
			this.#faults.run(attempt, fail);
		};
		this.#waiting.add(next);
	}
}
