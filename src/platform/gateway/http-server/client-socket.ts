/** Writing to a client's socket, and closing it. */
import type { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";

/** The largest part of a body that is copied, so that it leaves in one plain write with what is around it. */
const COPIED_MAX = 16 * 1024;
/** How often a connection that lingers is checked, and the least time that it stays open. */
export const LINGER_MS = 500;
/** The times after which nginx closes such a connection: nothing came for this time, or it came for all this time. */
const LINGER_IDLE_MS = 5_000;
const LINGER_MS_MAX = 30_000;

/** The IP address of a client. */
export function addressOf({ remoteAddress = "" }: Socket): string {
	return remoteAddress.replace(/^::ffff:/, "");
}

/**
 * Writes Latin-1, then data, then Latin-1, with one call of the system if possible.
 * @returns whether more may be written at once
 */
export function writeParts(socket: Socket, text: string, data: Buffer | undefined, tail: string): boolean {
	if (data === undefined) return socket.write(text + tail, "latin1");
	if (text === "" && tail === "") return socket.write(data);
	if (data.length <= COPIED_MAX) return socket.write(text + data.toString("latin1") + tail, "latin1");
	socket.cork();
	if (text !== "") socket.write(text, "latin1");
	let isFree = socket.write(data);
	if (tail !== "") isFree = socket.write(tail, "latin1");
	socket.uncork();
	return isFree;
}

/**
 * Ends a connection, and drops what still arrives on it. If it were closed at once, the system would reset it. A client
 * that sends its whole body before it reads would then lose the response.
 * @param isEnding whether the listener waits for its connections to close
 */
export function linger(socket: Socket, faults: FaultBoundary, isEnding: () => boolean): void {
	socket.end();
	socket.resume();
	let received = socket.bytesRead;
	let [idleMs, lingeredMs] = [0, 0];
	const check = () => {
		idleMs = socket.bytesRead === received ? idleMs + LINGER_MS : 0;
		received = socket.bytesRead;
		lingeredMs += LINGER_MS;
		if (isEnding() || idleMs >= LINGER_IDLE_MS || lingeredMs >= LINGER_MS_MAX) socket.destroy();
	};
	const timer = setInterval(faults.callback(check), LINGER_MS).unref();
	socket.once("close", () => clearInterval(timer));
}
