import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { utf8 } from "../../../../src/bytes.ts";
import { EtcdClient } from "../../../../src/platform/store/etcd/api/client.ts";
import { RANGE } from "../../../../src/platform/store/etcd/api/messages.ts";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { storeContract } from "../contract.ts";
import { EtcdCluster } from "./cluster.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

let count = 0;
storeContract("etcd", async () => {
	const prefix = `/contract/${++count}/`;
	const open = () => openEtcdStore({ endpoints: cluster.endpoints, prefix });
	let store = await open();
	return {
		store,
		async reopen() {
			await store[Symbol.asyncDispose]();
			store = await open();
			return store;
		},
		// etcd counts in whole seconds, by its own clock.
		advance: async (ms) => await delay(ms),
		leaseMs: 2_000,
	};
});

test("a read takes one request for each 256 entries, and none to find that there are no more", async () => {
	await using store = await openEtcdStore({ endpoints: cluster.endpoints, prefix: "/reads/" });
	for (let revision = 0; revision < 260; revision++) await store.append("long", revision, `${revision}`);
	const call = vi.spyOn(EtcdClient.prototype, "call");
	try {
		const requestsOf = async (after: number, limit?: number) => {
			call.mockClear();
			const { length } = await store.read("long", after, limit);
			return [length, call.mock.calls.length];
		};
		expect(await requestsOf(258)).toEqual([2, 1]);
		expect(await requestsOf(0)).toEqual([260, 2]);
		expect(await requestsOf(260)).toEqual([0, 1]);
		expect(await requestsOf(0, 5)).toEqual([5, 1]);
		expect(await requestsOf(4, 256)).toEqual([256, 1]);
	} finally {
		call.mockRestore();
	}
});

test("checkpoints are read to the end although etcd compacts the moment at which the first were read", async () => {
	await using store = await openEtcdStore({ endpoints: cluster.endpoints, prefix: "/compacted/" });
	const streams = Array.from({ length: 60 }, (_, index) => `many/${index}`);
	for (const stream of streams) await store.append(stream, 0, "x");
	await store.checkpoints.write(streams.map((stream) => ({ stream, text: "x" })));
	const found: string[] = [];
	for await (const { stream } of store.checkpoints.read("many/")) {
		if (found.push(stream) > 1) continue;
		await store.append("other", 0, "x");
		const client = new EtcdClient({ endpoints: cluster.endpoints });
		const { header } = await client.call(RANGE, { key: utf8("/") });
		client.close();
		await cluster.compact(header?.revision ?? 0);
	}
	expect(found.sort()).toEqual(streams.sort());
});
