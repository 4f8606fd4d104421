/** Wakes readers that follow a stream in this process when the stream grows. There is no polling. */
import { setMaxListeners } from "node:events";
import type { StreamEntry, StreamName } from "./store.ts";

/** Entries per read while a reader catches up. */
const BATCH_ENTRIES = 256;

type Awaitable<T> = T | Promise<T>;

interface Watcher {
	/** Whether an entry was appended since the last read. */
	stale: boolean;
	/** Whether the stream was deleted or the store closed. */
	ended: boolean;
	wake: () => void;
}

export class Watchers {
	readonly #byStream = new Map<StreamName, Set<Watcher>>();

	/** Call it after an append. Default: the readers of all streams look for new entries. */
	announce(...streams: readonly StreamName[]): void {
		for (const stream of streams.length > 0 ? streams : this.#byStream.keys()) {
			for (const watcher of this.#byStream.get(stream) ?? []) {
				watcher.stale = true;
				watcher.wake();
			}
		}
	}

	/** Ends the readers of these streams. Default: all readers. */
	end(streams: Iterable<StreamName> = [...this.#byStream.keys()]): void {
		for (const stream of streams) {
			for (const watcher of this.#byStream.get(stream) ?? []) {
				watcher.ended = true;
				watcher.wake();
			}
		}
	}

	/**
	 * Yields the entries after a revision and then each new one, until the signal aborts or `end` is called.
	 * @param read returns entries after a revision, in order, at most `limit`. Undefined if the stream was deleted.
	 */
	async *follow(
		stream: StreamName,
		afterRevision: number,
		signal: AbortSignal,
		read: (afterRevision: number, limit: number) => Awaitable<readonly StreamEntry[] | undefined>,
	): AsyncGenerator<StreamEntry, void, void> {
		const watcher: Watcher = { stale: true, ended: false, wake: () => {} };
		const over = () => signal.aborted || watcher.ended;
		const onAbort = () => watcher.wake();
		this.#add(stream, watcher);
		// One signal ends the watches of every app, so many listeners are not a leak.
		setMaxListeners(0, signal);
		signal.addEventListener("abort", onAbort);
		try {
			let revision = afterRevision;
			while (!over()) {
				watcher.stale = false;
				const entries = await read(revision, BATCH_ENTRIES);
				if (entries === undefined) return;
				for (const entry of entries) {
					if (over()) return;
					revision = entry.revision;
					yield entry;
				}
				if (entries.length > 0 || watcher.stale || over()) continue;
				await new Promise<void>((resolve) => {
					watcher.wake = resolve;
				});
			}
		} finally {
			signal.removeEventListener("abort", onAbort);
			this.#remove(stream, watcher);
		}
	}

	#add(stream: StreamName, watcher: Watcher): void {
		const watchers = this.#byStream.get(stream) ?? new Set();
		watchers.add(watcher);
		this.#byStream.set(stream, watchers);
	}

	#remove(stream: StreamName, watcher: Watcher): void {
		const watchers = this.#byStream.get(stream);
		watchers?.delete(watcher);
		if (watchers?.size === 0) this.#byStream.delete(stream);
	}
}
