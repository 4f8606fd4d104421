/** Answers on streams whose request no function gets. */
import { constants, type ServerHttp2Stream } from "node:http2";
import type { BadRequest } from "../http-server/bad-request.ts";

/** Answers a request that is none, expects something unknown or comes too slowly. Its body is not read. */
export function refuse(stream: ServerHttp2Stream, status: BadRequest["status"] | 417): void {
	stream.respond({ ":status": status, "content-length": "0" }, { endStream: true });
	stream.resume();
	stream.close(constants.NGHTTP2_NO_ERROR);
}
