/** The bounds of one connection of HTTP/2. Beyond them, nghttp2 or Node refuses the stream or ends the connection. */
import type { SecureServerOptions } from "node:http2";
import { HEAD_BYTES_MAX } from "../http-server/request-head.ts";

/** Requests of one connection at the same time. */
export const STREAMS_MAX = 100;
/** Of each field, the limit of the whole header counts 32 bytes more (RFC 9113, section 6.5.2). */
const FIELD_OVERHEAD_BYTES = 16 * 1024;
/** More than a request may have, since a client may send each cookie alone. */
const FIELDS_MAX = 1_000;

/**
 * Extended CONNECT is not offered: a WebSocket uses a connection of HTTP/1.1. The gateway has limits of its own for what
 * these options do not cover: `flood-guard.ts`, `stream-limits.ts`.
 */
export const SESSION_OPTIONS: SecureServerOptions = {
	settings: {
		maxConcurrentStreams: STREAMS_MAX,
		maxHeaderListSize: HEAD_BYTES_MAX + FIELD_OVERHEAD_BYTES,
		// What arrives of a body that the function does not read waits in memory.
		initialWindowSize: 65_535,
		enablePush: false,
	},
	maxHeaderListPairs: FIELDS_MAX,
	/** Streams that nghttp2 refuses because of their fields or their frames. Node's default is 1,000. */
	maxSessionInvalidFrames: 100,
	/** Streams beyond the most concurrent ones. */
	maxSessionRejectedStreams: 100,
};
