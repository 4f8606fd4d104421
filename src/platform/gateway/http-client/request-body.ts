/** Streams the body of a client's request to a function, with backpressure and a limit on its size. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";

export interface RequestBodyEvents {
	/** Called once, when the whole body is written. */
	readonly onSent: () => void;
	/** Called each time that the function has to read before more is written. */
	readonly onBlocked: () => void;
	/** Called once, when the body exceeds its limit. */
	readonly onTooLarge: () => void;
	/** Called after an exception, which is contained. */
	readonly onFault: () => void;
}

export interface RequestBodyOptions {
	readonly maxBytes: number;
	/** Whether the body needs chunks, because the client did not declare its length. */
	readonly isChunked: boolean;
}

/** Writes the body of one request to a function. */
export class RequestBody {
	readonly #source: IncomingMessage;
	readonly #options: RequestBodyOptions;
	readonly #socket: Socket;
	readonly #events: RequestBodyEvents;
	readonly #onData: (data: Buffer) => void;
	readonly #onEnd: () => void;
	#bytes = 0;
	#isOver = false;

	/** Begins to write the body to the socket. Node's parser has checked that it has the declared length. */
	constructor(
		source: IncomingMessage,
		socket: Socket,
		options: RequestBodyOptions,
		events: RequestBodyEvents,
		faults: FaultBoundary,
	) {
		this.#source = source;
		this.#options = options;
		this.#socket = socket;
		this.#events = events;
		this.#onData = faults.callback((data: Buffer) => this.#write(data), events.onFault);
		this.#onEnd = faults.callback(() => this.#end(), events.onFault);
		source.on("data", this.#onData);
		source.on("end", this.#onEnd);
		// When the client disconnects, its response closes too, and that ends the exchange.
		source.on("error", () => {});
	}

	/** Continues after the socket's buffer was full. */
	resume(): void {
		if (!this.#isOver) this.#source.resume();
	}

	/** Stops writing. The rest of the body is still read: otherwise the client might not get its response. */
	stop(): void {
		if (this.#isOver) return;
		this.#leave();
		this.#source.resume();
	}

	#leave(): void {
		this.#isOver = true;
		this.#source.off("data", this.#onData);
		this.#source.off("end", this.#onEnd);
	}

	#write(data: Buffer): void {
		const socket = this.#socket;
		this.#bytes += data.length;
		if (this.#bytes > this.#options.maxBytes) {
			this.stop();
			this.#events.onTooLarge();
			return;
		}
		let isFlushed: boolean;
		if (this.#options.isChunked) {
			socket.cork();
			socket.write(`${data.length.toString(16)}\r\n`, "latin1");
			socket.write(data);
			isFlushed = socket.write("\r\n", "latin1");
			socket.uncork();
		} else isFlushed = socket.write(data);
		if (isFlushed) return;
		this.#source.pause();
		this.#events.onBlocked();
	}

	#end(): void {
		this.#leave();
		if (this.#options.isChunked) this.#socket.write("0\r\n\r\n", "latin1");
		this.#events.onSent();
	}
}
