/** How a store in etcd is reached: the flags, the files that they name, and the user's password. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { isS3Url, parseS3Url } from "./s3-url.ts";
import { parseStoreUrl } from "./store-url.ts";

/** Without the password, so that it can be logged. Paths are absolute. */
export interface StoreAccess {
	readonly ca?: string | undefined;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	readonly user?: string | undefined;
	/** A directory for blobs, or the URL of a bucket. Undefined: they are in etcd too. */
	readonly blobs?: string | undefined;
	/** Whether the platform is the only one on the store: it keeps others out, and has Deno KV. */
	readonly isAlone?: boolean | undefined;
	/** How long a node serves functions while it does not reach the store. */
	readonly staleAfterMs?: number | undefined;
}

export interface StoreOptions {
	/** The clock for leases of a SQLite store, in milliseconds. It may start at any value, and never goes back. */
	now?: () => number;
	/** How etcd is reached. */
	access?: StoreAccess;
	/** The password of etcd's user. */
	password?: string | undefined;
	/** The data directory of the platform, which is claimed for a store that is elsewhere. */
	dataDirectory?: string;
}

/** The flags of commands that open a store. */
export interface StoreFlags {
	readonly store?: string | undefined;
	readonly "store-ca"?: string | undefined;
	readonly "store-cert"?: string | undefined;
	readonly "store-key"?: string | undefined;
	readonly "store-user"?: string | undefined;
	readonly blobs?: string | undefined;
	readonly "single-node"?: boolean | undefined;
	/** In seconds. */
	readonly "stale-after"?: number | undefined;
	readonly advertise?: string | undefined;
}

/** The variables with the password of etcd's user. */
export interface StoreVariables {
	readonly COFFER_STORE_PASSWORD?: string | undefined;
	readonly COFFER_STORE_PASSWORD_FILE?: string | undefined;
	/** The password for the source of a migration, if it is another one. */
	readonly COFFER_FROM_STORE_PASSWORD?: string | undefined;
	readonly COFFER_FROM_STORE_PASSWORD_FILE?: string | undefined;
}

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

const path = (file: string | undefined) => (file === undefined ? undefined : resolve(file));

/**
 * Checks the flags.
 * @throws AppError `STORE_URL_INVALID`, `BLOBS_URL_INVALID`, `STORE_FLAG_UNUSED`, `TLS_PAIR_INCOMPLETE` (exit 2)
 */
export function storeAccessOf(flags: StoreFlags): StoreAccess {
	const kind = flags.store === undefined ? "sqlite" : parseStoreUrl(flags.store).kind;
	const { "store-ca": ca, "store-cert": cert, "store-key": key, "store-user": user, blobs } = flags;
	const given = Object.entries({
		"--store-ca": ca,
		"--store-cert": cert,
		"--store-key": key,
		"--store-user": user,
		"--blobs": blobs,
		"--single-node": flags["single-node"] || undefined,
		"--stale-after": flags["stale-after"],
		"--advertise": flags.advertise,
	});
	const unused = given.find(([, value]) => value !== undefined)?.[0];
	if (unused !== undefined && kind !== "etcd") {
		throw usage(
			"STORE_FLAG_UNUSED",
			`${unused} is for a store in etcd, but --store names none.`,
			`Give --store etcd://HOST:PORT, or leave out ${unused}.`,
		);
	}
	if ((cert === undefined) !== (key === undefined)) {
		throw usage(
			"TLS_PAIR_INCOMPLETE",
			`--store-${cert === undefined ? "cert" : "key"} is missing. A certificate and its key must be given together.`,
			"Give both files, or neither.",
		);
	}
	const staleAfter = flags["stale-after"];
	const isBucket = blobs !== undefined && isS3Url(blobs);
	if (isBucket) parseS3Url(blobs, {});
	return {
		...{ ca: path(ca), cert: path(cert), key: path(key), user },
		blobs: isBucket ? blobs : path(blobs),
		isAlone: flags["single-node"],
		staleAfterMs: staleAfter === undefined ? undefined : staleAfter * 1000,
	};
}

/** The store that the flags of a command name. */
export interface NamedStore extends Pick<StoreOptions, "access" | "password"> {
	readonly url: string;
}

/**
 * Reads which store the flags name. Undefined without `--store`.
 * @throws AppError as `storeAccessOf` and `readStorePassword`
 */
export async function readNamedStore(
	flags: StoreFlags,
	variables: StoreVariables,
): Promise<NamedStore | undefined> {
	const access = storeAccessOf(flags);
	if (flags.store === undefined) return undefined;
	return { url: flags.store, access, password: await readStorePassword(access, variables) };
}

/** The contents of a file that a flag or a variable names. @throws AppError `STORE_FILE_UNREADABLE` (exit 2) */
export async function readStoreFile(named: string, file: string): Promise<Buffer> {
	try {
		return await readFile(file);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw usage(
			"STORE_FILE_UNREADABLE",
			`The file ${file} of ${named} cannot be read (${code}).`,
			"Give the path of a file that this user may read.",
		);
	}
}

/**
 * The password of etcd's user, from the environment.
 * @throws AppError `STORE_PASSWORD_MISSING`, `STORE_FILE_UNREADABLE` (exit 2)
 */
export async function readStorePassword(
	{ user }: StoreAccess,
	variables: StoreVariables,
): Promise<string | undefined> {
	if (user === undefined) return undefined;
	const { COFFER_STORE_PASSWORD: password, COFFER_STORE_PASSWORD_FILE: file } = variables;
	if (password !== undefined) return password;
	if (file !== undefined)
		return (await readStoreFile("COFFER_STORE_PASSWORD_FILE", file)).toString("utf8").replace(/\r?\n$/, "");
	throw usage(
		"STORE_PASSWORD_MISSING",
		`The password of ${user}, the user of --store-user, is missing.`,
		"Set COFFER_STORE_PASSWORD_FILE to a file with the password, or COFFER_STORE_PASSWORD to the password itself.",
	);
}
