/** The parts of a store that another one passes on. What writes is refused together with that one. */
import type { Checkpoints, Store, StreamEntry, StreamHead, StreamName } from "../store.ts";

export abstract class PassingStore implements Omit<Store, "append" | "deleteStreams"> {
	protected readonly inner: Store;
	readonly checkpoints: Checkpoints;

	/** @param checkpoints in place of those of the other store */
	constructor(inner: Store, checkpoints: Checkpoints = inner.checkpoints) {
		this.inner = inner;
		this.checkpoints = checkpoints;
	}

	/** @throws AppError if nothing may be written */
	abstract check(): void;

	read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]> {
		return this.inner.read(stream, afterRevision, limit);
	}

	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry> {
		return this.inner.watch(stream, afterRevision, signal);
	}

	streams(prefix: string): Promise<StreamName[]> {
		return this.inner.streams(prefix);
	}

	heads(): Promise<StreamHead[]> {
		return this.inner.heads();
	}

	readSeal(): Promise<string | undefined> {
		return this.inner.readSeal();
	}

	async putBlob(owner: string, bytes: Uint8Array): Promise<string> {
		this.check();
		return await this.inner.putBlob(owner, bytes);
	}

	getBlob(owner: string, blob: string): Promise<Uint8Array | undefined> {
		return this.inner.getBlob(owner, blob);
	}

	missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]> {
		return this.inner.missingBlobs(owner, hashes);
	}

	removeBlobs(owner: string, hashes: readonly string[]): Promise<void> {
		return this.inner.removeBlobs(owner, hashes);
	}

	keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		return this.inner.keepOnlyBlobs(kept);
	}

	dropBlobs(owner: string): Promise<void> {
		return this.inner.dropBlobs(owner);
	}

	async lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
		this.check();
		return await this.inner.lease(name, holder, ttlMs);
	}

	release(name: string, holder: string): Promise<void> {
		return this.inner.release(name, holder);
	}

	[Symbol.asyncDispose](): PromiseLike<void> {
		return this.inner[Symbol.asyncDispose]();
	}
}
