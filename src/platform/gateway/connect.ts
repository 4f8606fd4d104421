/**
 * Connections to instances. Where a Unix socket's queue is full, the system does not let a client wait, as with TCP, but
 * refuses at once (EAGAIN, see unix(7)): it is asked again, so that a burst of requests is only slower.
 */
import { connect, type Socket } from "node:net";
import { Pool } from "undici";
import type { Instance } from "../runtime/runtime.ts";

const AGAIN_MS = 5;
/** A function that takes no connection for so long takes none. */
const PATIENCE_MS = 10_000;

type OnConnect = (error: Error | null, socket: Socket | null) => void;

/** Connects to a Unix socket. */
export function connectTo(socketPath: string, onConnect: OnConnect): void {
	const sinceMs = performance.now();
	const attempt = () => {
		const socket = connect(socketPath);
		const onError = (error: NodeJS.ErrnoException) => {
			if (error.code === "EAGAIN" && performance.now() - sinceMs < PATIENCE_MS) setTimeout(attempt, AGAIN_MS);
			else onConnect(error, null);
		};
		socket.once("error", onError);
		socket.once("connect", () => {
			socket.off("error", onError);
			onConnect(null, socket);
		});
	};
	attempt();
}

/** As many connections to an instance as there are requests at once, each used again by later ones. */
export function openPool({ socketPath }: Instance): Pool {
	return new Pool("http://function", {
		connect: (_options, callback) => {
			connectTo(socketPath, (error, socket) => {
				if (socket === null) return callback(error ?? new Error("not connected"), null);
				socket.setNoDelay(true);
				callback(null, socket);
			});
		},
		pipelining: 1,
	});
}
