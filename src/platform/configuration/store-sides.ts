/** The two sides of a migration: what its flags say of the store that is read, and of the one that is filled. */
import { resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { type NamedStore, readNamedStore, type StoreFlags, type StoreVariables } from "./store-access.ts";
import { parseStoreUrl } from "./store-url.ts";

export type SideName = "from" | "to";

/** The flags of a side, without the name of the side: `--from-ca` is `ca`. */
export interface SideFlags {
	/** A directory, or the URL of a store. */
	readonly place: string;
	/** The data directory beside a store in etcd. */
	readonly data?: string | undefined;
	readonly ca?: string | undefined;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	readonly user?: string | undefined;
	readonly blobs?: string | undefined;
}

export interface Side {
	readonly kind: "directory" | "etcd";
	/** Absolute. Undefined for a store in etcd whose data directory is not touched. */
	readonly dataDirectory: string | undefined;
	/** Undefined: the store is in the data directory. */
	readonly store: NamedStore | undefined;
}

/**
 * Does some work, and names in its errors the flags of a side instead of those of `platform start`.
 * @param data the flag of the data directory
 */
export async function withFlagsOf<T>(
	side: SideName,
	work: () => Promise<T>,
	data = `--${side}-data`,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const named = (text: string) =>
			text
				.replaceAll("--store-", `--${side}-`)
				.replaceAll("--store", `--${side}`)
				.replaceAll("--blobs", `--${side}-blobs`)
				.replaceAll("--data", data);
		const { code, exit, hint, message } = error;
		throw new AppError({ code, message: named(message), hint: named(hint), exit, cause: error });
	}
}

/** The variables with the password for the source. */
function ofSource(variables: StoreVariables): StoreVariables {
	const { COFFER_FROM_STORE_PASSWORD: password, COFFER_FROM_STORE_PASSWORD_FILE: file } = variables;
	if (password === undefined && file === undefined) return variables;
	return { COFFER_STORE_PASSWORD: password, COFFER_STORE_PASSWORD_FILE: file };
}

/**
 * Reads the flags of a side. The password for the source may differ from the one for the target.
 * @throws AppError as `readNamedStore`
 */
export async function readSide(side: SideName, flags: SideFlags, variables: StoreVariables): Promise<Side> {
	const { place, data, ...access } = flags;
	const store = /^[a-z][a-z0-9+.-]*:/i.test(place) ? place : `sqlite:${resolve(place)}`;
	return await withFlagsOf(side, async () => {
		const url = parseStoreUrl(store);
		const storeFlags: StoreFlags = {
			store,
			"store-ca": access.ca,
			"store-cert": access.cert,
			"store-key": access.key,
			"store-user": access.user,
			blobs: access.blobs,
		};
		const named = await readNamedStore(storeFlags, side === "from" ? ofSource(variables) : variables);
		if (url.kind === "etcd")
			return { kind: "etcd", dataDirectory: data === undefined ? undefined : resolve(data), store: named };
		if (data !== undefined) throw dataUnused("The store is in the data directory itself");
		return { kind: "directory", dataDirectory: resolve(url.directory), store: undefined };
	});
}

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

function dataUnused(reason: string): AppError {
	return usage("DATA_FLAG_UNUSED", `--data was given, but is not used. ${reason}.`, "Leave out --data.");
}

/**
 * Checks that the data directories are named that a migration reads and writes.
 * @throws AppError `DATA_FLAG_MISSING`, `DATA_FLAG_UNUSED` (exit 2)
 */
export async function requireDataDirectories(from: Side, to: Side): Promise<void> {
	const isShared = from.kind === "etcd" && to.kind === "etcd";
	for (const [name, side] of [["from", from] as const, ["to", to] as const]) {
		await withFlagsOf(name, async () => {
			if (isShared && side.dataDirectory !== undefined)
				throw dataUnused("Both stores are in etcd, and platforms keep their data directories");
			if (isShared || side.dataDirectory !== undefined) return;
			throw usage(
				"DATA_FLAG_MISSING",
				`--data is missing. A platform with a store in etcd keeps the Deno KV stores of apps and the logs of functions in its data directory.`,
				name === "from"
					? "Give the data directory of the platform with --data DIR."
					: "Give a new data directory for the platform with --data DIR.",
			);
		});
	}
}
