/** Learns of entries that are deleted. The platform deletes them with their stream only, but others may delete any key. */
import type { EtcdClient } from "../api/client.ts";
import type { Keys } from "../keys.ts";
import { HeadWatch } from "./head-watch.ts";
import type { Moments } from "./moments.ts";

/** A watch that tells `moments` to read a stream again when one of its entries is deleted. It does not run yet. */
export function watchDeletedEntries(client: EtcdClient, keys: Keys, moments: Moments): HeadWatch {
	const listener = {
		onBegin: () => undefined,
		onChange: () => undefined,
		onDelete: (key: Uint8Array) => moments.onHead(keys.entryOf(key).stream, undefined),
		onFault: (error: unknown) => moments.onFault(error),
	};
	return new HeadWatch(client, keys.entries, listener, true);
}
