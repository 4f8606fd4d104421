/** Several nodes of one platform: what one accepts, all serve. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusesOf } from "../client-fixture.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory } from "./node-story.ts";

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
}, 30_000);
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
		expect(statusesOf(await b.client.deploy(APP, FILES))).toEqual({ pay: "deployed", mail: "deployed" });
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
		await a.client.deploy(APP, STRICT);
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("good");
		const events = await story.send(b, [["A", 2, "bad"]]);
		expect(events.find(({ type }) => type === "redeployed")).toMatchObject({
			result: { function: "strict", status: "failed", serving: true },
		});
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("good");
		await story.send(a, [["A", 3, "better"]]);
		for (const node of story.nodes) expect((await node.call("strict")).text).toBe("better");
	});
});
