/** What keeps the blobs of a store. */
import { AppError, EXIT } from "../../errors.ts";

export interface Blobs {
	/** See `Store.putBlob`. */
	put(owner: string, bytes: Uint8Array): Promise<string>;
	/** See `Store.getBlob`. */
	get(owner: string, hash: string): Promise<Uint8Array | undefined>;
	/** See `Store.missingBlobs`. */
	missing(owner: string, hashes: readonly string[]): Promise<string[]>;
	/** See `Store.removeBlobs`. */
	remove(owner: string, hashes: Iterable<string>): Promise<void>;
	/** See `Store.keepOnlyBlobs`. */
	keepOnly(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void>;
	/** See `Store.dropBlobs`. */
	drop(owner: string): Promise<void>;
	/** Resolves once no write is in progress. */
	settle(): Promise<void>;
}

/** The error for a blob of an owner that was deleted meanwhile. */
export function ownerGone(): AppError {
	return new AppError({
		code: "BLOB_OWNER_GONE",
		message: "The app was deleted while a file was being stored for it.",
		hint: "Nothing was stored. If you still need the app, link and deploy it again.",
		exit: EXIT.notFound,
	});
}

const OWNER = /^[0-9a-f]{32}$/;

/** The name of an owner's folder in the folder of all blobs. @throws Error if it is not an owner's id */
export function blobFolder(owner: string): string {
	if (OWNER.test(owner)) return owner;
	throw new Error("A blob's owner must be 32 hexadecimal digits.");
}
