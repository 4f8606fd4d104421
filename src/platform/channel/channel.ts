/**
 * Calls and events between two of the platform's own processes, over a stream. Both sides may call the other. Messages
 * arrive in the order in which they were sent. The other side is trusted: only the platform's own user can connect.
 */
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { decodeError, type EncodedError, encodeError } from "./remote-error.ts";

/** What one side offers: calls, which have an answer, and events, which have none. */
export interface Contract {
	readonly calls: Readonly<Record<string, { readonly in: unknown; readonly out: unknown }>>;
	readonly events: Readonly<Record<string, unknown>>;
}

/** The answer to a call. */
export interface Reply<Data> {
	readonly data: Data;
	readonly body?: Uint8Array;
}

/** A received answer. */
export interface Answer<Data> {
	readonly data: Data;
	/** Empty if the answer has none. */
	readonly body: Buffer;
}

/** The implementation of a contract. */
export interface Handlers<Own extends Contract> {
	readonly calls: {
		readonly [Name in keyof Own["calls"]]: (
			data: Own["calls"][Name]["in"],
			body: Buffer,
		) => Promise<Reply<Own["calls"][Name]["out"]>>;
	};
	readonly events: {
		readonly [Name in keyof Own["events"]]: (data: Own["events"][Name], body: Buffer) => void;
	};
}

type Message =
	| { readonly event: string; readonly data: unknown }
	| { readonly call: number; readonly name: string; readonly data: unknown }
	| { readonly answer: number; readonly data?: unknown; readonly error?: EncodedError };

interface Pending {
	readonly resolve: (answer: Answer<never>) => void;
	readonly reject: (error: Error) => void;
}

/** The channel was closed before the answer to a call. */
export class ChannelClosed extends Error {
	override name = "ChannelClosed";
}

export class Channel<Own extends Contract, Other extends Contract> {
	readonly #stream: Duplex;
	readonly #handlers: Handlers<Own>;
	readonly #faults: FaultBoundary;
	readonly #pending = new Map<number, Pending>();
	readonly #reader = new FrameReader();
	#lastCall = 0;
	#isClosed = false;
	/** Resolves when the channel is closed, by either side. Never rejects. */
	readonly closed: Promise<void>;

	/** @param faults handles exceptions of event handlers. An invalid frame also ends the channel */
	constructor(stream: Duplex, handlers: Handlers<Own>, faults: FaultBoundary) {
		this.#stream = stream;
		this.#handlers = handlers;
		this.#faults = faults;
		this.closed = stream.closed
			? Promise.resolve()
			: new Promise((resolve) => stream.once("close", () => resolve()));
		void this.closed.then(() => this.#end());
		stream.on("error", () => stream.destroy());
		// The other process has ended if it closes its side.
		stream.on("end", () => stream.destroy());
		const destroy = () => void stream.destroy();
		stream.on(
			"data",
			faults.callback((chunk: Buffer) => this.#read(chunk), destroy),
		);
	}

	/** The number of bytes that wait to be sent. */
	get waitingBytes(): number {
		return this.#stream.writableLength;
	}

	/** Sends an event. Does nothing if the channel is closed. */
	emit<Name extends keyof Other["events"] & string>(
		name: Name,
		data: Other["events"][Name],
		body?: Uint8Array,
	): void {
		this.#send({ event: name, data }, body);
	}

	/**
	 * Calls the other side.
	 * @throws `ChannelClosed` if the channel is or gets closed; the AppError of the other side; an Error for any other
	 *   exception there
	 */
	call<Name extends keyof Other["calls"] & string>(
		name: Name,
		data: Other["calls"][Name]["in"],
		body?: Uint8Array,
	): Promise<Answer<Other["calls"][Name]["out"]>> {
		return new Promise((resolve, reject) => {
			if (this.#isClosed) {
				reject(new ChannelClosed("The other process has ended."));
				return;
			}
			const call = ++this.#lastCall;
			this.#pending.set(call, { resolve, reject });
			this.#send({ call, name, data }, body);
		});
	}

	/** Closes the channel. Calls without an answer fail. */
	close(): void {
		this.#stream.destroy();
	}

	#send(message: Message, body?: Uint8Array): void {
		if (this.#isClosed || this.#stream.destroyed) return;
		for (const chunk of encodeFrame(message, body)) this.#stream.write(chunk);
	}

	#read(chunk: Buffer): void {
		for (const { message, body } of this.#reader.read(chunk)) this.#handle(message as Message, body);
	}

	#handle(message: Message, body: Buffer): void {
		if ("event" in message) {
			const { data, event } = message;
			this.#faults.run(() => this.#handlers.events[event]?.(data as never, body));
		} else if ("call" in message) void this.#answer(message, body);
		else this.#settle(message, body);
	}

	async #answer({ call, name, data }: { call: number; name: string; data: unknown }, body: Buffer) {
		try {
			const handler = this.#handlers.calls[name];
			if (handler === undefined) throw new Error(`There is no call ${name}.`);
			const reply = await handler(data as never, body);
			this.#send({ answer: call, data: reply.data }, reply.body);
		} catch (error) {
			this.#send({ answer: call, error: encodeError(error) });
		}
	}

	#settle({ answer, data, error }: { answer: number; data?: unknown; error?: EncodedError }, body: Buffer) {
		const pending = this.#pending.get(answer);
		this.#pending.delete(answer);
		if (error === undefined) pending?.resolve({ data: data as never, body });
		else pending?.reject(decodeError(error));
	}

	#end(): void {
		this.#isClosed = true;
		for (const { reject } of this.#pending.values())
			reject(new ChannelClosed("The other process has ended."));
		this.#pending.clear();
	}
}
