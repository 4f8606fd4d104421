/** Answers that are written as bytes to a connection, without Node's HTTP server. */

/** Answers a connection beyond the limit. */
export const FULL_ANSWER =
	"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

/** Answers to requests that are not valid HTTP or come too slowly, by their status. The connection closes after them. */
export const BARE_ANSWERS = {
	400: bare("400 Bad Request"),
	408: bare("408 Request Timeout"),
	413: bare("413 Payload Too Large"),
	431: bare("431 Request Header Fields Too Large"),
} as const;

const BY_CODE: Readonly<Record<string, keyof typeof BARE_ANSWERS>> = {
	HPE_HEADER_OVERFLOW: 431,
	HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
	ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function bare(statusLine: string): string {
	return `HTTP/1.1 ${statusLine}\r\nConnection: close\r\n\r\n`;
}

/**
 * The answer to a request that Node's parser rejected.
 * @param error the argument of the server's event `clientError`
 * @returns undefined if the error is not about the request: then no client waits for an answer
 */
export function brokenRequestAnswer({ code = "" }: NodeJS.ErrnoException): string | undefined {
	const isOfParser = code.startsWith("HPE_") || code.startsWith("ERR_HTTP_");
	return isOfParser ? BARE_ANSWERS[BY_CODE[code] ?? 400] : undefined;
}
