/**
 * A store that detects changes from outside: write access to the disk is not enough to cut, drop or roll back single
 * streams unnoticed.
 *
 * Each append and deletion also replaces the store's *seal* in the same transaction. The seal is a code, made
 * with a key of the platform's identity, over the last entry of every stream. When the store is opened, its
 * entries must match the seal. A write replaces only the seal that this process knows, so that two processes never
 * write seals that lack each other's entries. While it is open, the store must continue what this process has seen of it
 * (`history.ts`). One attack remains: to roll back the whole store, including its seal, to an earlier moment, while no
 * process has it open.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { Mutex } from "../../machine/mutex.ts";
import type { StoreMoment } from "../several-nodes.ts";
import type { AppendResult, Store, StreamName } from "../store.ts";
import { Arrivals } from "./arrivals.ts";
import type { FoundStore } from "./history.ts";
import { KnownStore } from "./known-store.ts";
import { PassingStore } from "./passing-store.ts";
import { contended } from "./seal-faults.ts";
import { SealedCheckpoints } from "./sealed-checkpoints.ts";

/** Each failed attempt is a success of another process. */
const WRITE_ATTEMPTS_MAX = 100;
/** The wait for the news of another node's write. */
const ARRIVAL_MS = 300;

export class SealedStore extends PassingStore implements Store {
	readonly #known: KnownStore;
	readonly #mutex = new Mutex();
	/** Why the store is not used: it does not match its seal, or does not continue what was seen of it. */
	#fault: AppError | undefined;
	/** The seal of the store when it was refused. */
	#refusedSeal: string | undefined;
	/** Called when the store is refused, and when it is the right one again. */
	onFault: (fault: AppError | undefined) => void = () => {};
	/** Whether the store has to be compared with what is known. */
	#isSuspect = false;
	/** Whether the store may have changed since then: a write failed, or another process wrote. */
	#isStale = false;
	/** The moments that other nodes' writes made, and that are not taken over yet. */
	readonly #arrivals = new Arrivals();
	/** Whether `follow` tells of other nodes' writes. */
	#isFollowing = false;

