/**
 * Chooses the store's driver by the scheme of a URL. A driver is loaded only when it is chosen.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Store } from "./store.ts";

export interface StoreOptions {
	/** Milliseconds of a clock by which leases expire; any start, never backwards. */
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

/** `./data`, `/var/lib/coffer` and `///var/lib/coffer`; what looks like a host is refused. */
function directoryOf(rest: string): string {
	const directory = rest.startsWith("///") ? rest.slice(2) : rest;
	if (directory.startsWith("//")) throw usage("The store's URL names a host, which a sqlite store has not.");
	if (directory === "") throw usage("The store's URL names no directory.");
	return directory;
}

/**
 * Opens the store that a URL names: `sqlite:DIRECTORY`.
 * @throws AppError `STORE_URL_INVALID` (exit 2), or what the driver throws. The message never holds the URL,
 *   which may hold a password.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
	const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
	if (scheme === "") throw usage("The store's URL has no scheme.");
	const driver = DRIVERS.get(scheme.toLowerCase());
	if (driver === undefined) throw usage(`There is no store "${scheme.slice(0, 32)}:".`);
	return await driver(rest, options);
}
