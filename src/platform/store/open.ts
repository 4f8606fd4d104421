/** Chooses the store's driver by the scheme of a URL. A driver is loaded only when it is chosen. */
import { AppError, EXIT } from "../../errors.ts";
import type { Store } from "./store.ts";

export interface StoreOptions {
	/** The clock for leases, in milliseconds. It may start at any value, and never goes back. */
	now?: () => number;
}

type Driver = (rest: string, options: StoreOptions) => Promise<Store>;

const DRIVERS: ReadonlyMap<string, Driver> = new Map([
	[
		"sqlite",
		async (rest, options) => {
			const { openSqliteStore } = await import("./sqlite.ts");
			return await openSqliteStore(directoryOf(rest), options);
		},
	],
]);

function usage(message: string): AppError {
	const hint = `Write sqlite:DIRECTORY, such as "sqlite:./data" or "sqlite:/var/lib/coffer".`;
	return new AppError({ code: "STORE_URL_INVALID", message, hint, exit: EXIT.usage });
}

/** Accepts `./data`, `/var/lib/coffer` and `///var/lib/coffer`. Rejects a URL with a host. */
function directoryOf(rest: string): string {
	const directory = rest.startsWith("///") ? rest.slice(2) : rest;
	if (directory.startsWith("//"))
		throw usage("The store's URL contains a host, but a sqlite store is a directory on this machine.");
	if (directory === "") throw usage("The store's URL contains no directory.");
	return directory;
}

/**
 * Opens the store of a URL: `sqlite:DIRECTORY`.
 * @throws AppError `STORE_URL_INVALID` (exit 2), or what the driver throws. The message never contains the
 * URL, which may contain a password.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
	const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
	if (scheme === "") throw usage("The store's URL has no scheme.");
	const driver = DRIVERS.get(scheme.toLowerCase());
	if (driver === undefined) throw usage(`The store type "${scheme.slice(0, 32)}:" does not exist.`);
	return await driver(rest, options);
}

/**
 * The directory of a store. It also contains the Deno KV stores of apps.
 * @throws AppError `STORE_URL_INVALID` (exit 2)
 */
export function storeDirectory(url: string): string {
	return directoryOf(url.slice(url.indexOf(":") + 1));
}
