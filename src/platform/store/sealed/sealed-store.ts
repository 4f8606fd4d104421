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
import { Mutex } from "../../machine/mutex.ts";
import type { StoreMoment } from "../several-nodes.ts";
import type { AppendResult, Store, StreamEntry, StreamHead, StreamName } from "../store.ts";
import { Arrivals } from "./arrivals.ts";
import { KnownSeals } from "./known-seals.ts";
import { SealCode } from "./seal-code.ts";
import { altered, contended } from "./seal-faults.ts";

/** Matches entries whose code has the current form. Entries of earlier versions do not match. */
const CHAINED = /"code":"[A-Za-z0-9_-]{43}"\}$/;
const PLATFORM_STREAM = "platform";
/** Each failed attempt is a success of another process. */
const WRITE_ATTEMPTS_MAX = 100;
/** The wait for the news of another node's write. */
const ARRIVAL_MS = 300;

/** Whether these last entries can belong to a store of an earlier version, which has no seal. */
function isUnsealed(heads: readonly StreamHead[]): boolean {
	const platform = heads.find(({ stream }) => stream === PLATFORM_STREAM);
	return heads.length === 0 || (platform !== undefined && !CHAINED.test(platform.body));
}

export class SealedStore implements Store {
	readonly #store: Store;
	readonly #code: SealCode;
	readonly #mutex = new Mutex();
	readonly #seals = new KnownSeals();
	#isIntact = false;
	/** Whether the store may have changed since then: a write failed, or another process wrote. */
	#isStale = false;
	/** The moments that other nodes' writes made, and that are not taken over yet. */
	readonly #arrivals = new Arrivals();
	/** Whether `follow` tells of other nodes' writes. */
	#isFollowing = false;

	private constructor(store: Store, key: Uint8Array) {
		this.#store = store;
		this.#code = new SealCode(key);
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
			const before = this.#code.part(stream);
			this.#code.set({ stream, revision: expectedRevision + 1, body });
			const seal = { from: this.#seals.present, to: this.#code.text() };
			let isDone = false;
			try {
				const result = await this.#store.append(stream, expectedRevision, body, seal);
				isDone = result.appended;
				if (isDone) this.#seals.note(seal.to);
				return "isOtherSeal" in result ? undefined : result;
			} finally {
				if (!isDone) this.#code.restore(stream, before);
			}
		});
	}

	async deleteStreams(...[prefix, , at]: Parameters<Store["deleteStreams"]>): Promise<boolean> {
		let isRead = false;
		return await this.#write(async () => {
			const end = at === undefined ? undefined : (this.#code.part(at.stream)?.revision ?? 0);
			if (end !== at?.revision) {
				if (isRead) return false;
				// The caller may have read an entry of another node that has not arrived here. So the store is read again first.
				isRead = true;
				return undefined;
			}
			const before = this.#code.partsOf(prefix);
			if (before.length === 0) return true;
			for (const [stream] of before) this.#code.restore(stream, undefined);
			const seal = { from: this.#seals.present, to: this.#code.text() };
			let isDone = false;
			try {
				isDone = await this.#store.deleteStreams(prefix, seal, at);
				if (isDone) this.#seals.note(seal.to);
				return isDone ? true : undefined;
			} finally {
				if (!isDone) for (const [stream, part] of before) this.#code.restore(stream, part);
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
				if (this.#isStale) await this.#catchUp();
				this.check();
				this.#isStale = true;
				const result = await work();
				if (result === undefined) continue;
				this.#isStale = false;
				return result;
			}
			throw contended(WRITE_ATTEMPTS_MAX);
		});
	}

	/**
	 * Takes over a moment that another node's write made. Moments arrive in order.
	 * @see SharedStore.moments
	 */
	async follow(moment: StoreMoment): Promise<void> {
		this.#isFollowing = true;
		this.#arrivals.add(moment);
		await this.#mutex.run(async () => this.#takeArrived());
	}

	/** Waits a short time for the moment that another node's write made. Without one, the whole store is read again. */
	async #catchUp(): Promise<void> {
		this.#takeArrived();
		if (this.#isStale && this.#isFollowing) {
			await this.#arrivals.next(ARRIVAL_MS);
			this.#takeArrived();
		}
		if (this.#isStale) await this.#load();
	}

	#takeArrived(): void {
		for (const moment of this.#arrivals.take()) {
			const { heads, isComplete, removed, seal } = moment;
			if (seal === this.#seals.present ? !this.#isStale : this.#seals.isEarlier(seal)) continue;
			if (isComplete) {
				this.#take(heads, heads.length, seal);
				continue;
			}
			for (const stream of removed) this.#code.restore(stream, undefined);
			for (const head of heads) this.#code.set(head);
			this.#seals.note(seal);
			// A moment may be missing. Then everything is read before the next write.
			this.#isStale = seal !== this.#code.text();
		}
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
		throw contended(WRITE_ATTEMPTS_MAX);
	}

	#take(heads: readonly StreamHead[], streams: number, seal: string | undefined): void {
		this.#code.setAll(heads);
		const isSame = seal === undefined ? isUnsealed(heads) : this.#code.matches(seal);
		this.#isIntact = streams === heads.length && isSame;
		this.#seals.note(seal);
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
}
