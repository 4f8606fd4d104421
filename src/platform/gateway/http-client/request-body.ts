/** Streams the body of a client's request to a function, with backpressure and a limit on its size. */
import type { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ClientBody } from "../http-server/client-exchange.ts";

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
	readonly #source: ClientBody;
	readonly #options: RequestBodyOptions;
	readonly #socket: Socket;
	readonly #events: RequestBodyEvents;
	#bytes = 0;
	#isOver = false;

	/** @param source checks that the body has the declared length */
	constructor(source: ClientBody, socket: Socket, options: RequestBodyOptions, events: RequestBodyEvents) {
		this.#source = source;
		this.#options = options;
		this.#socket = socket;
		this.#events = events;
	}

	/** Begins to write the body to the socket. The part that has arrived is written at once. */
	begin(faults: FaultBoundary): void {
		const { onFault } = this.#events;
		this.#source.read({
			onData: faults.callback((data: Buffer) => this.#write(data), onFault),
			onEnd: faults.callback(() => this.#end(), onFault),
		});
	}

	/** Continues after the socket's buffer was full. */
	resume(): void {
		if (!this.#isOver) this.#source.resume();
	}

	/** Stops writing. The rest of the body is still read: otherwise the client might not get its response. */
	stop(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#source.discard();
	}

	#write(data: Buffer): void {
		if (this.#isOver) return;
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
		if (this.#isOver) return;
		this.#isOver = true;
		if (this.#options.isChunked) this.#socket.write("0\r\n\r\n", "latin1");
		this.#events.onSent();
	}
}
