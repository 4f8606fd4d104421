/**
 * The port of the store, which keeps the platform's data: append-only streams, content-addressed blobs,
 * leases. The drivers are `sqlite.ts` and `etcd/etcd-store.ts`. One contract suite tests all drivers
 * (`test/platform/store/contract.ts`).
 */

/** `platform`, `apps/<app>/changes`, `apps/<app>/events` or `schedule/<number>`. */
export type StreamName = string;

export interface StreamEntry {
	/** 1, 2, 3 … without gaps in its stream. */
	readonly revision: number;
	/** JSON text, exactly as it was appended. */
	readonly body: string;
}

export type AppendResult =
	| { readonly appended: true; readonly revision: number }
	/** Another append came first. `revision` is the stream's last revision. Nothing was written. */
	| { readonly appended: false; readonly revision: number }
	/** The store has another seal than `SealChange.from`. Nothing was written. */
	| { readonly appended: false; readonly revision: number; readonly isOtherSeal: true };

/** A replacement of the store's seal, in the transaction of an append or a deletion. */
export interface SealChange {
	/** The seal that the store must have. Undefined: none. So no writer replaces a seal that it does not know. */
	readonly from: string | undefined;
	readonly to: string;
}

/** Where a stream ends. */
export interface StreamEnd {
	readonly stream: StreamName;
	/** The revision of the last entry. 0: there is no such stream. */
	readonly revision: number;
}

/** The last entry of a stream. */
export interface StreamHead extends StreamEntry {
	readonly stream: StreamName;
}

/**
 * A text that was computed from streams, so that nobody has to read them from their beginning, or that clients send again
 * if it is lost.
 */
export interface Checkpoint {
	/** The stream with which it is stored. */
	readonly stream: StreamName;
	readonly text: string;
}

export interface StoredCheckpoint extends Pick<Checkpoint, "stream"> {
	/** Undefined: it is damaged, or this platform did not write it. */
	readonly text: string | undefined;
}

/** The checkpoints of a store. They are not entries: no seal covers them, and a store without them lacks nothing. */
export interface Checkpoints {
	/**
	 * Stores each text in the place of the earlier one of its stream. It is deleted with the stream. Texts for streams that
	 * do not exist are left out. If it rejects, some texts may be stored.
	 */
	write(checkpoints: readonly Checkpoint[]): Promise<void>;
	/** The texts of streams that begin with the prefix. A write that was interrupted may have damaged a text. */
	read(prefix: string): AsyncIterable<StoredCheckpoint>;
	/** Deletes the text of a stream. A missing text is not an error. */
	remove(stream: StreamName): Promise<void>;
}

export interface Store extends AsyncDisposable {
	readonly checkpoints: Checkpoints;
	/**
	 * Appends if the stream's last revision is `expectedRevision` (0 for an empty stream). The entry is durable (fsync)
	 * when the promise resolves. If it rejects, the entry may have been stored or not, or may be stored a moment later.
	 * @param seal replaces the store's seal in the same transaction (`readSeal`)
	 */
	append(
		stream: StreamName,
		expectedRevision: number,
		body: string,
		seal?: SealChange,
	): Promise<AppendResult>;
	/** Entries after a revision (0: from the first), in order. At most `limit`. Without a limit, all of them. */
	read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]>;
	/**
	 * Entries after a revision, and then each new one. Ends without an error when the signal aborts, the stream
	 * is deleted or the store closes.
	 */
	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry>;
	/** The names of all streams that begin with the prefix, sorted. */
	streams(prefix: string): Promise<StreamName[]>;
	/**
	 * Deletes the streams that begin with the prefix, as part of an app's deletion. A new stream of the same
	 * name starts at revision 1.
	 * @param seal as for `append`
	 * @param at a stream that must end at this revision; 0: that must not exist
	 * @returns false if the store has another seal, or that stream ends elsewhere. Nothing was deleted then.
	 */
	deleteStreams(prefix: string, seal?: SealChange, at?: StreamEnd): Promise<boolean>;
	/** The store's seal: the text that the last append or deletion with a seal gave. Undefined if there was none. */
	readSeal(): Promise<string | undefined>;
	/** The last entry of each stream, sorted by the name of the stream. */
	heads(): Promise<StreamHead[]>;
	/**
	 * Stores bytes under their hash (`blobHash`) and returns the hash. The same bytes are stored once.
	 * @param owner 32 hexadecimal digits. Other owners cannot read the bytes, or learn that they exist.
	 */
	putBlob(owner: string, bytes: Uint8Array): Promise<string>;
	/**
	 * The bytes of a hash. Undefined if the owner does not have them, or the text is not a hash.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) if the stored bytes do not match the hash
	 */
	getBlob(owner: string, hash: string): Promise<Uint8Array | undefined>;
	/** The given hashes that the owner has not stored. */
	missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]>;
	/** Deletes blobs of an owner. Missing blobs are not an error. */
	removeBlobs(owner: string, hashes: readonly string[]): Promise<void>;
	/**
	 * Deletes every blob that is not in `kept`, and moves blobs without an owner, from an earlier version, to
	 * their owners. Call it before anything else uses the store.
	 * @param kept the hashes that each owner keeps
	 */
	keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void>;
	/** Deletes all blobs of an owner. */
	dropBlobs(owner: string): Promise<void>;
	/**
	 * Takes or renews a lease for `ttlMs`. @returns true if `holder` has it now, false while the lease of
	 * another holder has not expired
	 */
	lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
	/** Ends a lease. Does nothing if `holder` does not have it. */
	release(name: string, holder: string): Promise<void>;
}
