/** Ends streams whose request is not read to its end. */
import { constants, type ServerHttp2Stream } from "node:http2";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { BadRequest } from "../http-server/bad-request.ts";

/** Answers a request that is none, expects something unknown or comes too slowly. Its body is not read. */
export function refuse(
	stream: ServerHttp2Stream,
	status: BadRequest["status"] | 417,
	faults: FaultBoundary,
): void {
	stream.respond({ ":status": status, "content-length": "0" }, { endStream: true });
	stopReading(stream, faults);
}

/**
 * Tells the client that it need not send the rest of its body (RFC 9113, section 8.1). Call it when the response is
 * complete.
 */
export function stopReading(stream: ServerHttp2Stream, faults: FaultBoundary): void {
	stream.resume();
	// Node 22 sends the reset before what was written in the same task, so that the client would get no response.
	const close = () => {
		if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
	};
	setImmediate(faults.callback(close, () => stream.destroy()));
}
