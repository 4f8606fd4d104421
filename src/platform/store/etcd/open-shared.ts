/** Opens a store in etcd for a platform or a command: its files, its user, and its claim on the store. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SecureContextOptions } from "node:tls";
import { cryptoReady } from "../../../crypto.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { readStoreFile, type StoreAccess, type StoreOptions } from "../../configuration/store-access.ts";
import type { StoreUrl } from "../../configuration/store-url.ts";
import { claimNodeDirectory, type NodeDirectory } from "../node-directory.ts";
import { ORIGIN_FILE } from "../private-directory.ts";
import { openBlobs } from "../s3/open-blobs.ts";
import type { Store } from "../store.ts";
import { EtcdClient } from "./api/client.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { Keys } from "./keys.ts";
import type { EtcdOptions } from "./options.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

async function tlsOf({ ca, cert, key }: StoreAccess): Promise<SecureContextOptions | undefined> {
	if (ca === undefined && cert === undefined) return undefined;
	return {
		...(ca !== undefined && { ca: await readStoreFile("--store-ca", ca) }),
		...(cert !== undefined && { cert: await readStoreFile("--store-cert", cert) }),
		...(key !== undefined && { key: await readStoreFile("--store-key", key) }),
	};
}

function passwordExposed(): AppError {
	return new AppError({
		code: "STORE_WITHOUT_TLS",
		message:
			"The password of --store-user would be sent to etcd without TLS, where others on the network could read it.",
		hint: "Let etcd use TLS, and give the certificate of its authority with --store-ca.",
		exit: EXIT.usage,
	});
}

/** How to reach etcd. @throws AppError `STORE_WITHOUT_TLS`, `STORE_FILE_UNREADABLE`, `STORE_FILE_INVALID` (exit 2) */
async function optionsOf(
	{ endpoints, prefix }: StoreUrl & { kind: "etcd" },
	{ access = {}, password = "" }: StoreOptions,
): Promise<EtcdOptions> {
	const tls = await tlsOf(access);
	const { user } = access;
	if (user !== undefined && tls === undefined && !endpoints.every(({ host }) => LOOPBACK.has(host)))
		throw passwordExposed();
	return { endpoints, prefix, tls, user: user === undefined ? undefined : { name: user, password } };
}

/**
 * Connects to the keys of a store, without opening the store. The caller closes the client.
 * @throws AppError `STORE_WITHOUT_TLS`, `STORE_FILE_UNREADABLE` (exit 2)
 */
export async function connectShared(
	url: StoreUrl & { kind: "etcd" },
	options: StoreOptions,
): Promise<{ client: EtcdClient; keys: Keys }> {
	await cryptoReady;
	const { prefix, ...access } = await optionsOf(url, options);
	return { client: new EtcdClient(access), keys: new Keys(prefix) };
}

/**
 * Opens a store in etcd. With a data directory, the directory is claimed until the store is closed, and with
 * `StoreAccess.isAlone` the store too.
 * @throws AppError as `openEtcdStore` and `claimNodeDirectory`; `STORE_IN_USE` (exit 1); `STORE_WITHOUT_TLS`,
 * `STORE_FILE_UNREADABLE` (exit 2)
 */
export async function openSharedStore(
	url: StoreUrl & { kind: "etcd" },
	options: StoreOptions,
): Promise<Store> {
	const etcd = await optionsOf(url, options);
	const { access, dataDirectory } = options;
	const directory = dataDirectory === undefined ? undefined : await claimNodeDirectory(dataDirectory);
	try {
		const blobs = access?.blobs === undefined ? undefined : await openBlobs(access.blobs);
		const user = directory && (access?.isAlone ? { claim: claimOf(directory) } : { node: nodeOf(directory) });
		const isKnown = directory && existsSync(join(directory.path, ORIGIN_FILE));
		return await openEtcdStore({ ...etcd, blobs, isKnown, ...user });
	} catch (error) {
		directory?.release();
		throw error;
	}
}

function nodeOf({ node, release }: NodeDirectory): EtcdOptions["node"] {
	return { name: node, onClosed: release };
}

function claimOf({ node, release }: NodeDirectory): EtcdOptions["claim"] {
	return { holder: node, onClosed: release };
}
