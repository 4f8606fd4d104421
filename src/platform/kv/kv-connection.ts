/**
 * The connection of one function's process to the store of its app. All input is untrusted: a message that is not a
 * valid request ends the connection. One request is handled at a time, and other connections take turns.
 */
import type { Socket } from "node:net";
import { toBase64 } from "../../crypto.ts";
import { KvError } from "./kv-error.ts";
import { ANSWER_BYTES_MAX, FRAME_BYTES_MAX, WAITING_MAX, WRITE_BYTES_MAX } from "./kv-limits.ts";
import { type KvAnswer, type KvRequest, requestSchema, type WireEntry } from "./kv-messages.ts";
import { type KvRow, type KvStore, versionstampOf } from "./kv-store.ts";

const LENGTH_BYTES = 4;

export interface KvConnectionOptions {
	/** The app's store. It may be opened here. @throws if it cannot be opened */
	readonly store: () => KvStore;
	/** Called after each request. */
	readonly onHandled: () => void;
	/** Called with an error that the function did not cause. */
	readonly onError: (error: unknown) => void;
	/** Called once, when the connection has ended. */
	readonly onClose: () => void;
}

export class KvConnection {
	readonly #socket: Socket;
	readonly #options: KvConnectionOptions;
	#chunks: Buffer[] = [];
	#bytes = 0;
	/** The length of the current frame, with its length bytes. 0 if it is not known yet. */
	#frameBytes = 0;
	#isHandling = false;
	/** The requests that wait, each with the function that ends it. */
	readonly #waiting = new Map<number, () => void>();

	constructor(socket: Socket, options: KvConnectionOptions) {
		this.#socket = socket;
		this.#options = options;
		socket.on("error", () => socket.destroy());
		socket.on("data", (chunk: Buffer) => {
			this.#chunks.push(chunk);
			this.#bytes += chunk.length;
			this.#next();
		});
		socket.on("drain", () => this.#next());
		socket.on("close", () => {
			for (const end of this.#waiting.values()) end();
			this.#waiting.clear();
			options.onClose();
		});
	}

	destroy(): void {
		this.#socket.destroy();
	}

	/** Handles the next request in a later turn, once the process has read the answers before. */
	#next(): void {
		if (this.#isHandling || this.#socket.destroyed) return;
		const frame = this.#socket.writableNeedDrain ? undefined : this.#takeFrame();
		if (frame === undefined) {
			if (this.#socket.writableNeedDrain) this.#socket.pause();
			else this.#socket.resume();
			return;
		}
		this.#isHandling = true;
		this.#socket.pause();
		setImmediate(() => {
			this.#isHandling = false;
			if (this.#socket.destroyed) return;
			this.#handle(frame);
			this.#next();
		});
	}

	/** The next complete frame, without its length. */
	#takeFrame(): Buffer | undefined {
		if (this.#frameBytes === 0) {
			if (this.#bytes < LENGTH_BYTES) return undefined;
			this.#join();
			const length = this.#chunks[0]?.readUInt32LE() ?? 0;
			if (length > FRAME_BYTES_MAX) {
				this.#socket.destroy();
				return undefined;
			}
			this.#frameBytes = LENGTH_BYTES + length;
		}
		if (this.#bytes < this.#frameBytes) return undefined;
		this.#join();
		const all = this.#chunks[0] ?? Buffer.alloc(0);
		const frame = all.subarray(LENGTH_BYTES, this.#frameBytes);
		const rest = all.subarray(this.#frameBytes);
		this.#chunks = rest.length === 0 ? [] : [rest];
		this.#bytes = rest.length;
		this.#frameBytes = 0;
		return frame;
	}

	#join(): void {
		if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
	}

	#handle(frame: Buffer): void {
		const request = parseRequest(frame);
		if (request === undefined) {
			this.destroy();
			return;
		}
		const { id } = request;
		try {
			const answer = this.#answer(request);
			if (answer !== undefined) this.#send(answer);
		} catch (error) {
			const isOwn = error instanceof KvError;
			if (!isOwn) this.#options.onError(error);
			const message = isOwn
				? error.message
				: "The platform's Deno KV store does not work. The platform's log has the reason";
			this.#send({ id, error: { isTypeError: isOwn && error.isTypeError, message } });
		}
		this.#options.onHandled();
	}

	#answer(request: KvRequest): KvAnswer | undefined {
		const { id } = request;
		if (request.op === "cancel") {
			this.#endWait(id);
			return undefined;
		}
		const store = this.#options.store();
		if (request.op === "read") {
			const budget = { bytes: ANSWER_BYTES_MAX };
			const ranges = request.ranges.map((range) => {
				const { rows, hasMore } = store.read(range, budget);
				return { entries: rows.map(wireEntry), hasMore };
			});
			return { id, ranges };
		}
		if (request.op === "write") {
			if (sizeOf(request) > WRITE_BYTES_MAX)
				throw new KvError(`Total mutation size too large (max ${WRITE_BYTES_MAX} bytes)`);
			return { id, versionstamp: store.write(request) ?? null };
		}
		return this.#watch(store, request);
	}

	#watch(store: KvStore, { id, keys, seen }: Extract<KvRequest, { op: "watch" }>): KvAnswer | undefined {
		const answer = () => {
			const rows = keys.map((key) => store.get(key));
			const stamps = rows.map((row) => (row === undefined ? null : versionstampOf(row.version)));
			const entries = rows.map((row) => (row === undefined ? null : wireEntry(row)));
			return { isNew: stamps.some((stamp, index) => stamp !== seen?.[index]), answer: { id, entries } };
		};
		const present = answer();
		if (seen === undefined || present.isNew) return present.answer;
		this.#wait(
			id,
			store.watchers.add(keys, () => {
				this.#endWait(id);
				this.#send(answer().answer);
			}),
		);
		return undefined;
	}

	#wait(id: number, end: () => void): void {
		if (this.#waiting.size >= WAITING_MAX || this.#waiting.has(id)) {
			end();
			throw new KvError(`A function can wait for at most ${WAITING_MAX} changes of its Deno KV store`);
		}
		this.#waiting.set(id, end);
	}

	#endWait(id: number): void {
		this.#waiting.get(id)?.();
		this.#waiting.delete(id);
	}

	#send(answer: KvAnswer): void {
		if (this.#socket.destroyed) return;
		const text = Buffer.from(JSON.stringify(answer));
		const length = Buffer.alloc(LENGTH_BYTES);
		length.writeUInt32LE(text.length);
		this.#socket.write(Buffer.concat([length, text]));
	}
}

function parseRequest(frame: Buffer): KvRequest | undefined {
	try {
		return requestSchema.safeParse(JSON.parse(frame.toString("utf8"))).data;
	} catch {
		return undefined;
	}
}

function sizeOf({ checks, mutations }: Extract<KvRequest, { op: "write" }>): number {
	let bytes = 0;
	for (const [key] of checks) bytes += key.length;
	for (const { key, value } of mutations)
		bytes += key.length + (value === undefined ? 0 : key.length + value[1].length);
	return bytes;
}

function wireEntry({ k, v, encoding, version }: KvRow): WireEntry {
	return [toBase64(new Uint8Array(k)), encoding, toBase64(new Uint8Array(v)), versionstampOf(version)];
}
