/**
 * Requests over HTTP by Node's own client. Not by `fetch`: to load what that is made of takes a command longer than the
 * request itself.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import type * as Https from "node:https";

export interface Outgoing {
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array | undefined;
	/** Ends the request, and the answer where it has begun. */
	readonly signal: AbortSignal;
}

/** An answer whose body has yet to come. What reads a part of it and stops cuts the connection. */
export interface Answer {
	readonly status: number;
	/** A status of 200 to 299. */
	readonly ok: boolean;
	/** Rejects where the connection breaks before it is whole, or with the signal's reason. */
	readonly body: AsyncIterable<Uint8Array> | null;
}

/** What carries a request to where it is to go. */
export type Carrier = (url: URL, request: Outgoing) => Promise<Answer>;

const MAX_HEADER_BYTES = 64 * 1024;
/** A platform keeps a connection that nothing comes on for longer than this. */
const UNUSED_MS = 4_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const AGENT = { keepAlive: true, timeout: UNUSED_MS };

let http: HttpAgent | undefined;
let https: Https.Agent | undefined;

/**
 * Sends a request, on a connection that an earlier one left where there is any.
 * @throws Error with the system's code; the signal's reason; `unexpected redirect`, since another address would be told
 *   what this one was to be told (`request-fault.ts` sorts them)
 */
export const carry: Carrier = async (url, { method, headers, body, signal }) => {
	const send = url.protocol === "https:" ? overTls() : overHttp();
	signal.throwIfAborted();
	return await new Promise((resolve, reject) => {
		const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
		const options = { method, headers: { ...headers, ...length }, signal, maxHeaderSize: MAX_HEADER_BYTES };
		const request = send(url, options, (response) => {
			const status = response.statusCode ?? 0;
			if (REDIRECTS.has(status)) {
				response.destroy();
				reject(new Error("unexpected redirect"));
				return;
			}
			// Whoever reads the body hears of it; without a reader, there is nobody whom it concerns.
			response.on("error", () => undefined);
			resolve({ status, ok: status >= 200 && status < 300, body: bodyOf(response, signal) });
		});
		request.on("error", (error) => reject(signal.aborted ? signal.reason : error));
		request.end(body);
	});
};

async function* bodyOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	try {
		yield* response as AsyncIterable<Uint8Array>;
	} catch (error) {
		throw signal.aborted ? signal.reason : error;
	}
}

type Send = (
	url: URL,
	options: Https.RequestOptions,
	onResponse: (response: IncomingMessage) => void,
) => ReturnType<typeof httpRequest>;

function overHttp(): Send {
	http ??= new HttpAgent(AGENT);
	const agent = http;
	return (url, options, onResponse) => httpRequest(url, { ...options, agent }, onResponse);
}

/** Loaded where it is needed: most of it is TLS. */
function overTls(): Send {
	const { Agent, request } = process.getBuiltinModule("node:https");
	https ??= new Agent(AGENT);
	const agent = https;
	return (url, options, onResponse) => request(url, { ...options, agent }, onResponse);
}
