/** Writing to a client's socket. */
import type { Socket } from "node:net";

/** The largest part of a body that is copied, so that it leaves in one plain write with what is around it. */
const COPIED_MAX = 16 * 1024;

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
