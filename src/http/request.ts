/** HTTP requests by Node's own client. `fetch` is not used: loading it takes longer than the request. */
import {
	Agent as HttpAgent,
	request as httpRequest,
	type IncomingHttpHeaders,
	type IncomingMessage,
} from "node:http";
import type * as Https from "node:https";
import { proxySettings } from "./proxy-settings.ts";
import type { Tunnel } from "./tunnel.ts";

export interface OutgoingRequest {
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array | undefined;
	/** Ends the request, and a running answer. */
	readonly signal: AbortSignal;
}

/** An answer whose body is still to be read. A reader that stops early closes the connection. */
export interface Answer {
	readonly status: number;
	/** A status of 200 to 299. */
	readonly ok: boolean;
	/** Rejects if the connection breaks before the end, or with the signal's reason. */
	readonly body: AsyncIterable<Uint8Array> | null;
}

/** An answer with its headers, by name in lower case. */
export interface HeadedAnswer extends Answer {
	readonly headers: IncomingHttpHeaders;
}

/** Sends a request. */
export type Transport = (url: URL, request: OutgoingRequest) => Promise<Answer>;

const MAX_HEADER_BYTES = 64 * 1024;
/** The time for which an unused connection is kept, in milliseconds. A platform keeps it longer. */
const UNUSED_MS = 4_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const AGENT = { keepAlive: true, timeout: UNUSED_MS };

let http: HttpAgent | undefined;
let https: Https.Agent | undefined;

/**
 * The way of requests to an address: undefined if they go there directly.
 * @throws ProxyFault
 */
export async function routeTo(url: URL): Promise<Tunnel | undefined> {
	if (url.protocol !== "https:" || proxySettings() === undefined) return undefined;
	const { tunnelTo } = await import("./tunnel.ts");
	return await tunnelTo(url, AGENT);
}

/**
 * Sends a request, on an open connection if there is one. A request by https goes through the proxy of `setProxy`.
 * @throws Error with the system's code; the signal's reason; `unexpected redirect`: a redirect is not followed,
 *   because it would send the request to another address (`request-fault.ts` sorts these errors)
 */
export const sendRequest = async (
	url: URL,
	{ method, headers, body, signal }: OutgoingRequest,
): Promise<HeadedAnswer> => {
	const tunnel = await routeTo(url);
	const send = url.protocol === "https:" ? overTls(tunnel) : overHttp();
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
			// The reader of the body gets the error. Without a reader, the error does not matter.
			response.on("error", () => undefined);
			resolve({
				status,
				ok: status >= 200 && status < 300,
				headers: response.headers,
				body: bodyOf(response, signal),
			});
		});
		const explained = tunnel?.watch(request);
		request.on("error", (error) => reject(signal.aborted ? signal.reason : (explained?.(error) ?? error)));
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

/** Loaded on demand, because loading TLS takes time. */
function overTls(tunnel: Tunnel | undefined): Send {
	const { Agent, request } = process.getBuiltinModule("node:https");
	https ??= new Agent(AGENT);
	const agent = tunnel?.agent ?? https;
	return (url, options, onResponse) => request(url, { ...options, agent }, onResponse);
}
