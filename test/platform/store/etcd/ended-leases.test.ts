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
/** The number of leases that were granted. */
let granted = 0;
beforeAll(async () => {
	await cryptoReady;
	cluster = await EtcdCluster.start();
	client = new EtcdClient({ endpoints: cluster.endpoints });
	const call = client.call.bind(client) as (method: unknown, request: unknown) => Promise<{ id: bigint }>;
	client.call = (async (method: unknown, request: unknown) => {
		const answer = await call(method, request);
		if (method === GRANT) granted++;
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

test("a lease that was prepared is taken without another one, unless it has ended or was taken", async () => {
	const leases = new EtcdLeases(client, keys);
	const taken = async (name: string, isPrepared: boolean) => {
		granted = 0;
		if (isPrepared) leases.prepare(TTL_MS);
		expect(await leases.take(name, "a", TTL_MS)).toBe(true);
		return granted;
	};
	expect(await taken("prepared", true)).toBe(1);
	expect(await taken("next", false)).toBe(1);
	ending = 1;
	expect(await taken("ended", true)).toBe(2);
	leases.prepare(TTL_MS);
	expect(await leases.take("prepared", "b", TTL_MS)).toBe(false);
	await leases.release("prepared", "a");
	expect(await leases.take("prepared", "b", TTL_MS)).toBe(true);
});

test("a text that is replaced keeps its time, and is not shown again once it has ended", async () => {
	const announcements = new Announcements(client, keys);
	const shown = async () => await readKey(client, keys.announcement("other"));
	expect(await announcements.replace("other", "early")).toBe(false);
	await announcements.announce("other", "one", TTL_MS);
	const lease = (await shown())?.lease ?? 0n;
	expect(await announcements.replace("other", "two")).toBe(true);
	expect(Buffer.from((await shown())?.value ?? []).toString()).toBe("two");
	expect((await shown())?.lease).toBe(lease);
	await client.call(REVOKE, { id: lease });
	expect(await announcements.replace("other", "three")).toBe(false);
	expect(await shown()).toBeUndefined();
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
