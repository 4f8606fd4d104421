/** How a store in etcd is opened. */
import type { Blobs } from "../blobs.ts";
import type { EtcdAccess } from "./api/client.ts";
import type { Claim } from "./claim.ts";

/** A node of a platform with several nodes. */
export interface NodeName {
	readonly name: string;
	/** Called when the store has been closed. */
	onClosed(): void;
}

export interface EtcdOptions extends EtcdAccess {
	/** Begins and ends with a slash. */
	readonly prefix: string;
	/** Where blobs are instead of etcd. */
	readonly blobs?: Blobs | undefined;
	/** Keeps other platforms from using the store. */
	readonly claim?: Claim | undefined;
	/** The node of a platform with several nodes. Its store is not claimed. */
	readonly node?: NodeName | undefined;
	/** Whether there was a store before. Then an empty prefix is refused. */
	readonly isKnown?: boolean | undefined;
}
