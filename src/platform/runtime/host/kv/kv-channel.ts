/**
 * The connection to the store of the app. Each message is the length of a JSON text in UTF-8 as four bytes, the least
 * significant first, and the text. All `Deno.Kv` of a process share one connection.
 */

interface Answer {
	readonly id: number;
	readonly error?: { readonly isTypeError: boolean; readonly message: string };
}

interface Pending {
	resolve(answer: Answer): void;
	reject(error: Error): void;
}

const LENGTH_BYTES = 4;
const encoder = new TextEncoder();

export class Channel {
	readonly #connect: () => Promise<Deno.Conn>;
	readonly #pending = new Map<number, Pending>();
	#connection: Promise<Deno.Conn> | undefined;
	#lastId = 0;
	#isReferenced = false;
	/** The frames that wait to be written. */
	readonly #frames: Uint8Array[] = [];
	#isWriting = false;

	/** @param connect requests a connection from the platform */
	constructor(connect: () => Promise<Deno.Conn>) {
		this.#connect = connect;
	}

	/** Connects, unless it is connected. */
	async open(): Promise<void> {
		await this.#opened();
	}

	/**
	 * Sends a request.
	 * @param onId called with the id of the request
	 * @throws the error that the platform answers, or an Error if the connection is lost
	 */
	async ask<T>(request: object, onId?: (id: number) => void): Promise<T> {
		const connection = await this.#opened();
		const id = ++this.#lastId;
		onId?.(id);
		const answered = new Promise<Answer>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
		this.#reference(connection);
		this.#send(connection, { ...request, id });
		const answer = await answered;
		if (answer.error === undefined) return answer as T;
		const { isTypeError, message } = answer.error;
		throw isTypeError ? new TypeError(message) : new Error(message);
	}

	/** Ends a waiting request, whose promise rejects. */
	cancel(id: number): void {
		const pending = this.#pending.get(id);
		if (pending === undefined || this.#connection === undefined) return;
		this.#pending.delete(id);
		pending.reject(new Error("The request was cancelled."));
		void this.#connection.then((connection) => {
			this.#reference(connection);
			this.#send(connection, { op: "cancel", id });
		});
	}

	#opened(): Promise<Deno.Conn> {
		this.#connection ??= this.#connect().then(
			(connection) => {
				connection.unref();
				this.#isReferenced = false;
				void this.#read(connection);
				return connection;
			},
			(error: unknown) => {
				this.#connection = undefined;
				throw error;
			},
		);
		return this.#connection;
	}

	/** The process ends if only an unused connection is left. */
	#reference(connection: Deno.Conn): void {
		const isNeeded = this.#pending.size > 0;
		if (isNeeded === this.#isReferenced) return;
		this.#isReferenced = isNeeded;
		if (isNeeded) connection.ref();
		else connection.unref();
	}

	#send(connection: Deno.Conn, message: object): void {
		const text = encoder.encode(JSON.stringify(message));
		const frame = new Uint8Array(LENGTH_BYTES + text.length);
		new DataView(frame.buffer).setUint32(0, text.length, true);
		frame.set(text, LENGTH_BYTES);
		this.#frames.push(frame);
		if (!this.#isWriting) void this.#write(connection);
	}

	async #write(connection: Deno.Conn): Promise<void> {
		this.#isWriting = true;
		try {
			for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift())
				for (let sent = 0; sent < frame.length; ) sent += await connection.write(frame.subarray(sent));
		} catch {
			this.#lose(connection);
		}
		this.#isWriting = false;
	}

	async #read(connection: Deno.Conn): Promise<void> {
		const reader = new FrameReader();
		const chunk = new Uint8Array(65_536);
		try {
			for (let length = await connection.read(chunk); length !== null; length = await connection.read(chunk))
				for (const text of reader.read(chunk.subarray(0, length))) {
					const answer: Answer = JSON.parse(text);
					const pending = this.#pending.get(answer.id);
					this.#pending.delete(answer.id);
					this.#reference(connection);
					pending?.resolve(answer);
				}
		} catch {
			// The same as the end of the connection.
		}
		this.#lose(connection);
	}

	#lose(connection: Deno.Conn): void {
		try {
			connection.close();
		} catch {
			return;
		}
		this.#connection = undefined;
		this.#frames.length = 0;
		for (const { reject } of this.#pending.values())
			reject(
				new Error(
					"The connection to the Deno KV store was lost. It is not known whether a write took effect.",
				),
			);
		this.#pending.clear();
	}
}

/** Splits chunks into the texts of frames. */
class FrameReader {
	readonly #decoder = new TextDecoder();
	#chunks: Uint8Array[] = [];
	#bytes = 0;
	#needed = LENGTH_BYTES;
	#hasLength = false;

	*read(chunk: Uint8Array): Generator<string> {
		this.#chunks.push(chunk.slice());
		this.#bytes += chunk.length;
		while (this.#bytes >= this.#needed) {
			const bytes = this.#take();
			if (this.#hasLength) yield this.#decoder.decode(bytes);
			this.#needed = this.#hasLength
				? LENGTH_BYTES
				: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
			this.#hasLength = !this.#hasLength;
		}
	}

	#take(): Uint8Array {
		const all = new Uint8Array(this.#bytes);
		let at = 0;
		for (const chunk of this.#chunks) {
			all.set(chunk, at);
			at += chunk.length;
		}
		const rest = all.subarray(this.#needed);
		this.#chunks = [rest];
		this.#bytes = rest.length;
		return all.subarray(0, this.#needed);
	}
}
