/** The lines of functions on several nodes: merged, followed, encrypted between nodes, and never silently missing. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
	type LogEvent,
	type LogLines,
	logEventSchema,
	logsSchema,
} from "../../../src/protocol/function-log.ts";
import { requestsSchema } from "../../../src/protocol/request-log.ts";
import { ROUTES, routePath } from "../../../src/protocol/routes.ts";
import { Authority } from "../../stories/support/network/authority.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = {
	"functions/talk/index.ts":
		'Deno.serve((request) => { console.log("says", new URL(request.url).searchParams.get("say")); return new Response("ok"); });',
};

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function talking(story: NodeStory): Promise<void> {
	const [a] = story.nodes;
	if (!a) throw new Error("node");
	await story.send(a, [["A", 1, "a1"]]);
	await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
}

const say = (node: TestNode, word: string) => node.call(`talk?say=${word}`);
const messages = ({ lines }: LogLines) => lines.map(({ message }) => message);

async function logs(node: TestNode, query = ""): Promise<LogLines> {
	return logsSchema.parse(
		await (await node.client.call(ROUTES.readLogs, { app: APP }, undefined, query)).json(),
	);
}

/** Waits until a node shows the lines. They arrive through a pipe, later than the response of the function. */
async function shows(node: TestNode, expected: string[], query = ""): Promise<LogLines> {
	return await vi.waitFor(async () => {
		const read = await logs(node, query);
		expect(messages(read)).toEqual(expected);
		return read;
	});
}

/** Reads the events of a stream one after the other. */
async function* events(node: TestNode, query: string, signal: AbortSignal): AsyncGenerator<LogEvent> {
	const { controlUrl } = node.platform;
	const response = await node.client.call(ROUTES.followLogs, { app: APP }, undefined, query);
	expect([controlUrl, response.status]).toEqual([controlUrl, 200]);
	const reader = (response.body as ReadableStream<Uint8Array>)
		.pipeThrough(new TextDecoderStream())
		.getReader();
	signal.addEventListener("abort", () => void reader.cancel());
	let rest = "";
	for (let read = await reader.read(); !read.done; read = await reader.read()) {
		const lines = (rest + read.value).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) yield logEventSchema.parse(JSON.parse(line));
	}
}

/** The next event of a type. */
async function next<Type extends LogEvent["type"]>(
	stream: AsyncGenerator<LogEvent>,
	type: Type,
): Promise<Extract<LogEvent, { type: Type }>> {
	for (;;) {
		const { done, value } = await stream.next();
		if (done) throw new Error(`the stream ended before an event ${type}`);
		if (value.type === type) return value as Extract<LogEvent, { type: Type }>;
	}
}

/** A server that passes requests to a node, and keeps the bytes of both directions. */
async function recording(target: () => string) {
	const seen: Buffer[] = [];
	const requests: Buffer[] = [];
	const server: Server = createServer(async (request, response) => {
		const body = Buffer.from(
			await new Response(Readable.toWeb(request) as ReadableStream<Uint8Array>).arrayBuffer(),
		);
		requests.push(body);
		const answer = await fetch(target() + request.url, {
			...{ method: "POST", body, headers: { "content-type": String(request.headers["content-type"]) } },
		});
		response.writeHead(answer.status);
		for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
			seen.push(Buffer.from(chunk));
			response.write(chunk);
		}
		response.end();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const close = () => {
		server.closeAllConnections();
		server.close();
	};
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		text: () => Buffer.concat(seen).toString("latin1"),
		close,
	};
}

