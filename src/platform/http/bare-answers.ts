/** Answers that are written as bytes to a connection, without Node's HTTP server. */

/** Answers a connection beyond the limit. */
export const FULL_ANSWER =
	"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

const BY_CODE: Readonly<Record<string, string>> = {
	HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
	HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
	ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/**
 * The answer to a request that Node's parser rejected.
 * @param error the argument of the server's event `clientError`
 * @returns undefined if the error is not about the request: then no client waits for an answer
 */
export function brokenRequestAnswer({ code = "" }: NodeJS.ErrnoException): string | undefined {
	const isOfParser = code.startsWith("HPE_") || code.startsWith("ERR_HTTP_");
	return isOfParser
		? `HTTP/1.1 ${BY_CODE[code] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`
		: undefined;
}
