/** A client that can write any bytes, and reads until the expected text arrives. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

/** Where a listener is: its port, with or without TLS. */
export type Place = number | { readonly tls: number };

/** Connects. With TLS, the client offers HTTP/1.1, and a reset is one of the connection of TCP. */
export function dial(place: Place): Socket {
	const port = typeof place === "number" ? place : place.tls;
	const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	if (typeof place === "number") return socket;
	const secure = connectTls({
		socket: streamOf(socket),
		servername: "localhost",
		ALPNProtocols: ["http/1.1"],
		rejectUnauthorized: false,
	});
	const resetAndDestroy = () => {
		socket.resetAndDestroy();
		return secure.destroy();
	};
	return Object.assign(secure, { resetAndDestroy });
}

/** The bytes of a socket as another stream, so that TLS does not use the socket itself. */
function streamOf(socket: Socket): Duplex {
	const stream = new Duplex({
		allowHalfOpen: true,
		read: () => void socket.resume(),
		write: (chunk, _encoding, done) => void socket.write(chunk, () => done()),
		final: (done) => void socket.end(() => done()),
		destroy: (error, done) => {
			socket.destroy();
			done(error);
		},
	});
	socket.on("error", () => undefined);
	socket.on("data", (chunk) => {
		if (!stream.push(chunk)) socket.pause();
	});
	socket.on("end", () => stream.push(null));
	socket.on("close", () => stream.destroy());
	return stream;
}

/** Waits until bytes can be sent. */
export async function connected(socket: Socket, place: Place): Promise<void> {
	await once(socket, typeof place === "number" ? "connect" : "secureConnect");
}

/**
 * The received bytes, and the end: `silent` if neither the end of the connection nor the expected text came
 * in time.
 */
export interface Exchange {
	readonly text: string;
	readonly end: "seen" | "closed" | "silent";
}

/** Longer than any response takes on a busy machine. */
export const PATIENCE_MS = 20_000;

export class RawClient implements Disposable {
	readonly socket: Socket;
	#text = "";
	#isClosed = false;
	#changed: () => void = () => undefined;

	constructor(place: Place) {
		this.socket = dial(place);
		this.socket.setNoDelay(true).setEncoding("latin1");
		this.socket.on("error", () => undefined);
		this.socket.on("data", (chunk: string) => {
			this.#text += chunk;
			this.#changed();
		});
		const closed = () => {
			this.#isClosed = true;
			this.#changed();
		};
		this.socket.on("end", closed).on("close", closed);
	}

	get text(): string {
		return this.#text;
	}

	/** Writes bytes (latin-1). */
	write(bytes: string): this {
		this.socket.write(bytes, "latin1");
		return this;
	}

	/** Reads until the text matches, or the other side ends the connection. */
	async until(isEnough: (text: string) => boolean = () => false): Promise<Exchange> {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.#changed();
		}, PATIENCE_MS);
		while (!this.#isClosed && !isLate && !isEnough(this.#text)) {
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
		clearTimeout(timer);
		const end = isEnough(this.#text) ? "seen" : this.#isClosed ? "closed" : "silent";
		return { text: this.#text, end };
	}

	[Symbol.dispose](): void {
		this.socket.destroy();
	}
}

/** Writes the bytes and reads until the other side ends the connection. */
export async function converse(place: Place, bytes: string): Promise<Exchange> {
	using client = new RawClient(place);
	return await client.write(bytes).until();
}

const CRLF = "\r\n";

/** The bytes of a request. @param lines further headers */
export function request(target: string, lines: readonly string[] = [], body = "", method = "GET"): string {
	return [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1", ...lines, "", body].join(CRLF);
}

export const CLOSE = "Connection: close";
export const UPGRADE = [
	"Connection: Upgrade",
	"Upgrade: websocket",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
];

/** A masked WebSocket frame with a short text, and a close frame. */
export const FRAME = "\x81\x82\0\0\0\0hi";
export const CLOSE_FRAME = "\x88\x80\0\0\0\0";
