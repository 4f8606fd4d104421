/**
 * A store whose streams cannot be cut, dropped or put back one by one by whoever can write to the disk. With each
 * append and deletion, in the same step, the store's *seal* is replaced: a code, made with a key of the platform's
 * identity, over the last entry of every stream. What is found when the store is opened must be what the seal says. All
 * that remains is to put everything back at once, as it was at one moment, with the seal of then.
 */
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { Mutex } from "../machine/mutex.ts";
import type { AppendResult, Store, StreamEntry, StreamHead, StreamName } from "./store.ts";

const HEAD_DOMAIN = "coffer/store-head/1";
const SEAL_DOMAIN = "coffer/store-seal/1";
const HASH_BYTES = 32;
/** What an entry that the present form of codes protects has, and none of an earlier version. */
const CHAINED = /"code":"[A-Za-z0-9_-]{43}"\}$/;
const PLATFORM_STREAM = "platform";

function altered(): AppError {
	return new AppError({
		code: "STORE_ALTERED",
		message:
			"The store is not as this platform left it: entries are missing, or a part of it was put back to an earlier state.",
		hint: "Put back a whole backup (coffer platform restore DIR --data NEW), and start on that: a copy of single files does not do.",
		exit: EXIT.integrity,
	});
}

/** Whether a store of an earlier version, which has no seal, can have these last entries. */
function isUnsealed(heads: readonly StreamHead[]): boolean {
	const platform = heads.find(({ stream }) => stream === PLATFORM_STREAM);
	return heads.length === 0 || (platform !== undefined && !CHAINED.test(platform.body));
}

export class SealedStore implements Store {
	readonly #store: Store;
	readonly #key: Uint8Array;
	/** The part of each stream in the sum. */
	readonly #parts = new Map<StreamName, Uint8Array>();
	/** The exclusive or of all parts. They are made with the key, so that none can be made up to cancel others. */
	readonly #sum = new Uint8Array(HASH_BYTES);
	readonly #turns = new Mutex();
	#isRight = false;

	private constructor(store: Store, key: Uint8Array) {
		this.#store = store;
		this.#key = key;
	}

	/**
	 * Looks at what there is. Where that is not what the seal says, it can be read, and nothing can be appended:
	 * `check` says so.
	 * @param key the platform identity's for what it keeps, 32 bytes
	 */
	static async open(store: Store, key: Uint8Array): Promise<SealedStore> {
		const sealed = new SealedStore(store, key);
		const heads = await store.heads();
		for (const head of heads) sealed.#put(head.stream, sealed.#partOf(head));
		const streams = await store.streams("");
		const seal = await store.readSeal();
		const given = fromBase64(seal ?? "");
		const isSame = given !== undefined && equalBytes(given, sealed.#code());
		sealed.#isRight = streams.length === heads.length && (seal === undefined ? isUnsealed(heads) : isSame);
		return sealed;
	}

	/** @throws AppError `STORE_ALTERED` (exit 7) where the store was not as its seal says */
	check(): void {
		if (!this.#isRight) throw altered();
	}

	append(stream: StreamName, expectedRevision: number, body: string): Promise<AppendResult> {
		return this.#turns.run(async () => {
			this.check();
			const before = this.#parts.get(stream);
			this.#put(stream, this.#partOf({ stream, revision: expectedRevision + 1, body }));
			let isDone = false;
			try {
				const result = await this.#store.append(stream, expectedRevision, body, toBase64(this.#code()));
				isDone = result.appended;
				return result;
			} finally {
				if (!isDone) this.#put(stream, before);
			}
		});
	}

	async deleteStreams(prefix: string): Promise<void> {
		await this.#turns.run(async () => {
			this.check();
			const before = [...this.#parts].filter(([stream]) => stream.startsWith(prefix));
			if (before.length === 0) return;
			for (const [stream] of before) this.#put(stream, undefined);
			let isDone = false;
			try {
				await this.#store.deleteStreams(prefix, toBase64(this.#code()));
				isDone = true;
			} finally {
				if (!isDone) for (const [stream, part] of before) this.#put(stream, part);
			}
		});
	}

	read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]> {
		return this.#store.read(stream, afterRevision, limit);
	}

	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry> {
		return this.#store.watch(stream, afterRevision, signal);
	}

	streams(prefix: string): Promise<StreamName[]> {
		return this.#store.streams(prefix);
	}

	heads(): Promise<StreamHead[]> {
		return this.#store.heads();
	}

	readSeal(): Promise<string | undefined> {
		return this.#store.readSeal();
	}

	putBlob(owner: string, bytes: Uint8Array): Promise<string> {
		return this.#store.putBlob(owner, bytes);
	}

	getBlob(owner: string, blob: string): Promise<Uint8Array | undefined> {
		return this.#store.getBlob(owner, blob);
	}

	missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]> {
		return this.#store.missingBlobs(owner, hashes);
	}

	removeBlobs(owner: string, hashes: readonly string[]): Promise<void> {
		return this.#store.removeBlobs(owner, hashes);
	}

	keepBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		return this.#store.keepBlobs(kept);
	}

	dropBlobs(owner: string): Promise<void> {
		return this.#store.dropBlobs(owner);
	}

	lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
		return this.#store.lease(name, holder, ttlMs);
	}

	release(name: string, holder: string): Promise<void> {
		return this.#store.release(name, holder);
	}

	[Symbol.asyncDispose](): PromiseLike<void> {
		return this.#store[Symbol.asyncDispose]();
	}

	#partOf({ stream, revision, body }: StreamHead): Uint8Array {
		return hash(lengthPrefixed(HEAD_DOMAIN, stream, revision, body), this.#key);
	}

	/** Puts a stream's part into the sum, in the place of the one before. */
	#put(stream: StreamName, part: Uint8Array | undefined): void {
		for (const each of [this.#parts.get(stream), part])
			for (const [index, byte] of (each ?? []).entries()) this.#sum[index] = (this.#sum[index] ?? 0) ^ byte;
		if (part === undefined) this.#parts.delete(stream);
		else this.#parts.set(stream, part);
	}

	#code(): Uint8Array {
		return hash(lengthPrefixed(SEAL_DOMAIN, this.#parts.size, toBase64(this.#sum)), this.#key);
	}
}
