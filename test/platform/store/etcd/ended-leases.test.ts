/** Leases that end before a key is put with them, as happens to a process that is suspended at that moment. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cryptoReady } from "../../../../src/crypto.ts";
import { EtcdClient } from "../../../../src/platform/store/etcd/api/client.ts";
import { GRANT, REVOKE } from "../../../../src/platform/store/etcd/api/messages.ts";
import { Keys } from "../../../../src/platform/store/etcd/keys.ts";
import { EtcdLeases } from "../../../../src/platform/store/etcd/leases.ts";
import { put, readKey, transact } from "../../../../src/platform/store/etcd/transactions.ts";
import { Announcements } from "../../../../src/platform/store/etcd/watch/announcements.ts";
import { EtcdCluster } from "./cluster.ts";

const TTL_MS = 60_000;
const keys = new Keys("/ended/");

let cluster: EtcdCluster;
let client: EtcdClient;
/** The number of leases that end as soon as they are granted. */
let ending = 0;
beforeAll(async () => {
	await cryptoReady;
	cluster = await EtcdCluster.start();
	client = new EtcdClient({ endpoints: cluster.endpoints });
	const call = client.call.bind(client) as (method: unknown, request: unknown) => Promise<{ id: bigint }>;
	client.call = (async (method: unknown, request: unknown) => {
		const answer = await call(method, request);
		if (method === GRANT && ending-- > 0) await call(REVOKE, { id: answer.id });
		return answer;
	}) as typeof client.call;
});
afterAll(async () => {
	client?.close();
	await cluster?.[Symbol.asyncDispose]();
});

test("a lease is taken with another one of etcd", async () => {
	ending = 2;
	const leases = new EtcdLeases(client, keys);
	expect(await leases.take("rollout", "a", TTL_MS)).toBe(true);
	expect((await readKey(client, keys.lease("rollout")))?.lease).toBeGreaterThan(0n);
	expect(await leases.take("rollout", "b", TTL_MS)).toBe(false);
});

test("a text is shown with another one, at first and when it changes", async () => {
	ending = 2;
	const announcements = new Announcements(client, keys);
	await announcements.announce("node", "one", TTL_MS);
	const shown = async () => await readKey(client, keys.announcement("node"));
	expect(Buffer.from((await shown())?.value ?? []).toString()).toBe("one");
	await client.call(REVOKE, { id: (await shown())?.lease ?? 0n });
	// Without the key, the ended lease would not be used again.
	await transact(client, { do: [put(keys.announcement("node"), Buffer.from("one"))] });
	await announcements.announce("node", "two", TTL_MS);
	expect(Buffer.from((await shown())?.value ?? []).toString()).toBe("two");
});
