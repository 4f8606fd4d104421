/**
 * The connection of one function's process to the store of its app. All input is untrusted: a message that is not a
 * valid request ends the connection. It keeps at most one request that is not handled and one answer that is not read,
 * and handles one thing in each of its turns.
 */
import type { Socket } from "node:net";
import { toBase64 } from "../../crypto.ts";
import { KvError } from "./kv-error.ts";
import { ANSWER_BYTES_MAX, FRAME_BYTES_MAX, WAITING_MAX, WRITE_BYTES_MAX } from "./kv-limits.ts";
import { type KvAnswer, type KvRequest, requestSchema, type WireEntry } from "./kv-messages.ts";
import { type KvRow, type KvStore, versionstampOf } from "./kv-store.ts";
import type { KvTurn } from "./kv-turns.ts";

const LENGTH_BYTES = 4;

export interface KvConnectionOptions {
	/** Asks for a turn. Does nothing if the connection waits for one. */
	readonly askForTurn: (turn: KvTurn) => void;
	/** The app's store. It may be opened here. @throws if it cannot be opened */
	readonly store: () => KvStore;
	/** Called after each request. */
	readonly onHandled: () => void;
	/** Called with an error that the function did not cause. */
	readonly onError: (error: unknown) => void;
	/** Called once, when the connection has ended. */
	readonly onClose: () => void;
}

/** A watch whose keys have not changed yet. */
interface Wait {
	readonly keys: readonly Buffer[];
	/** No longer notices changes. */
	readonly end: () => void;
}

export class KvConnection implements KvTurn {
	readonly #socket: Socket;
	readonly #options: KvConnectionOptions;
	#chunks: Buffer[] = [];
	#bytes = 0;
	/** The length of the current frame, with its length bytes. 0 if it is not known yet. */
	#frameBytes = 0;
	/** The request that waits for a turn. */
	#frame: Buffer | undefined;
	/** The watches without an answer, by the ids of their requests. */
	readonly #waiting = new Map<number, Wait>();
	/** The watches whose keys have changed: each waits for a turn. */
	readonly #due = new Set<number>();

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
			for (const { end } of this.#waiting.values()) end();
			this.#waiting.clear();
			options.onClose();
		});
	}

	destroy(): void {
		this.#socket.destroy();
	}

	/** Asks for a turn if there is work, once the process has read the answers before. */
	#next(): void {
		const socket = this.#socket;
		if (socket.destroyed) return;
		const mustDrain = socket.writableNeedDrain;
		if (!mustDrain) this.#frame ??= this.#takeFrame();
		if (mustDrain || this.#frame !== undefined) socket.pause();
		else socket.resume();
		if (!mustDrain && (this.#frame !== undefined || this.#due.size > 0)) this.#options.askForTurn(this);
	}

	/** Answers one watch, or handles one request. */
	run(): void {
		if (this.#socket.destroyed || this.#socket.writableNeedDrain) return;
		const [due] = this.#due;
		const frame = this.#frame;
		if (due !== undefined) this.#answerWatch(due);
		else if (frame !== undefined) {
			this.#frame = undefined;
			this.#handle(frame);
		}
		this.#next();
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
		this.#guarded(request.id, () => this.#answer(request));
	}

	/** Sends an answer, or the error of the operation. */
	#guarded(id: number, operation: () => KvAnswer | undefined): void {
		try {
			const answer = operation();
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
		const entries = entriesOf(store, keys);
		const isNew = entries.some((entry, index) => (entry?.[3] ?? null) !== seen?.[index]);
		if (seen === undefined || isNew) return { id, entries };
		if (this.#waiting.size >= WAITING_MAX || this.#waiting.has(id))
			throw new KvError(`A function can wait for at most ${WAITING_MAX} changes of its Deno KV store`);
		const end = store.watchers.add(keys, () => {
			end();
			this.#due.add(id);
			this.#next();
		});
		this.#waiting.set(id, { keys, end });
		return undefined;
	}

	/** Answers a watch whose keys have changed, with the present entries. */
	#answerWatch(id: number): void {
		const wait = this.#waiting.get(id);
		this.#endWait(id);
		if (wait !== undefined)
			this.#guarded(id, () => ({ id, entries: entriesOf(this.#options.store(), wait.keys) }));
	}

	#endWait(id: number): void {
		this.#waiting.get(id)?.end();
		this.#waiting.delete(id);
		this.#due.delete(id);
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

function entriesOf(store: KvStore, keys: readonly Buffer[]): (WireEntry | null)[] {
	return keys.map((key) => {
		const row = store.get(key);
		return row === undefined ? null : wireEntry(row);
	});
}
