/** A store that is emptied, cut, set back or exchanged under running nodes: they notice it, and change nothing in it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Endpoint } from "../../../src/platform/store/etcd/api/grpc.ts";
import { keysBelow } from "../../../src/platform/store/etcd/keys.ts";
import { put, remove, transact } from "../../../src/platform/store/etcd/transactions.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { LossyProxy } from "../store/etcd/lossy-proxy.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = { "functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("A")));' };
const PREFIX = "/lost/";
const WAIT = { timeout: 60_000, interval: 100 };
const STALE_AFTER_MS = 8_000;

let cluster: EtcdCluster;
let story: NodeStory;
let proxy: LossyProxy;
beforeEach(async () => {
	cluster = await EtcdCluster.start();
	proxy = await LossyProxy.open(cluster.endpoints[0] as Endpoint);
	story = new NodeStory();
});
afterEach(async () => {
	await story?.[Symbol.asyncDispose]();
	await proxy?.[Symbol.asyncDispose]();
	await cluster?.[Symbol.asyncDispose]();
});

/** Two nodes that serve a function. The second one may serve for a short time only without its store. */
async function serving(): Promise<readonly [TestNode, TestNode]> {
	const storeUrl = `etcd://${proxy.endpoint.host}:${proxy.endpoint.port}${PREFIX}`;
	const a = await story.start({ storeUrl });
	const b = await story.start({ storeUrl, staleAfterMs: STALE_AFTER_MS });
	await story.send(a, [["A", 1, "one"]]);
	await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
	await set(a, 2, "two");
	return [a, b];
}

async function set(node: TestNode, version: number, value: string): Promise<void> {
	const events = await story.send(node, [["A", version, value]]);
	expect(events.flatMap((event) => (event.type === "node" ? [event.status] : []))).toEqual([
		"followed",
		"followed",
	]);
	for (const each of story.nodes) expect((await each.call("pay")).text).toBe(value);
}

/** Each node refuses what a client asks, says why, and goes on serving. */
async function refused(code: string): Promise<void> {
	for (const node of story.nodes) await vi.waitFor(() => refusedBy(node, code), WAIT);
	for (const node of story.nodes) {
		expect((await node.client.call(ROUTES.createApp, { app: "new" }, {})).status).toBe(503);
		const ready = await node.client.call(ROUTES.ready, {});
		const { fault } = (await node.status()).store;
		expect(fault?.code).toBe(code);
		expect([ready.status, ((await ready.json()) as { detail: string }).detail]).toEqual([
			503,
			expect.stringContaining(fault?.message ?? "a reason"),
		]);
		expect((await node.call("pay")).text).toBe("two");
	}
}

/** Each node takes requests again, and what one accepts, both serve. */
async function recovered(): Promise<void> {
	for (const node of story.nodes) await vi.waitFor(async () => expect(await node.isReady()).toBe(true), WAIT);
	for (const { client } of story.nodes) expect((await client.call(ROUTES.listApps, {})).status).toBe(200);
	await vi.waitFor(async () => expect((await story.nodes[0]?.status())?.nodes).toHaveLength(2), WAIT);
	await set(story.nodes[1] as TestNode, 3, "three");
}

type Pairs = readonly (readonly [key: Uint8Array, value: Uint8Array])[];

/** Deletes all keys that begin with one of these texts, at one moment. @returns those that are bound to no lease */
async function removeAll(...texts: readonly string[]): Promise<Pairs> {
	const ranges = texts.map((text) => keysBelow(PREFIX + text));
	const { pairs } = await cluster.ask(cluster.endpoints[0] as Endpoint, (client) =>
		transact(client, { do: [...ranges.map((range) => ({ range })), ...ranges.map(remove)] }),
	);
	return pairs.flat().flatMap(({ key, lease, value }) => (lease === 0n ? [[key, value] as const] : []));
}

async function putBack(pairs: Pairs): Promise<void> {
	await cluster.ask(cluster.endpoints[0] as Endpoint, (client) =>
		transact(client, { do: pairs.map(([key, value]) => put(key, value)) }),
	);
}

describe("nodes whose store", () => {
	test("is emptied write nothing to it, serve until their time is over, and go on when all is back", async () => {
		const [a, b] = await serving();
		const kept = await removeAll("");
		await refused("STORE_EMPTIED");
		await vi.waitFor(async () => expect((await b.call("pay")).status).toBe(503), WAIT);
		expect((await a.call("pay")).text).toBe("two");
		await refusedBy(a, "STORE_EMPTIED");
		expect(await cluster.etcdctl("get", "--prefix", "--keys-only", PREFIX)).toBe("");
		await putBack(kept);
		await recovered();
	});

	test.each([
		["a stream", ["heads/apps/shop/events", "entries/apps/shop/events"]],
		["the entries of a stream", ["entries/apps/shop/changes"]],
		["the platform's own stream", ["heads/platform", "entries/platform"]],
		["the seal", ["seal"]],
	])("loses %s refuse it, and go on when it is back", async (_, folders) => {
		await serving();
		const kept = await removeAll(...folders);
		await refused("STORE_ALTERED");
		await putBack(kept);
		await recovered();
	});

	test("is set back refuse it, and go on with a copy of the newest moment, whatever etcd's revision is", async () => {
		const [a] = await serving();
		const older = await cluster.snapshot("older");
		await story.send(a, [["B", 1, "b"]]);
		const newest = await cluster.snapshot("newest");
		await cluster.restore(older);
		await refused("STORE_ROLLED_BACK");
		await cluster.restore(newest);
		await recovered();
	});

	test("is exchanged for an empty one, or for that of another platform, refuse both and go on with their own", async () => {
		const [a] = await serving();
		await using other = await EtcdCluster.start();
		const endpoint = other.endpoints[0] as Endpoint;
		proxy.redirect(endpoint);
		await refused("STORE_EMPTIED");
		await using stranger = new NodeStory();
		const foreign = await stranger.start({ storeUrl: other.url(PREFIX) });
		await stranger.send(foreign, [["A", 1, "foreign"]]);
		await vi.waitFor(async () => expect((await a.status()).store.fault?.code).toBe("STORE_EXCHANGED"), WAIT);
		await refusedBy(a, "STORE_EXCHANGED");
		const status = await foreign.status();
		expect(status.nodes).toHaveLength(1);
		proxy.redirect(cluster.endpoints[0] as Endpoint);
		await recovered();
	});

	test("is empty or another one when they start again write nothing to it, and a new directory begins anew", async () => {
		const [a, b] = await serving();
		await Promise.all([a.platform.close(), b.platform.close()]);
		const kept = await removeAll("");
		const storeUrl = cluster.url(PREFIX);
		await expect(story.start({ storeUrl }, 0)).rejects.toMatchObject({ code: "STORE_EMPTIED", exit: 7 });
		expect(await cluster.etcdctl("get", "--prefix", "--keys-only", PREFIX)).toBe("");
		await using anew = new NodeStory();
		const first = await anew.start({ storeUrl });
		await expect(story.start({ storeUrl }, 0)).rejects.toMatchObject({ code: "STORE_EXCHANGED", exit: 7 });
		await first.platform.close();
		await removeAll("");
		await putBack(kept);
		const again = await story.start({ storeUrl }, 0);
		expect((await again.call("pay")).text).toBe("two");
	});
});

async function refusedBy({ client }: TestNode, code: string): Promise<void> {
	const response = await client.call(ROUTES.listApps, {});
	expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code })]);
}
