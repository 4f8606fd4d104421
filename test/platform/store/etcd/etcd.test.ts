import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { storeContract } from "../contract.ts";
import { EtcdCluster } from "./cluster.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
}, 30_000);
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
