/**
 * The id under which a request is found again, here and in the function.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isRequestId } from "./headers.ts";

/** The id that a request is known by: its own where it has one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
	const said = request.headers["x-request-id"];
	return isRequestId(said) ? said : randomUUID();
}
