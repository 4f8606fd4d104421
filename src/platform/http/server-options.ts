/**
 * How both listeners take requests: what one may take of size and time until it is whole. Clients that are slower, by mistake or
 * on purpose, are cut off; until then each costs a connection and no more.
 */
const MAX_HEADER_BYTES = 32 * 1024;
const CHECK_MS = 5_000;

export interface Patience {
	/** How long a request's head may take. 15,000 unless told. */
	readonly headTimeoutMs?: number;
	/** How long a whole request may take, its body included. 300,000 unless told. */
	readonly requestTimeoutMs?: number;
}

/** Options for a server of `node:http`. */
export function serverOptions({ headTimeoutMs = 15_000, requestTimeoutMs = 300_000 }: Patience = {}) {
	return {
		maxHeaderSize: MAX_HEADER_BYTES,
		headersTimeout: headTimeoutMs,
		requestTimeout: requestTimeoutMs,
		// Node looks every 30 s unless told, and a time that is over is noticed only then.
		connectionsCheckingInterval: Math.min(CHECK_MS, headTimeoutMs),
		keepAliveTimeout: 65_000,
		insecureHTTPParser: false,
		// Asked by strict-request.ts, so that what follows on the connection is left alone too.
		requireHostHeader: false,
	};
}
