/**
 * Connections whose client still sends when its response is complete. If such a connection were closed at once, the system
 * would reset it. A client that sends its whole body before it reads would then lose the response.
 */
import type { Socket } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";

/** How often a connection that lingers is checked, and the least time that it stays open. */
export const LINGER_MS = 500;
/** The times after which nginx closes such a connection: nothing came for this time, or it came for all this time. */
const LINGER_IDLE_MS = 5_000;
const LINGER_MS_MAX = 30_000;
/** The most bytes that are dropped. A client that sends more gets the response only if it reads while it sends. */
const LINGER_BYTES_MAX = 1024 ** 3;

/**
 * Ends a connection, and drops what still arrives on it.
 * @param isEnding whether the listener waits for its connections to close
 */
export function linger(socket: Socket, faults: FaultBoundary, isEnding: () => boolean): void {
	socket.end();
	socket.resume();
	limitLingering(socket, faults, isEnding);
}

/**
 * Destroys a connection when nothing has arrived on it for 5 seconds, after 30 seconds, or when more than 1 GiB has arrived.
 * @param isEnding as for `linger`
 * @returns a function that removes the limits
 */
export function limitLingering(socket: Socket, faults: FaultBoundary, isEnding: () => boolean): () => void {
	const bytesMax = socket.bytesRead + LINGER_BYTES_MAX;
	let received = socket.bytesRead;
	let [idleMs, lingeredMs] = [0, 0];
	const check = () => {
		idleMs = socket.bytesRead === received ? idleMs + LINGER_MS : 0;
		received = socket.bytesRead;
		lingeredMs += LINGER_MS;
		const isOver = idleMs >= LINGER_IDLE_MS || lingeredMs >= LINGER_MS_MAX || received > bytesMax;
		if (isEnding() || isOver) socket.destroy();
	};
	const timer = setInterval(faults.callback(check), LINGER_MS).unref();
	const stop = () => clearInterval(timer);
	socket.once("close", stop);
	return () => {
		stop();
		socket.off("close", stop);
	};
}