describe("the logs of several nodes", () => {
	test("are merged by time, with the newest of all nodes, each line with its node", async () => {
		await using story = new NodeStory();
		using authority = new Authority();
		const storeUrl = cluster.url("/merged");
		const a = await story.start({ storeUrl });
		// Its certificate is of another host. Nodes do not rely on it.
		const b = await story.start({ storeUrl, tls: authority.issue("other", "DNS:other.example") });
		await talking(story);
		const said: string[] = [];
		for (const [node, word] of [
			[a, "one"],
			[b, "two"],
			[a, "three"],
			[b, "four"],
		] as const) {
			await say(node, word);
			said.push(`says ${word}`);
			await shows(a, said);
		}
		const { lines, nodes } = await logs(a, "?limit=3&function=talk");
		expect(messages({ lines })).toEqual(said.slice(1));
		const names = lines.map(({ node }) => node);
		expect(names).toEqual([names[0], names[1], names[0]]);
		expect(new Set(names)).toEqual(new Set(nodes?.map(({ node }) => node)));
		expect(nodes?.map(({ missing }) => missing)).toEqual([null, null]);
		const asked = await a.client.call(ROUTES.readRequests, { app: APP });
		const { requests } = requestsSchema.parse(await asked.json());
		expect(requests.map(({ node }) => node)).toEqual([names[1], names[0], names[1], names[0]]);
	});

	test("are followed on all nodes, from where a client stopped, by way of any node", async () => {
		await using story = new NodeStory();
		const storeUrl = cluster.url("/followed");
		const a = await story.start({ storeUrl });
		const b = await story.start({ storeUrl });
		await talking(story);
		await say(a, "a1");
		await say(b, "b1");
		await shows(a, ["says a1", "says b1"]);
		const ended = new AbortController();
		const first = events(a, "", ended.signal);
		expect((await next(first, "nodes")).nodes).toHaveLength(2);
		for (const message of ["says a1", "says b1"])
			expect((await next(first, "line")).line.message).toBe(message);
		const { positions = [] } = await next(first, "ping");
		expect(positions).toHaveLength(2);
		await say(b, "b2");
		expect((await next(first, "line")).line.message).toBe("says b2");
		await say(a, "a2");
		expect((await next(first, "line")).line.message).toBe("says a2");
		const after = positions.map(({ node, position }) => `after=${node}:${position}`);
		const again = events(b, `?limit=0&${after.join("&")}`, ended.signal);
		for (const message of ["says b2", "says a2"])
			expect((await next(again, "line")).line.message).toBe(message);
		// A node that comes later is followed too.
		const c = await story.start({ storeUrl });
		await say(c, "c1");
		for (const stream of [first, again]) expect((await next(stream, "line")).line.message).toBe("says c1");
		ended.abort();
	});

	test("cannot be read between nodes, nor asked for again with a recorded request", async () => {
		await using story = new NodeStory();
		const storeUrl = cluster.url("/recorded");
		const a = await story.start({ storeUrl });
		const proxy = await recording(() => b.platform.controlUrl);
		const b = await story.start({ storeUrl, advertise: proxy.url });
		await talking(story);
		await say(b, "confidential");
		await shows(a, ["says confidential"]);
		expect(proxy.text().length).toBeGreaterThan(100);
		expect(proxy.text() + proxy.requests.join()).not.toMatch(/confidential|talk|shop/);
		for (const part of proxy.text().split("\n"))
			expect(Buffer.from(part, "base64url").toString("latin1")).not.toContain("confidential");
		const body = proxy.requests.at(-1) as Buffer<ArrayBuffer>;
		for (const node of [a, b]) {
			const headers = { "content-type": "application/octet-stream" };
			const answer = await fetch(`${node.platform.controlUrl}/v1/nodes/logs`, {
				method: "POST",
				headers,
				body,
			});
			expect([answer.status, await answer.json()]).toMatchObject([403, { code: "NODE_CALL_REFUSED" }]);
		}
		const unsigned = await fetch(a.platform.controlUrl + routePath(ROUTES.readLogs, { app: APP }));
		expect(unsigned.status).toBe(401);
		proxy.close();
	});

	test("name each node that cannot be asked, within the time limit", async () => {
		await using story = new NodeStory();
		const storeUrl = cluster.url("/missing");
		const a = await story.start({ storeUrl });
		const hanging = createServer(() => {});
		await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
		const { port } = hanging.address() as AddressInfo;
		await story.start({ storeUrl, advertise: null });
		await story.start({ storeUrl, advertise: `http://127.0.0.1:${port}` });
		await story.start({ storeUrl, advertise: "http://127.0.0.1:1" });
		await talking(story);
		await say(a, "here");
		const sinceMs = performance.now();
		const { nodes } = await shows(a, ["says here"]);
		expect(performance.now() - sinceMs).toBeLessThan(10_000);
		expect(nodes?.map(({ missing }) => missing).sort()).toEqual(
			["no_address", null, "timeout", "unreachable"].sort(),
		);
		const ended = new AbortController();
		const stream = events(a, "", ended.signal);
		expect((await next(stream, "nodes")).nodes.filter(({ missing }) => missing !== null)).toHaveLength(3);
		expect((await next(stream, "line")).line.message).toBe("says here");
		ended.abort();
		hanging.closeAllConnections();
		hanging.close();
	});
});
