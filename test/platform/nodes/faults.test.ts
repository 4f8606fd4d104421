/** Nodes that die or lose the store. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SYSTEM_CLOCK } from "../../../src/platform/machine/clock.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { LossyProxy } from "../store/etcd/lossy-proxy.ts";
import { APP, NodeStory, WAIT_FOR_NODES } from "./node-story.ts";

const PAIR = {
	"functions/pair/index.ts":
		'const pair = [Deno.env.get("A"), Deno.env.get("B")]; Deno.serve(() => new Response(pair.join(" ")));',
};
const WAIT = { timeout: 60_000, interval: 200 };

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe("several nodes", () => {
	test("roll out a change whose node has died", async () => {
		await using story = new NodeStory();
		const storeUrl = cluster.url("/died");
		const [a, b] = [await story.start({ storeUrl }), await story.start({ storeUrl })];
		await story.send(a, [
			["A", 1, "a1"],
			["B", 1, "b1"],
		]);
		await a.client.deploy(APP, PAIR, false, WAIT_FOR_NODES);
		for (const node of [a, b]) expect((await node.call("pair")).text).toBe("a1 b1");
		await story.acceptAndDie(storeUrl, [
			["A", 2, "a2"],
			["B", 2, "b2"],
		]);
		for (const node of [a, b])
			await vi.waitFor(async () => expect((await node.call("pair")).text).toBe("a2 b2"), WAIT);
	});

	test("serve nothing at once when their time is over, and afterwards nothing that was replaced meanwhile", async () => {
		await using proxy = await LossyProxy.open(cluster.endpoints[0] ?? { host: "", port: 0 });
		await using story = new NodeStory();
		const { host, port } = proxy.endpoint;
		let aheadMs = 0;
		// After a suspension, requests are read before timers run.
		const clock = { ...SYSTEM_CLOCK, monotonicMs: () => performance.now() + aheadMs };
		const a = await story.start({ storeUrl: cluster.url("/late") });
		const b = await story.start({ storeUrl: `etcd://${host}:${port}/late`, staleAfterMs: 60_000, clock });
		const set = (version: number) =>
			story.send(
				a,
				["A", "B"].map((name) => [name, version, `${name}${version}`] as const),
				"",
			);
		await set(1);
		await a.client.deploy(APP, PAIR, false, WAIT_FOR_NODES);
		expect((await b.call("pair")).text).toBe("A1 B1");
		proxy.isCut = true;
		await set(2);
		expect((await b.call("pair")).text).toBe("A1 B1");
		aheadMs = 120_000;
		expect((await b.call("pair")).status).toBe(503);
		proxy.isCut = false;
		let answer = await b.call("pair");
		while (answer.status === 503) answer = await b.call("pair");
		expect(answer.text).toBe("A2 B2");
	});

	test("stop serving on time if only their data plane is left, and serve again when the platform is back", async () => {
		await using story = new NodeStory();
		const options = { storeUrl: cluster.url("/left"), staleAfterMs: 5_000, gateways: 1 };
		const node = await story.start(options);
		await story.send(node, [
			["A", 1, "a1"],
			["B", 1, "b1"],
		]);
		await node.client.deploy(APP, PAIR, false, WAIT_FOR_NODES);
		const [{ pid } = { pid: null }] = await node.client.functions(APP);
		await node.platform.handOver();
		expect((await node.call("pair")).text).toBe("a1 b1");
		await vi.waitFor(async () => expect((await node.call("pair")).text).toContain("NODE_CUT_OFF"), WAIT);
		await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), WAIT);
		const again = await story.start(options, 0);
		expect((await again.call("pair")).text).toBe("a1 b1");
	});

	test("stop serving when they have not reached the store for too long, and catch up afterwards", async () => {
		await using proxy = await LossyProxy.open(cluster.endpoints[0] ?? { host: "", port: 0 });
		await using story = new NodeStory();
		const { host, port } = proxy.endpoint;
		const a = await story.start({ storeUrl: cluster.url("/cut") });
		const b = await story.start({ storeUrl: `etcd://${host}:${port}/cut`, staleAfterMs: 6_000 });
		await story.send(a, [
			["A", 1, "a1"],
			["B", 1, "b1"],
		]);
		await a.client.deploy(APP, PAIR, false, WAIT_FOR_NODES);
		expect((await b.call("pair")).text).toBe("a1 b1");
		proxy.isCut = true;
		const changed = await story.send(
			a,
			[
				["A", 2, "a2"],
				["B", 2, "b2"],
			],
			"",
		);
		expect(changed.at(-1)?.type).toBe("done");
		expect((await a.call("pair")).text).toBe("a2 b2");
		await vi.waitFor(async () => {
			const { status, text } = await b.call("pair");
			if (status === 200) expect(text).toBe("a1 b1");
			expect(status).toBe(503);
		}, WAIT);
		expect(await b.isReady()).toBe(false);
		await vi.waitFor(async () => expect((await b.client.call(ROUTES.listApps, {})).status).toBe(503), WAIT);
		proxy.isCut = false;
		await vi.waitFor(async () => expect((await b.call("pair")).text).toBe("a2 b2"), WAIT);
		await vi.waitFor(async () => expect(await b.isReady()).toBe(true), WAIT);
	});
});
