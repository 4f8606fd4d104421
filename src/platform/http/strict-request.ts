/**
 * What both listeners refuse although Node's parser lets it pass: a request that somebody before or behind them
 * could read in another way.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Connections on which something was refused: nothing that follows there is believed to be a request. */
const spoilt = new WeakSet<Socket>();

/** How often a header is there. Node itself joins some of them, and takes the first of others. */
function countOf({ rawHeaders }: IncomingMessage, wanted: string): number {
	return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === wanted).length;
}

function isMalformed(request: IncomingMessage): boolean {
	const { headers, httpVersion, httpVersionMajor } = request;
	const hosts = countOf(request, "host");
	if (httpVersionMajor !== 1 || hosts > 1 || (hosts === 0 && httpVersion !== "1.0")) return true;
	const encoding = headers["transfer-encoding"];
	if (encoding === undefined) return false;
	// RFC 9112, 6.1: a client of HTTP/1.0 knows no chunks.
	return encoding.trim().toLowerCase() !== "chunked" || httpVersion === "1.0";
}

/**
 * What is wrong with a request, to be asked once before anything is done with it. `malformed` is to be answered so, and the
 * connection closed; `behind` came on a connection that closes for that reason, and is to be left alone.
 */
export function faultOf(request: IncomingMessage): "malformed" | "behind" | undefined {
	if (spoilt.has(request.socket)) return "behind";
	if (!isMalformed(request)) return undefined;
	spoilt.add(request.socket);
	return "malformed";
}
