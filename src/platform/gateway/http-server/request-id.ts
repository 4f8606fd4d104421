/** The request id. It identifies a request in the platform's logs and in the function's. */
import { randomUUID } from "node:crypto";
import { isRequestId } from "../headers.ts";
import { isField } from "../syntax/fields.ts";
import type { ClientExchange } from "./client-exchange.ts";

const NAME = "x-request-id";

/** The request id that the client sent, if it is safe; otherwise a new one. */
export function requestIdOf({ headers }: Pick<ClientExchange, "headers">): string {
	let sent: string | undefined;
	for (let index = 0; index < headers.length; index += 2) {
		if (!isField(headers[index] ?? "", NAME)) continue;
		// Two ids are none.
		if (sent !== undefined) return randomUUID();
		sent = headers[index + 1];
	}
	return isRequestId(sent) ? sent : randomUUID();
}
