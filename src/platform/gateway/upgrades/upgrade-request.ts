/** Upgrade requests, before and after their connection is upgraded. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { hasBody } from "../problem.ts";

/** A response on a socket that Node's server no longer manages. The connection closes after it. */
export function responseOn(request: IncomingMessage, socket: Duplex, faults: FaultBoundary): ServerResponse {
	const response = new ServerResponse(request);
	response.shouldKeepAlive = false;
	response.assignSocket(socket as never);
	// Node's server does this for sockets that it manages. Without it, a body stops at the first full buffer.
	const resume = faults.callback(() => response.emit("drain"));
	socket.on("drain", resume);
	const end = () => {
		socket.off("drain", resume);
		response.detachSocket(socket as never);
		socket.end();
	};
	response.on(
		"finish",
		faults.callback(end, () => socket.destroy()),
	);
	return response;
}

/** Whether a request asks for a WebSocket. With a body it does not: the end of the body would be ambiguous. */
export function isWebSocket(request: IncomingMessage): boolean {
	const { headers, method } = request;
	return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket" && !hasBody(request);
}
