/** Chooses the store's driver by the scheme of a URL. A driver is loaded only when it is chosen. */

import type { StoreOptions } from "../configuration/store-access.ts";
import { parseStoreUrl } from "../configuration/store-url.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store of a URL: `sqlite:DIRECTORY` or `etcd://HOST:PORT,…/PREFIX`.
 * @throws AppError `STORE_URL_INVALID` (exit 2), or what the driver throws. The message never contains the
 * URL, which may contain a password.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
	const parsed = parseStoreUrl(url);
	if (parsed.kind === "sqlite") {
		const { openSqliteStore } = await import("./sqlite.ts");
		return await openSqliteStore(parsed.directory, options);
	}
	const { openSharedStore } = await import("./etcd/open-shared.ts");
	return await openSharedStore(parsed, options);
}

/** The directory with the Deno KV stores of apps: beside a SQLite store, and in the data directory otherwise. */
export function kvDirectory(url: string, dataDirectory: string): string {
	const parsed = parseStoreUrl(url);
	return parsed.kind === "sqlite" ? parsed.directory : dataDirectory;
}
