/** The two kinds of stores that populations are measured in: a directory with SQLite, and etcd with one member. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { EtcdClient } from "../../../src/platform/store/etcd/api/client.ts";
import { EtcdCluster } from "../../../test/platform/store/etcd/cluster.ts";

export interface MeasuredStore extends AsyncDisposable {
	readonly kind: "SQLite" | "etcd";
	/** The URL of the store. */
	readonly url: string;
	/** The arguments of `coffer platform start` for this store. */
	readonly args: readonly string[];
	/** What the store takes: without what etcd keeps of earlier revisions, as far as it can be told apart. */
	bytes(): Promise<StoreBytes>;
}

export interface StoreBytes {
	readonly all: number;
	/** With earlier revisions, which etcd keeps until it compacts. Undefined for SQLite, which keeps none. */
	readonly uncompacted?: number;
}

/** The sizes of the files in a folder and in the folders in it. */
async function bytesIn(folder: string): Promise<number> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	const sizes = entries
		.filter((entry) => entry.isFile())
		// A file that SQLite removes meanwhile has no size.
		.map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0);
	return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** A store in the folder `data`, where `coffer platform start` looks for it. */
export function sqliteStore(folder: string): MeasuredStore {
	const data = join(folder, "data");
	return {
		kind: "SQLite",
		url: `sqlite:${data}`,
		args: [],
		bytes: async () => ({ all: await bytesIn(data) }),
		[Symbol.asyncDispose]: async () => {},
	};
}

const STATUS = {
	path: "/etcdserverpb.Maintenance/Status",
	request: {},
	response: { header: [1, { revision: [3, "int"] }], size: [3, "int"], inUse: [9, "int"] },
} as const;

async function statusOf(cluster: EtcdCluster) {
	const client = new EtcdClient({ endpoints: cluster.endpoints });
	try {
		return await client.call(STATUS, {});
	} finally {
		client.close();
	}
}

/** A store in an etcd of its own, which has room for 8 GiB. */
export async function etcdStore(): Promise<MeasuredStore> {
	const cluster = await EtcdCluster.start({ args: ["--quota-backend-bytes", String(8 * 1024 ** 3)] });
	const url = cluster.url();
	return {
		kind: "etcd",
		url,
		args: ["--store", url],
		bytes: async () => {
			const { header, inUse: uncompacted } = await statusOf(cluster);
			if (header !== undefined) await cluster.compact(header.revision);
			return { all: (await statusOf(cluster)).inUse, uncompacted };
		},
		[Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
	};
}
