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

/** The last entry of a stream. */
export interface StreamHead extends StreamEntry {
	readonly stream: StreamName;
}

export interface Store extends AsyncDisposable {
	/**
	 * Appends when the stream's last revision is `expectedRevision` (0 for an empty stream); durable
	 * (fsynced) when the promise resolves.
	 * @param seal a text that takes the place of the store's seal in the same step (`readSeal`)
	 */
	append(stream: StreamName, expectedRevision: number, body: string, seal?: string): Promise<AppendResult>;
	/** Entries after a revision (0 for the first), in order, at most `limit`; without a limit, all. */
	read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]>;
	/**
	 * Entries after a revision and then every further one as it is appended, until the signal aborts, the
	 * stream is deleted or the store closes; none of these is an error.
	 */
	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry>;
	/** The names of all streams that begin with the prefix, sorted. */
	streams(prefix: string): Promise<StreamName[]>;
	/**
	 * Removes the streams that begin with the prefix for good (an app's deletion). A new one starts at 1 again.
	 * @param seal as `append`
	 */
	deleteStreams(prefix: string, seal?: string): Promise<void>;
	/** The store's seal: whatever text was given last with an append or a deletion. Undefined where none was. */
	readSeal(): Promise<string | undefined>;
	/** The last entry of each stream, sorted by the streams' names. */
	heads(): Promise<StreamHead[]>;
	/**
	 * Stores bytes under their hash (`blobHash`) and returns it; storing the same twice is one blob.
	 * @param owner whose they are, 32 hexadecimal digits: nobody else reads them, or learns that they are there
	 */
	putBlob(owner: string, bytes: Uint8Array): Promise<string>;
	/**
	 * The bytes of a hash, or undefined where the owner has none of it or the text is no hash.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) where what is stored does not have the hash
	 */
	getBlob(owner: string, hash: string): Promise<Uint8Array | undefined>;
	/** Of the given hashes, those that the owner has not stored. */
	missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]>;
	/** Removes blobs of an owner for good. What is not there is no error. */
	removeBlobs(owner: string, hashes: readonly string[]): Promise<void>;
	/**
	 * Removes every blob that is not kept, and takes in those that a backup or an earlier version left without an
	 * owner. To be called before anybody else uses the store.
	 * @param kept the hashes that each owner keeps
	 */
	keepBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void>;
	/** Removes all blobs of an owner for good. */
	dropBlobs(owner: string): Promise<void>;
	/**
	 * Takes or renews a lease for `ttlMs`. True when `holder` has it now; false while another's has not expired.
	 */
	lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
	/** Gives a lease back; nothing happens where `holder` has it not. */
	release(name: string, holder: string): Promise<void>;
}