	private constructor(store: Store, key: Uint8Array) {
		super(store, new SealedCheckpoints(store.checkpoints, key));
		this.#known = new KnownStore(store, key);
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

	/** The first entry of the stream `platform`, and the last entries of all. */
	get known(): Pick<KnownStore, "first" | "marks" | "onFirst"> {
		return this.#known;
	}

	/** Why the store is not used. Undefined: it is. */
	get fault(): AppError | undefined {
		return this.#fault;
	}

	/**
	 * @throws AppError `STORE_ALTERED` (exit 7) if the store does not match its seal; `STORE_EMPTIED`, `STORE_ROLLED_BACK`,
	 * `STORE_EXCHANGED` (exit 7) if it does not continue what this process has seen of it
	 */
	check(): void {
		if (this.#fault !== undefined) throw this.#fault;
	}

	/**
	 * Compares the store with what is known, if its seal is an earlier one, or if it was refused and has changed since.
	 * @throws AppError as `check`, and that of the store
	 */
	async confirm(): Promise<void> {
		const isSuspect = (seal: string | undefined) =>
			this.#fault === undefined ? this.#known.seals.isEarlier(seal) : seal !== this.#refusedSeal;
		if (isSuspect(await this.inner.readSeal()))
			// Again: a write of this process may have replaced the seal meanwhile.
			await this.#mutex.run(async () => isSuspect(await this.inner.readSeal()) && (await this.#load()));
		this.check();
	}

	/** Compares the store with what is known. @throws AppError that of the store */
	compare = async (): Promise<void> => await this.#mutex.run(() => this.#load());

	/** As `confirm`, and takes over what no moment has told. A store that was refused is compared again. */
	async settle(): Promise<void> {
		const isDue = () => this.#isStale || this.#fault !== undefined;
		await this.#mutex.run(async () => isDue() && (await this.#catchUp()));
		await this.confirm();
	}

	async append(stream: StreamName, expectedRevision: number, body: string): Promise<AppendResult> {
		return await this.#write(async () => {
			const before = this.#known.code.part(stream);
			this.#known.code.set({ stream, revision: expectedRevision + 1, body });
			const seal = { from: this.#known.seals.present, to: this.#known.code.text() };
			let isDone = false;
			try {
				const result = await this.inner.append(stream, expectedRevision, body, seal);
				isDone = result.appended;
				if (isDone) this.#known.appended({ stream, revision: expectedRevision + 1, body }, seal.to);
				this.#isSuspect ||= result.revision < (before?.revision ?? 0);
				return "isOtherSeal" in result ? undefined : result;
			} finally {
				if (!isDone) this.#known.code.restore(stream, before);
			}
		});
	}

	async deleteStreams(...[prefix, , at]: Parameters<Store["deleteStreams"]>): Promise<boolean> {
		let isRead = false;
		return await this.#write(async () => {
			const end = at === undefined ? undefined : (this.#known.code.part(at.stream)?.revision ?? 0);
			if (end !== at?.revision) {
				if (isRead) return false;
				// The caller may have read an entry of another node that has not arrived here. So the store is read again first.
				isRead = true;
				return undefined;
			}
			const before = this.#known.code.partsOf(prefix);
			if (before.length === 0) return true;
			for (const [stream] of before) this.#known.code.restore(stream, undefined);
			const seal = { from: this.#known.seals.present, to: this.#known.code.text() };
			let isDone = false;
			try {
				isDone = await this.inner.deleteStreams(prefix, seal, at);
				if (isDone) this.#known.seals.note(seal.to);
				return isDone ? true : undefined;
			} finally {
				if (!isDone) for (const [stream, part] of before) this.#known.code.restore(stream, part);
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
				// A node that follows learns when the store is the right one again.
				if (this.#fault === undefined ? this.#isStale : !this.#isFollowing) await this.#catchUp();
				this.check();
				this.#isStale = true;
				const result = await work();
				// The stream is shorter than it was.
				if (this.#isSuspect) await this.#load();
				this.check();
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
		await this.#mutex.run(() => this.#takeArrived());
	}

	/** Waits a short time for the moment that another node's write made. Without one, the whole store is read again. */
	async #catchUp(): Promise<void> {
		await this.#takeArrived();
		if (this.#isStale && this.#isFollowing) {
			await this.#arrivals.next(ARRIVAL_MS);
			await this.#takeArrived();
		}
		if (this.#isStale || this.#fault !== undefined) await this.#load();
	}

	/** Takes over the moments that have arrived. What looks as if the store had gone back is compared with the store. */
	async #takeArrived(): Promise<void> {
		for (const moment of this.#arrivals.take()) {
			const { seals } = this.#known;
			const mayBeStale = this.#isStale && moment.seal === seals.present;
			if (this.#fault !== undefined || (!mayBeStale && this.#known.contradicts(moment)))
				this.#isSuspect = true;
			// A moment may have been read before a write of this process.
			else if (seals.isEarlier(moment.seal)) this.#isSuspect ||= seals.isEarlier(await this.inner.readSeal());
			else await this.#apply(moment);
		}
		if (this.#isSuspect) await this.#load();
	}

	/** Takes over a moment that other nodes' writes made. */
	async #apply(moment: StoreMoment): Promise<void> {
		const { heads, isComplete, seal } = moment;
		if (seal === this.#known.seals.present && !this.#isStale) return;
		if (isComplete) return await this.#take({ heads, streams: heads.length, seal });
		// A moment may be missing. Then everything is read before the next write.
		this.#isStale = !(await this.#known.takeChanged(moment));
	}

	/** Reads the last entries and the seal of one moment, and compares them. */
	async #load(): Promise<void> {
		for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++) {
			const seal = await this.inner.readSeal();
			try {
				const heads = await this.inner.heads();
				const streams = await this.inner.streams("");
				if ((await this.inner.readSeal()) !== seal) continue;
				return await this.#take({ heads, streams: streams.length, seal });
			} catch (error) {
				const isDamaged = error instanceof AppError && error.exit === EXIT.integrity;
				if (!isDamaged || this.#known.code.size === 0) throw error;
				return this.#judge(error, seal);
			}
		}
		throw contended(WRITE_ATTEMPTS_MAX);
	}

	/** Takes over all of the store, or refuses it. What is known of a store that is refused stays known. */
	async #take(found: FoundStore): Promise<void> {
		const isFirst = this.#known.code.size === 0;
		const fault = await this.#known.faultOf(found);
		if (fault === undefined || isFirst) {
			await this.#known.takeAll(found);
			this.#isStale = false;
		}
		this.#judge(fault, found.seal);
	}

	/** @param seal of the store */
	#judge(fault: AppError | undefined, seal: string | undefined): void {
		const before = this.#fault;
		this.#isSuspect = false;
		this.#fault = fault;
		this.#refusedSeal = fault && seal;
		if (fault?.code !== before?.code) this.onFault(fault);
	}
}
