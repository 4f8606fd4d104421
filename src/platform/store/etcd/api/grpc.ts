/**
 * gRPC over one HTTP/2 connection: calls with one message in each direction, and streams of messages.
 *
 * The transport of the etcd driver. It tells exactly what it knows about a call that failed, which decides whether the
 * call may be repeated.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { SecureContextOptions } from "node:tls";
import { framed, GrpcFault, Messages, STATUS } from "./framing.ts";

/** The flow-control windows: a message of 1 MiB arrives without a pause. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

export interface Endpoint {
	readonly host: string;
	readonly port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function authorityOf({ host, port }: Endpoint): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export type Metadata = Readonly<Record<string, string>>;

/** What a stream reports. `onEnd` is called once, last. */
export interface StreamListener {
	onMessage(message: Uint8Array): void;
	onEnd(fault: GrpcFault): void;
}

/** One connection. After a failure it takes no more calls. */
export class GrpcConnection {
	readonly #session: ClientHttp2Session;
	#fault: unknown;
	#isUsable = true;

	/** Begins to connect. @param tls undefined: without TLS */
	constructor(endpoint: Endpoint, tls: SecureContextOptions | undefined) {
		const settings = { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false };
		this.#session = connect(`${tls ? "https" : "http"}://${authorityOf(endpoint)}`, { ...tls, settings });
		this.#session.once("connect", () => this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
		this.#session.on("error", (error) => {
			this.#fault ??= error;
			this.#isUsable = false;
		});
		for (const end of ["goaway", "close"] as const)
			this.#session.on(end, () => {
				this.#isUsable = false;
			});
	}

	/** Whether new calls may be made. */
	get isUsable(): boolean {
		return this.#isUsable && !this.#session.closed && !this.#session.destroyed;
	}

	/** Ends the connection and all its calls. */
	close(): void {
		this.#isUsable = false;
		this.#session.destroy();
	}

	/** Calls a method. @returns the bytes of the answer @throws GrpcFault */
	call(path: string, request: Uint8Array, timeoutMs: number, metadata: Metadata = {}): Promise<Uint8Array> {
		return new Promise((resolve, reject) => {
			let answer: Uint8Array | undefined;
			const stream = this.#request(
				path,
				{ ...metadata, "grpc-timeout": `${timeoutMs}m` },
				{
					onMessage: (message) => {
						answer = message;
					},
					onEnd: (fault) => {
						clearTimeout(timer);
						if (fault.status === STATUS.ok && answer !== undefined) resolve(answer);
						else reject(fault);
					},
				},
			);
			const timer = setTimeout(() => stream.expire(timeoutMs), timeoutMs);
			stream.end(request);
		});
	}

	/** Opens a stream. @returns functions that send a message and end the stream */
	stream(path: string, metadata: Metadata, listener: StreamListener) {
		const stream = this.#request(path, metadata, listener);
		return {
			send: (message: Uint8Array) => stream.write(message),
			close: () => stream.cancel(),
		};
	}

	#request(path: string, metadata: Metadata, listener: StreamListener): GrpcStream {
		const headers = {
			[constants.HTTP2_HEADER_METHOD]: "POST",
			[constants.HTTP2_HEADER_PATH]: path,
			[constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
			[constants.HTTP2_HEADER_TE]: "trailers",
			...metadata,
		};
		const unsent = (error: unknown) =>
			new GrpcFault(STATUS.unavailable, messageOf(this.#fault ?? error), false, this.#fault ?? error);
		try {
			return new GrpcStream(this.#session.request(headers), listener, () => this.#fault);
		} catch (error) {
			// The session was closed a moment ago.
			throw unsent(error);
		}
	}
}

function messageOf(error: unknown): string {
	const { code, message } = error as NodeJS.ErrnoException;
	return code ?? message;
}

/** One HTTP/2 stream of a call. */
class GrpcStream {
	readonly #stream: ClientHttp2Stream;
	#fault: GrpcFault | undefined;

	constructor(stream: ClientHttp2Stream, listener: StreamListener, sessionFault: () => unknown) {
		this.#stream = stream;
		const messages = new Messages();
		stream.on("response", (headers) => {
			if (headers[":status"] !== 200)
				this.#fail(new GrpcFault(STATUS.unavailable, `HTTP status ${headers[":status"]}`, true));
			else this.#take(headers);
		});
		stream.on("trailers", (headers) => this.#take(headers));
		stream.on("data", (chunk: Buffer) => {
			try {
				const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
				for (const message of messages.take(bytes))
					if (this.#fault === undefined) listener.onMessage(message);
			} catch (error) {
				const fault = error instanceof GrpcFault ? error : undefined;
				this.#fail(fault ?? new GrpcFault(STATUS.unavailable, "the answer cannot be read", true, error));
			}
		});
		let broken: unknown;
		stream.on("error", (error) => {
			broken = error;
		});
		stream.once("close", () => {
			// Node cancels the streams of a connection that failed, before it tells of the failure.
			const known = sessionFault() ?? (broken as Error | undefined)?.cause ?? broken;
			const cause = known ?? new Error("the connection ended");
			listener.onEnd(this.#fault ?? new GrpcFault(STATUS.unavailable, messageOf(cause), false, cause));
		});
	}

	write(message: Uint8Array): void {
		if (!this.#stream.destroyed) this.#stream.write(framed(message));
	}

	end(message: Uint8Array): void {
		if (!this.#stream.destroyed) this.#stream.end(framed(message));
	}

	cancel(): void {
		this.#stream.close(constants.NGHTTP2_CANCEL);
	}

	/** Ends a call whose time limit has passed. */
	expire(timeoutMs: number): void {
		this.#fail(new GrpcFault(STATUS.deadlineExceeded, `no answer within ${timeoutMs} ms`, false));
	}

	/** Reads the status of the call, if these headers have it. */
	#take(headers: Readonly<Record<string, unknown>>): void {
		const status = headers["grpc-status"];
		if (status === undefined) return;
		this.#fault ??= new GrpcFault(Number(status), decoded(String(headers["grpc-message"] ?? "")), true);
	}

	#fail(fault: GrpcFault): void {
		this.#fault ??= fault;
		this.cancel();
	}
}

/** gRPC encodes the message of a status as a URL does. */
function decoded(message: string): string {
	try {
		return decodeURIComponent(message);
	} catch {
		return message;
	}
}
