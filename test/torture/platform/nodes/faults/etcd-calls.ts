/** What an operator does to a member of etcd. */
import { isCompacted } from "../../../../../src/platform/store/etcd/api/faults.ts";
import type { Endpoint } from "../../../../../src/platform/store/etcd/api/grpc.ts";
import type { EtcdCluster } from "../../../../platform/store/etcd/cluster.ts";

const STATUS = {
	path: "/etcdserverpb.Maintenance/Status",
	request: {},
	response: { header: [1, { revision: [3, "int"] }] },
} as const;
const HASH = {
	path: "/etcdserverpb.Maintenance/HashKV",
	request: { revision: [1, "int"] },
	response: { header: [1, { revision: [3, "int"] }], hash: [2, "int"], compacted: [3, "int"] },
} as const;
const DEFRAGMENT = { path: "/etcdserverpb.Maintenance/Defragment", request: {}, response: {} } as const;
const ALARM = {
	path: "/etcdserverpb.Maintenance/Alarm",
	request: { action: [1, "int"], member: [2, "long"], alarm: [3, "int"] },
	response: { alarms: [2, { member: [1, "long"], alarm: [2, "int"] }, "many"] },
} as const;
const PUT = {
	path: "/etcdserverpb.KV/Put",
	request: { key: [1, "bytes"], value: [2, "bytes"] },
	response: {},
} as const;
const DELETE = {
	path: "/etcdserverpb.KV/DeleteRange",
	request: { key: [1, "bytes"], rangeEnd: [2, "bytes"] },
	response: {},
} as const;

const JUNK_BYTES = 1_000_000;
const JUNK = Buffer.from("/junk/");
const MADE = Buffer.from("/room-was-made");
const JUNK_END = Buffer.from("/junk0");
/** Etcd's numbers of the actions. */
const LIST = 0;
const DISARM = 2;

/** The present revision. */
async function revisionOf(cluster: EtcdCluster, endpoint: Endpoint): Promise<number> {
	return await cluster.ask(endpoint, async (client) => (await client.call(STATUS, {})).header?.revision ?? 0);
}

/** Removes all earlier revisions. Another call may do the same at the same time. */
export async function compactAll(cluster: EtcdCluster, endpoint: Endpoint): Promise<void> {
	await cluster.compact(await revisionOf(cluster, endpoint)).catch((error: unknown) => {
		if (!isCompacted(error)) throw error;
	});
}

/** Whether all members have the same data at the revision of the one that is least far. */
export async function haveSameData(cluster: EtcdCluster): Promise<boolean> {
	const revisions = await Promise.all(cluster.endpoints.map((endpoint) => revisionOf(cluster, endpoint)));
	const revision = Math.min(...revisions);
	const hashes = await Promise.all(
		cluster.endpoints.map((endpoint) => cluster.ask(endpoint, (client) => client.call(HASH, { revision }))),
	);
	// Members that have forgotten their history up to different revisions have different hashes.
	const [first] = hashes;
	return hashes.every(({ compacted, hash }) => hash === first?.hash || compacted !== first?.compacted);
}

/** Writes until etcd takes no more. */
export async function fillUp(cluster: EtcdCluster, endpoint: Endpoint): Promise<void> {
	await cluster.ask(endpoint, async (client) => {
		const value = Buffer.alloc(JUNK_BYTES, "x");
		for (let index = 0; ; index++) {
			const key = Buffer.concat([JUNK, Buffer.from(String(index))]);
			try {
				await client.call(PUT, { key, value });
			} catch (error) {
				if ((error as { code?: string }).code === "STORE_FULL") return;
				throw error;
			}
		}
	});
}

/**
 * Removes what `fillUp` wrote, and ends the alarm. Until the next write, etcd 3.4 would apply the writes that it has refused
 * when it starts again (findings/etcd-refused-write-after-restart.sh), so there is one.
 */
export async function makeRoom(cluster: EtcdCluster, endpoints: readonly Endpoint[]): Promise<void> {
	const first = endpoints[0] as Endpoint;
	await cluster.ask(first, (client) => client.call(DELETE, { key: JUNK, rangeEnd: JUNK_END }));
	await compactAll(cluster, first);
	for (const endpoint of endpoints) await cluster.ask(endpoint, (client) => client.call(DEFRAGMENT, {}));
	await cluster.ask(first, async (client) => {
		const { alarms } = await client.call(ALARM, { action: LIST });
		for (const alarm of alarms) await client.call(ALARM, { action: DISARM, ...alarm });
		await client.call(PUT, { key: MADE, value: JUNK });
	});
}
