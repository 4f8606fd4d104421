/**
 * Options of both listeners: the size of a request, and the time until it is complete. The connections of slower
 * clients are closed.
 */
const MAX_HEADER_BYTES = 32 * 1024;
const CHECK_MS = 5_000;

export interface RequestTimeouts {
	/** The time limit of the head of a request. Default: 15,000. */
	readonly headTimeoutMs?: number;
	/** The time limit of a whole request, including its body. Default: 300,000. */
	readonly requestTimeoutMs?: number;
}

/** Options for a server of `node:http`. */
export function serverOptions({ headTimeoutMs = 15_000, requestTimeoutMs = 300_000 }: RequestTimeouts = {}) {
	return {
		maxHeaderSize: MAX_HEADER_BYTES,
		headersTimeout: headTimeoutMs,
		requestTimeout: requestTimeoutMs,
		// By default Node checks every 30 s, and notices a time-out only then.
		connectionsCheckingInterval: Math.min(CHECK_MS, headTimeoutMs),
		keepAliveTimeout: 65_000,
		insecureHTTPParser: false,
		// `strict-request.ts` checks this instead, because it must also ignore later bytes on the connection.
		requireHostHeader: false,
	};
}
