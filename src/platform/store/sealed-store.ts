/**
 * A store that detects changes from outside: write access to the disk is not enough to cut, drop or roll back single
 * streams unnoticed.
 *
 * Each append and deletion also replaces the store's *seal* in the same transaction. The seal is a code, made
 * with a key of the platform's identity, over the last entry of every stream. When the store is opened, its
 * entries must match the seal. A write replaces only the seal that this process knows, so that two processes never
 * write seals that lack each other's entries. One attack remains: to roll back the whole store, including its seal, to an
 * earlier moment.
 */
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { Mutex } from "../machine/mutex.ts";
import type { AppendResult, Store, StreamEntry, StreamHead, StreamName } from "./store.ts";

const HEAD_DOMAIN = "coffer/store-head/1";
const SEAL_DOMAIN = "coffer/store-seal/1";
const HASH_BYTES = 32;
/** Matches entries whose code has the current form. Entries of earlier versions do not match. */
const CHAINED = /"code":"[A-Za-z0-9_-]{43}"\}$/;
const PLATFORM_STREAM = "platform";
/** Each failed attempt is a success of another process. */
const WRITE_ATTEMPTS_MAX = 100;

function altered(): AppError {
	return new AppError({
		code: "STORE_ALTERED",
		message:
			"The store has changed since this platform last wrote to it: entries are missing, or a part of it was rolled back.",
		hint: "Restore a complete backup (coffer platform restore DIR --data NEW) and start the platform on it. Copies of single files are not enough.",
		exit: EXIT.integrity,
	});
}

function contended(): AppError {
	return new AppError({
		code: "STORE_CONTENDED",
		message: `Other processes changed the store ${WRITE_ATTEMPTS_MAX} times while this one was writing.`,
		hint: "Try again.",
		exit: EXIT.conflict,
	});
}

/** Whether these last entries can belong to a store of an earlier version, which has no seal. */
function isUnsealed(heads: readonly StreamHead[]): boolean {
	const platform = heads.find(({ stream }) => stream === PLATFORM_STREAM);
	return heads.length === 0 || (platform !== undefined && !CHAINED.test(platform.body));
}

export class SealedStore implements Store {
	readonly #store: Store;
	readonly #key: Uint8Array;
	/** The part of the sum that each stream contributes. */
	readonly #parts = new Map<StreamName, Uint8Array>();
	/**
	 * The exclusive or of all parts. Parts are made with the key, so without the key parts that cancel others cannot be
	 * constructed.
	 */
	readonly #sum = new Uint8Array(HASH_BYTES);
	readonly #mutex = new Mutex();
	/** The seal that the store had when this process last read or wrote it. */
	#seal: string | undefined;
	#isIntact = false;
	/** Whether the store may have changed since then: a write failed, or another process wrote. */
	#isStale = false;

	private constructor(store: Store, key: Uint8Array) {
		this.#store = store;
		this.#key = key;
	}

	/**
	 * Compares the store with its seal. Where they do not match, the store can be read but not written, and
	 * `check` throws.
	 * @param key the key of the platform's identity for stored state: 32 bytes
	 */
	static async open(store: Store, key: Uint8Array): Promise<SealedStore> {
		const sealed = new SealedStore(store, key);
		await sealed.#load();
		return sealed;
	}

	/** @throws AppError `STORE_ALTERED` (exit 7) if the store did not match its seal */
	check(): void {
		if (!this.#isIntact) throw altered();
	}

	async append(stream: StreamName, expectedRevision: number, body: string): Promise<AppendResult> {
		return await this.#write(async () => {
			const before = this.#parts.get(stream);
			this.#setPart(stream, this.#partOf({ stream, revision: expectedRevision + 1, body }));
			const seal = { from: this.#seal, to: toBase64(this.#code()) };
			let isDone = false;
			try {
				const result = await this.#store.append(stream, expectedRevision, body, seal);
				isDone = result.appended;
				if (isDone) this.#seal = seal.to;
				return "isOtherSeal" in result ? undefined : result;
			} finally {
				if (!isDone) this.#setPart(stream, before);
			}
		});
	}

	async deleteStreams(prefix: string): Promise<boolean> {
		return await this.#write(async () => {
			const before = [...this.#parts].filter(([stream]) => stream.startsWith(prefix));
			if (before.length === 0) return true;
			for (const [stream] of before) this.#setPart(stream, undefined);
			const seal = { from: this.#seal, to: toBase64(this.#code()) };
			let isDone = false;
			try {
				isDone = await this.#store.deleteStreams(prefix, seal);
				if (isDone) this.#seal = seal.to;
				return isDone ? true : undefined;
			} finally {
				if (!isDone) for (const [stream, part] of before) this.#setPart(stream, part);
			}
		});
	}

	/**
	 * Writes, one after the other. After a write whose outcome is not known, the store is read again first.
	 * @param work undefined: the store has another seal
	 */
	async #write<T>(work: () => Promise<T | undefined>): Promise<T> {
		return await this.#mutex.run(async () => {
			for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++) {
				if (this.#isStale) await this.#load();
				this.check();
				this.#isStale = true;
				const result = await work();
				if (result === undefined) continue;
				this.#isStale = false;
				return result;
			}
			throw contended();
		});
	}

	/** Reads the last entries and the seal of one moment, and compares them. */
	async #load(): Promise<void> {
		for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++) {
			const seal = await this.#store.readSeal();
			const heads = await this.#store.heads();
			const streams = await this.#store.streams("");
			if ((await this.#store.readSeal()) !== seal) continue;
			this.#take(heads, streams.length, seal);
			return;
		}
		throw contended();
	}

	#take(heads: readonly StreamHead[], streams: number, seal: string | undefined): void {
		for (const stream of [...this.#parts.keys()]) this.#setPart(stream, undefined);
		for (const head of heads) this.#setPart(head.stream, this.#partOf(head));
		const given = fromBase64(seal ?? "");
		const isSame = given !== undefined && equalBytes(given, this.#code());
		this.#isIntact = streams === heads.length && (seal === undefined ? isUnsealed(heads) : isSame);
		this.#seal = seal;
		this.#isStale = false;
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

	keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		return this.#store.keepOnlyBlobs(kept);
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

	/** Replaces a stream's part in the sum. */
	#setPart(stream: StreamName, part: Uint8Array | undefined): void {
		for (const each of [this.#parts.get(stream), part])
			for (const [index, byte] of (each ?? []).entries()) this.#sum[index] = (this.#sum[index] ?? 0) ^ byte;
		if (part === undefined) this.#parts.delete(stream);
		else this.#parts.set(stream, part);
	}

	#code(): Uint8Array {
		return hash(lengthPrefixed(SEAL_DOMAIN, this.#parts.size, toBase64(this.#sum)), this.#key);
	}
}
