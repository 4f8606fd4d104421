/** Several nodes of one platform: what one accepts, all serve. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { statusesOf } from "../fixtures/client.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = {
	"functions/pay/index.ts":
		'const pair = [Deno.env.get("A"), Deno.env.get("B")]; Deno.serve(() => new Response(pair.join(" ")));',
	"functions/mail/index.ts": 'export default () => new Response("mail");',
};
/** Does not start if the secret has the value `bad`. */
const STRICT = {
	"functions/strict/index.ts":
		'if (Deno.env.get("A") === "bad") throw new Error("no"); Deno.serve(() => new Response(Deno.env.get("A")));',
};

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function started(prefix: string, count: number): Promise<NodeStory> {
	const story = new NodeStory();
	for (let index = 0; index < count; index++) await story.start({ storeUrl: cluster.url(prefix) });
	return story;
}

describe("several nodes", () => {
	test("serve what any of them accepts, and follow a change before it is reported as done", async () => {
		await using story = await started("/serve", 3);
		const [a, b, c] = story.nodes;
		if (!a || !b || !c) throw new Error("three nodes");
		await story.send(a, [
			["A", 1, "a1"],
			["B", 1, "b1"],
		]);
		expect(statusesOf(await b.client.deploy(APP, FILES, false, WAIT_FOR_NODES))).toEqual({
			pay: "deployed",
			mail: "deployed",
		});
		for (const node of story.nodes) expect(await node.call("pay")).toEqual({ status: 200, text: "a1 b1" });
		const events = await story.send(c, [
			["A", 2, "a2"],
			["B", 2, "b2"],
		]);
		expect(
			events.filter(({ type }) => type === "node").map((event) => "status" in event && event.status),
		).toEqual(["followed", "followed", "followed"]);
		for (const node of story.nodes) expect(await node.call("pay")).toEqual({ status: 200, text: "a2 b2" });
		const { nodes, store } = await a.status();
		expect(nodes).toHaveLength(3);
		expect(store).toMatchObject({ kind: "etcd", reachable: true });
		expect(await b.isReady()).toBe(true);
	});

	test("keep the earlier value everywhere if the first node does not start with the new one", async () => {
		await using story = await started("/canary", 3);
		const [a, b] = story.nodes;
		if (!a || !b) throw new Error("nodes");
		await story.send(a, [["A", 1, "good"]]);
		await a.client.deploy(APP, STRICT, false, WAIT_FOR_NODES);
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("good");
		const events = await story.send(b, [["A", 2, "bad"]]);
		expect(events.find(({ type }) => type === "redeployed")).toMatchObject({
			result: { function: "strict", status: "failed", serving: true },
		});
		// A node that has no process of the function yet starts one with the earlier value.
		await story.start({ storeUrl: cluster.url("/canary") });
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("good");
		await story.send(a, [["A", 3, "better"]]);
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("better");
	});

	test("forget what any of them deletes: functions, tokens, and an app whose name is used again", async () => {
		await using story = await started("/delete", 2);
		const [a, b] = story.nodes;
		if (!a || !b) throw new Error("nodes");
		await story.send(a, [["A", 1, "a1"]]);
		await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
		for (const node of story.nodes) expect((await node.call("mail")).text).toBe("mail");
		await b.client.call(ROUTES.deleteFunctions, { app: APP }, undefined, "?name=mail");
		await vi.waitFor(async () => expect((await a.call("mail")).status).toBe(404));
		const created = await a.client.call(
			ROUTES.createToken,
			{},
			{ scopes: ["read"], app: null, expires: null },
		);
		const { token, id } = (await created.json()) as { token: string; id: string };
		const asked = (node: TestNode) =>
			fetch(`${node.platform.controlUrl}/v1/apps`, { headers: { authorization: `Bearer ${token}` } });
		expect((await asked(b)).status).toBe(200);
		await a.client.call(ROUTES.revokeToken, { id });
		expect((await asked(b)).status).toBe(401);
		expect((await b.client.call(ROUTES.deleteApp, { app: APP })).status).toBe(204);
		expect((await a.client.call(ROUTES.showApp, { app: APP })).status).toBe(404);
		expect((await a.client.createApp(APP, story.vault)).revision).toBe(0);
		expect((await b.client.showApp(APP)).revision).toBe(0);
		expect((await b.call("pay")).status).toBe(404);
	});

	test("have no Deno KV, and say so", async () => {
		await using story = await started("/kv", 1);
		const [a] = story.nodes;
		if (!a) throw new Error("node");
		await story.send(a, [["A", 1, "a1"]]);
		const open = "Deno.openKv().then(() => 'open', (error) => error.message)";
		await a.client.deploy(APP, {
			"functions/kv/index.ts": `export default async () => new Response(await ${open});`,
		});
		expect((await a.call("kv")).text).toContain("it may run as several nodes");
	});
});
