/** Writing to a client's socket, and closing it. */
import type { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";

/** The largest part of a body that is copied, so that it leaves in one plain write with what is around it. */
const COPIED_MAX = 16 * 1024;
/** A client that still sends gets its answer only if the connection stays open for a while. */
export const LINGER_MS = 500;

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
 * Ends a connection, and drops what still arrives on it. If it were closed at once, the system would reset it, and the
 * client might lose the response.
 */
export function linger(socket: Socket, faults: FaultBoundary): void {
	socket.end();
	socket.resume();
	const destroy = faults.callback(() => socket.destroy());
	const timer = setTimeout(destroy, LINGER_MS).unref();
	socket.once("close", clearTimeout.bind(undefined, timer));
}
