/** How a node reads the stream `platform`, which three readers fold. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PlatformReader } from "../../../src/platform/nodes/platform-reader.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { SharedPlatform } from "./node-core.ts";

const APP = "shop";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("one read is enough for all readers if nothing is new, and each of them applies what is", async () => {
	const shared = new SharedPlatform(cluster.url("/reader"));
	await using first = await shared.open();
	await using second = await shared.open();
	const { apps, hosts, store, tokens } = second.core;
	const reader = new PlatformReader({ apps, hosts, tokens, sealed: store });
	await reader.catchUp();
	const read = vi.spyOn(store, "read");
	await reader.catchUp();
	expect(read).toHaveBeenCalledTimes(1);
	await first.client.createApp(APP, shared.vault);
	await first.core.hosts.add("shop.example.com", APP);
	const end = (await first.core.store.heads()).find(({ stream }) => stream === "platform")?.revision;
	expect(await reader.catchUp()).toBe(end);
	expect(apps.find(APP)?.id).toBe(APP);
	expect(hosts.byName.get("shop.example.com")).toBe(APP);
	read.mockClear();
	await reader.catchUp();
	expect(read).toHaveBeenCalledTimes(1);
});

test("hosts that this node has changed itself are published again before that is reported", async () => {
	const shared = new SharedPlatform(cluster.url("/hosts"));
	await using node = await shared.open();
	const { apps, hosts, store, tokens } = node.core;
	await node.client.createApp(APP, shared.vault);
	const reader = new PlatformReader({ apps, hosts, tokens, sealed: store });
	await reader.catchUp();
	await hosts.add("shop.example.com", APP);
	await Promise.all([tokens.catchUp(), apps.catchUp()]);
	const published = vi.fn(async () => undefined);
	hosts.onChanged = published;
	await reader.catchUp();
	expect(published).toHaveBeenCalledTimes(1);
});
