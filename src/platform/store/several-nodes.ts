/**
 * What a store offers that several platforms (nodes) use at the same time: they learn each other's changes, and which of
 * them are there. Only the driver for etcd has it.
 */
import type { BackupRecord } from "../../protocol/nodes.ts";
import type { Store, StreamHead, StreamName } from "./store.ts";

/** The state of streams at one moment. */
export interface StoreMoment {
	/** Whether `heads` has all streams. Otherwise it has those that changed since the moment before. */
	readonly isComplete: boolean;
	readonly heads: readonly StreamHead[];
	/** Streams that were deleted since the moment before. Empty if `isComplete`. */
	readonly removed: readonly StreamName[];
	readonly seal: string | undefined;
}

export interface SharedStore extends Store {
	/** The name of the node that uses the store. Undefined: it is the only platform on this store. */
	readonly node: string | undefined;
	/**
	 * The streams as they are, and then each change by any node, without a gap: after an interruption, the next moment is
	 * complete. Several changes may be one moment. Ends without an error when the signal aborts or the store closes.
	 */
	moments(signal: AbortSignal): AsyncIterable<StoreMoment>;
	/**
	 * Shows a text to all nodes until `ttlMs` have passed since the last call with this name, or `withdraw` is called.
	 * The store's clock counts the time.
	 */
	announce(name: string, text: string, ttlMs: number): Promise<void>;
	/** Says that a lease of `ttlMs` will soon be taken, so that this takes less time. */
	prepareLease(ttlMs: number): void;
	/**
	 * Replaces a text that this node shows, for the rest of its time.
	 * @returns false if the text is not shown any more
	 */
	replaceAnnouncement(name: string, text: string): Promise<boolean>;
	withdraw(name: string): Promise<void>;
	/** What is recorded of backups, the newest first. */
	backups(): Promise<BackupRecord[]>;
	/** The texts that are shown, by name: now, and after each change. Ends as `moments` does. */
	announcements(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, string>>;
}

/** The store, if several nodes may use it at the same time. */
export function sharedStore(store: Store): (SharedStore & { readonly node: string }) | undefined {
	const isShared = "moments" in store && "node" in store && store.node !== undefined;
	return isShared ? (store as SharedStore & { readonly node: string }) : undefined;
}
