/** The real store, which can be stopped right after a write; and the bugs that a store could have. */
import { AppError, EXIT } from "../../../../src/errors.ts";
import type {
	AppendResult,
	SealChange,
	Store,
	StreamEntry,
	StreamHead,
	StreamName,
} from "../../../../src/platform/store/store.ts";
import { type LogEntry, nextHead } from "../../../../src/protocol/change.ts";
import type { Plant } from "../plants.ts";

/** The number of the change after the set-up that a planted bug affects. */
const PLANTED_AT = 2;

function isChanges(stream: StreamName): boolean {
	return stream.endsWith("/changes");
}

export class WatchedStore implements Store {
	readonly inner: Store;
	/** Stops the store, as in a power failure, directly after the next change was written. */
	diesAfterChange = false;
	/** Undefined while the set-up runs. */
	plant: Plant | undefined;
	#isDead = false;
	#changes = 0;

	constructor(inner: Store) {
		this.inner = inner;
	}

	async append(
		stream: StreamName,
		expectedRevision: number,
		body: string,
		seal?: SealChange,
	): Promise<AppendResult> {
		this.#requireAlive();
		if (isChanges(stream) && this.plant && ++this.#changes === PLANTED_AT) {
			if (this.plant === "lostAppend") return { appended: true, revision: expectedRevision + 1 };
			if (this.plant === "doubleAppend") return await this.#appendTwice(stream, expectedRevision, body, seal);
		}
		const result = await this.inner.append(stream, expectedRevision, body, seal);
		if (isChanges(stream) && result.appended && this.diesAfterChange) this.#isDead = true;
		return result;
	}

	async #appendTwice(
		stream: StreamName,
		expectedRevision: number,
		body: string,
		seal?: SealChange,
	): Promise<AppendResult> {
		const first = await this.inner.append(stream, expectedRevision, body, seal);
		const entry = JSON.parse(body) as LogEntry;
		const again = { ...nextHead(entry, entry.change), change: entry.change };
		await this.inner.append(stream, expectedRevision + 1, JSON.stringify(again));
		return first;
	}

	async read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]> {
		this.#requireAlive();
		if (this.plant !== "swappedEntries" || !isChanges(stream))
			return await this.inner.read(stream, afterRevision, limit);
		const all = await this.inner.read(stream, 0);
		const [first, second] = [all.at(1)?.body, all.at(2)?.body];
		const swapped = all.map(({ revision, body }) => {
			const other = revision === 2 ? second : revision === 3 ? first : undefined;
			return { revision, body: other ?? body };
		});
		return swapped.slice(afterRevision, limit === undefined ? undefined : afterRevision + limit);
	}

	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry> {
		return this.inner.watch(stream, afterRevision, signal);
	}

	async streams(prefix: string): Promise<StreamName[]> {
		return await this.inner.streams(prefix);
	}

	async deleteStreams(prefix: string, seal?: SealChange): Promise<boolean> {
		this.#requireAlive();
		return await this.inner.deleteStreams(prefix, seal);
	}

	get checkpoints() {
		return this.inner.checkpoints;
	}

	async readSeal(): Promise<string | undefined> {
		return await this.inner.readSeal();
	}

	async heads(): Promise<StreamHead[]> {
		return await this.inner.heads();
	}

	async putBlob(owner: string, bytes: Uint8Array): Promise<string> {
		return await this.inner.putBlob(owner, bytes);
	}

	async getBlob(owner: string, hash: string): Promise<Uint8Array | undefined> {
		return await this.inner.getBlob(owner, hash);
	}

	async missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]> {
		return await this.inner.missingBlobs(owner, hashes);
	}

	async removeBlobs(owner: string, hashes: readonly string[]): Promise<void> {
		await this.inner.removeBlobs(owner, hashes);
	}

	async keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		await this.inner.keepOnlyBlobs(kept);
	}

	async dropBlobs(owner: string): Promise<void> {
		await this.inner.dropBlobs(owner);
	}

	async lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
		return await this.inner.lease(name, holder, ttlMs);
	}

	async release(name: string, holder: string): Promise<void> {
		await this.inner.release(name, holder);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.inner[Symbol.asyncDispose]();
	}

	#requireAlive(): void {
		if (!this.#isDead) return;
		throw new AppError({
			code: "STORE_CLOSED",
			message: "The simulated power failed.",
			hint: "Start the platform again.",
			exit: EXIT.failure,
		});
	}
}
