/**
 * Requests that both listeners refuse although Node's parser accepts them: another program in front of them
 * or behind them could read such a request in another way (request smuggling).
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Connections with a refused request. Nothing that follows on them is trusted to be a request. */
const refusedOn = new WeakSet<Socket>();

/** The number of occurrences of a header. Node joins some repeated headers and uses the first of others. */
function countOf({ rawHeaders }: IncomingMessage, wanted: string): number {
	return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === wanted).length;
}

function isMalformed(request: IncomingMessage): boolean {
	const { headers, httpVersion, httpVersionMajor } = request;
	const hosts = countOf(request, "host");
	if (httpVersionMajor !== 1 || hosts > 1 || (hosts === 0 && httpVersion !== "1.0")) return true;
	const encoding = headers["transfer-encoding"];
	if (encoding === undefined) return false;
	// RFC 9112, section 6.1: HTTP/1.0 has no chunked encoding.
	return encoding.trim().toLowerCase() !== "chunked" || httpVersion === "1.0";
}

/**
 * Checks a request. Call it once, before anything else is done with the request.
 * @returns `malformed`: answer 400 and close the connection. `behind`: an earlier request of the connection was
 * malformed, so ignore this one. Undefined: the request is fine.
 */
export function faultOf(request: IncomingMessage): "malformed" | "behind" | undefined {
	if (refusedOn.has(request.socket)) return "behind";
	if (!isMalformed(request)) return undefined;
	refusedOn.add(request.socket);
	return "malformed";
}
