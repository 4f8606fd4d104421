/**
 * What is deleted on one node is not served by any other one when the client that waits has its answer. A host that one
 * node gives to an app, or takes, is the same on every other one then.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostEventSchema } from "../../../src/protocol/host-names.ts";
import { deletionEventSchema } from "../../../src/protocol/nodes.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { linesOf } from "../fixtures/client.ts";
import { call } from "../gateway/fixtures/harness.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { LossyProxy } from "../store/etcd/lossy-proxy.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = {
	"functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("A")));',
	"functions/mail/index.ts": 'export default () => new Response("mail");',
};

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function deployed(story: NodeStory, storeUrls: readonly string[]): Promise<void> {
	// A gateway in a process of its own learns of a deletion later than its node.
	for (const storeUrl of storeUrls) await story.start({ storeUrl, gateways: 1 });
	const [a] = story.nodes;
	if (a === undefined) throw new Error("node");
	await story.send(a, [["A", 1, "a1"]]);
	await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
	for (const node of story.nodes) expect((await node.call("mail")).text).toBe("mail");
}

async function eventsOf(response: Response): Promise<string[]> {
	expect(response.status).toBe(200);
	const events = (await linesOf(response)).map((line) => deletionEventSchema.parse(line));
	return events.map((event) => (event.type === "node" ? event.status : event.type));
}

describe("a deletion that waits for the nodes", () => {
	test("ends when no node serves the functions, nor the app", async () => {
		await using story = new NodeStory();
		const storeUrl = cluster.url("/deletions");
		await deployed(story, [storeUrl, storeUrl, storeUrl]);
		const [a, b, c] = story.nodes;
		if (!a || !b || !c) throw new Error("nodes");
		const query = `${WAIT_FOR_NODES}&name=mail`;
		const functions = await b.client.call(ROUTES.deleteFunctions, { app: APP }, undefined, query);
		expect(await eventsOf(functions)).toEqual(["followed", "followed", "followed", "done"]);
		for (const node of story.nodes) expect((await node.call("mail")).status).toBe(404);
		expect((await a.call("pay")).status).toBe(200);
		const unknown = await a.client.call(ROUTES.deleteFunctions, { app: APP }, undefined, query);
		expect(unknown.status).toBe(404);
		const app = await c.client.call(ROUTES.deleteApp, { app: APP }, undefined, WAIT_FOR_NODES);
		expect(await eventsOf(app)).toEqual(["followed", "followed", "followed", "done"]);
		for (const node of story.nodes) expect((await node.call("pay")).status).toBe(404);
	});

	test("names a node that does not follow in time, and ends", async () => {
		await using proxy = await LossyProxy.open(cluster.endpoints[0] ?? { host: "", port: 0 });
		await using story = new NodeStory();
		const { host, port } = proxy.endpoint;
		await deployed(story, [cluster.url("/late"), `etcd://${host}:${port}/late`]);
		const [a] = story.nodes;
		proxy.isCut = true;
		const query = "?wait=1&name=mail";
		const functions = await a?.client.call(ROUTES.deleteFunctions, { app: APP }, undefined, query);
		expect((await eventsOf(functions as Response)).toSorted()).toEqual(["done", "followed", "waiting"]);
		const app = await a?.client.call(ROUTES.deleteApp, { app: APP }, undefined, "?wait=1");
		expect((await eventsOf(app as Response)).at(-1)).toBe("done");
		proxy.isCut = false;
	});

	test("is refused before anything is deleted if the time is wrong", async () => {
		await using story = new NodeStory();
		await deployed(story, [cluster.url("/wrong")]);
		const [a] = story.nodes;
		const wrong = await a?.client.call(ROUTES.deleteFunctions, { app: APP }, undefined, "?wait=x&name=mail");
		expect(wrong?.status).toBe(400);
		expect((await a?.client.call(ROUTES.deleteApp, { app: APP }, undefined, "?wait=601"))?.status).toBe(400);
		expect((await a?.call("mail"))?.status).toBe(200);
	});
});

/** The status of a request to a node under a host. */
async function statusUnder(node: TestNode, host: string): Promise<number> {
	const { hostname, port } = new URL(node.platform.listenUrl);
	return (await call({ host: hostname, port, path: "/mail", headers: { host } })).status;
}

describe("a change of a host that waits for the nodes", () => {
	test("ends when every node knows it, or when the time is over", async () => {
		await using proxy = await LossyProxy.open(cluster.endpoints[0] ?? { host: "", port: 0 });
		await using story = new NodeStory();
		const { host: proxyHost, port } = proxy.endpoint;
		await deployed(story, [cluster.url("/hosts"), `etcd://${proxyHost}:${port}/hosts`]);
		const [a, b] = story.nodes;
		if (!a || !b) throw new Error("nodes");
		const host = "shop.example.com";
		const mapped = { host, app: APP };
		const change = async (name: "addHost" | "removeHost", query: string) => {
			const body = name === "addHost" ? { app: APP } : undefined;
			const response = await a.client.call(ROUTES[name], { host }, body, query);
			expect(response.status).toBe(200);
			const events = (await linesOf(response)).map((line) => hostEventSchema.parse(line));
			return events.map((event) => ("status" in event ? event.status : event));
		};
		expect(await change("addHost", WAIT_FOR_NODES)).toEqual(["followed", "followed", mapped]);
		for (const node of [a, b]) expect(await statusUnder(node, host)).toBe(200);
		expect(await change("removeHost", WAIT_FOR_NODES)).toEqual(["followed", "followed", mapped]);
		for (const node of [a, b]) expect(await statusUnder(node, host)).toBe(404);
		const absent = await a.client.call(ROUTES.removeHost, { host }, undefined, WAIT_FOR_NODES);
		expect(absent.status).toBe(404);
		const wrong = await a.client.call(ROUTES.addHost, { host }, { app: APP }, "?wait=x");
		expect(wrong.status).toBe(400);
		expect(await statusUnder(a, host)).toBe(404);
		proxy.isCut = true;
		const late = await change("addHost", "?wait=1");
		expect(late.at(-1)).toEqual(mapped);
		expect(late.slice(0, -1).toSorted()).toEqual(["followed", "waiting"]);
		proxy.isCut = false;
	});
});
