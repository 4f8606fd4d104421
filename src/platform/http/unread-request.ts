/**
 * Requests of Node's HTTP server that are answered before they have arrived, such as an upload that is refused. Node closes
 * the connection when the answer is complete if the client asked for that, and Hono closes it 0.5 s later in any case.
 * The system would then reset it, and a client that sends its whole body before it reads would lose the answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { limitLingering } from "./linger.ts";

/** Connections with a request that is answered and has not arrived. */
const dropping = new WeakSet<Socket>();

/** Whether what arrives on a connection is the rest of a request that is answered already. */
export function dropsRest(socket: Socket): boolean {
	return dropping.has(socket);
}

function hasBody({ headers }: IncomingMessage): boolean {
	const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
	return encoding !== undefined || Number(length) > 0;
}

/**
 * From now on, the rest of a request that is answered early is read and dropped, within the limits of `limitLingering`. If
 * it arrives, the connection serves the next request, unless it was to be closed. Call it before the request is answered.
 * @param isEnding whether the listener waits for its connections to close
 */
export function dropRest(
	request: IncomingMessage,
	response: ServerResponse,
	faults: FaultBoundary,
	isEnding: () => boolean,
): void {
	if (!hasBody(request)) return;
	const { socket } = request;
	const { destroySoon } = socket;
	const destroy = () => socket.destroy();
	let stop: (() => void) | undefined;
	// Everything that would close the connection calls this method: Node, Hono, and `pipeline.ts`.
	socket.destroySoon = faults.callback(() => {
		if (request.complete) destroySoon.call(socket);
		// Before `answered`, Node calls it, for a connection that serves no other request.
		else if (stop === undefined) socket.end();
	}, destroy);
	const answered = () => {
		if (request.complete) return;
		dropping.add(socket);
		stop = limitLingering(socket, faults, isEnding);
		// A reader that left in the middle has paused the request.
		request.removeAllListeners("data").resume();
	};
	const received = () => {
		socket.destroySoon = destroySoon;
		if (stop === undefined || socket.writableEnded) return;
		dropping.delete(socket);
		stop();
		if (isEnding()) socket.destroySoon();
	};
	response.once("finish", faults.callback(answered, destroy));
	request.once("end", faults.callback(received, destroy));
}
