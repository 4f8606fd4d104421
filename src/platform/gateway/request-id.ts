/** The request id. It identifies a request in the platform's logs and in the function's. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isRequestId } from "./headers.ts";

/** The request id that the client sent, if it is safe; otherwise a new one. */
export function requestIdOf(request: IncomingMessage): string {
	const sent = request.headers["x-request-id"];
	return isRequestId(sent) ? sent : randomUUID();
}
