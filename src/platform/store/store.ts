/**
 * The port for everything that a platform keeps: append-only streams, content-addressed blobs, leases.
 * One file per driver (`sqlite.ts`), one contract suite for all (`test/platform/store/contract.ts`).
 */

/** `platform`, `apps/<app>/changes`, `apps/<app>/events` or `schedule/<number>`. */
export type StreamName = string;

export interface StreamEntry {
	/** 1, 2, 3 … without gaps within its stream. */
	readonly revision: number;
	/** JSON text, exactly as appended. */
	readonly body: string;
}

export type AppendResult =
	| { readonly appended: true; readonly revision: number }
	/** Somebody was faster: `revision` is the stream's present one. Nothing was written. */
	| { readonly appended: false; readonly revision: number };

export interface Store extends AsyncDisposable {
	/**
	 * Appends when the stream's last revision is `expectedRevision` (0 for an empty stream); durable
	 * (fsynced) when the promise resolves.
	 */
	append(stream: StreamName, expectedRevision: number, body: string): Promise<AppendResult>;
	/** Entries after a revision (0 for the first), in order, at most `limit`; without a limit, all. */
	read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]>;
	/**
	 * Entries after a revision and then every further one as it is appended, until the signal aborts, the
	 * stream is deleted or the store closes; none of these is an error.
	 */
	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry>;
	/** The names of all streams that begin with the prefix, sorted. */
	streams(prefix: string): Promise<StreamName[]>;
	/** Removes the streams that begin with the prefix for good (an app's deletion). A new one starts at 1 again. */
	deleteStreams(prefix: string): Promise<void>;
	/** Stores bytes under their hash (`blobHash`) and returns it; storing the same twice is one blob. */
	putBlob(bytes: Uint8Array): Promise<string>;
	/**
	 * The bytes of a hash, or undefined where they are not stored or the text is no hash.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) where what is stored does not have the hash
	 */
	getBlob(hash: string): Promise<Uint8Array | undefined>;
	/** Of the given hashes, those that are not stored. */
	missingBlobs(hashes: readonly string[]): Promise<string[]>;
	/**
	 * Takes or renews a lease for `ttlMs`. True when `holder` has it now; false while another's has not expired.
	 */
	lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
	/** Gives a lease back; nothing happens where `holder` has it not. */
	release(name: string, holder: string): Promise<void>;
}
