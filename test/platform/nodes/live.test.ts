/** What is live where: figures, functions and changes on several nodes. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Log, NO_LOG } from "../../../src/platform/faults/log.ts";
import { type AppEventMessage, type Figures, figuresSchema } from "../../../src/protocol/console.ts";
import { type AppNodes, appNodesSchema } from "../../../src/protocol/function-list.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = {
	"functions/pay/index.ts":
		'if (Deno.env.get("A") === "slow") await new Promise((done) => setTimeout(done, 1_500)); if (Deno.env.get("A") === "bad") throw new Error("the key is refused"); Deno.serve((request) => new Response(Deno.env.get("A"), { status: request.url.endsWith("fail") ? 500 : 200 }));',
};

let cluster: EtcdCluster;
let story: NodeStory;
let a: TestNode;
let b: TestNode;
/** The names of the nodes. */
let own: string;
let other: string;
/** What the first node warned of. */
const warned: unknown[] = [];
const LOG = {
	...NO_LOG,
	info: () => {},
	error: () => {},
	warn: (fields: unknown) => warned.push(fields),
} as Log;

const nameOf = async (node: TestNode) => (await node.status()).nodes.find(({ self }) => self)?.node ?? "";

// Two nodes with a function that both have called. Each test goes on from the one before it.
beforeAll(async () => {
	cluster = await EtcdCluster.start();
	story = new NodeStory();
	const storeUrl = cluster.url("/live");
	[a, b] = [await story.start({ storeUrl, log: LOG }), await story.start({ storeUrl })];
	await story.send(a, [["A", 1, "a1"]]);
	await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
	for (const node of [a, b]) expect((await node.call("pay")).text).toBe("a1");
	[own, other] = [await nameOf(a), await nameOf(b)];
});
afterAll(async () => {
	await story[Symbol.asyncDispose]();
	await cluster?.[Symbol.asyncDispose]();
});

async function figures(node: TestNode, query = ""): Promise<Figures> {
	return figuresSchema.parse(
		await (await node.client.call(ROUTES.readFigures, { app: APP }, undefined, query)).json(),
	);
}

async function nodesOf(node: TestNode, query = ""): Promise<AppNodes["nodes"]> {
	const response = await node.client.call(ROUTES.readNodes, { app: APP }, undefined, query);
	return appNodesSchema.parse(await response.json()).nodes;
}

/** Keeps the events of an app as they come. */
async function watch(node: TestNode, seen: AppEventMessage[]): Promise<() => void> {
	const response = await node.client.call(ROUTES.followApp, { app: APP });
	const reader = (response.body as ReadableStream<Uint8Array>)
		.pipeThrough(new TextDecoderStream())
		.getReader();
	void (async () => {
		let text = "";
		for (let read = await reader.read(); !read.done; read = await reader.read()) {
			const blocks = (text + read.value).split("\n\n");
			text = blocks.pop() ?? "";
			for (const block of blocks) if (block.startsWith("data: ")) seen.push(JSON.parse(block.slice(6)));
		}
	})();
	return () => void reader.cancel();
}

/** The phases of a node, one after the other. */
const phasesOf = (seen: readonly AppEventMessage[], name: string) =>
	seen.flatMap((event) => (event.type === "node" && event.node === name ? [event.phase] : []));

describe("two nodes", () => {
	test("show the version, the secrets and the state of a function on each of them", async () => {
		const found = await nodesOf(a, "?function=pay");
		const [deployed] = await a.client.functions(APP);
		expect(found.map(({ node, phase, self }) => ({ node, phase, self }))).toEqual(
			[own, other]
				.map((node, index) => ({ node, phase: "followed", self: index === 0 }))
				.sort((one, next) => (one.node < next.node ? -1 : 1)),
		);
		for (const { functions, missing } of found) {
			expect(missing).toBeNull();
			expect(functions).toEqual([
				{
					...{ function: "pay", state: "live", pid: expect.any(Number) },
					...{ deployment: deployed?.deployment, revision: 1 },
				},
			]);
		}
		expect(new Set(found.map(({ functions }) => functions[0]?.pid)).size).toBe(2);
		expect(await nodesOf(a)).toMatchObject([{ functions: [] }, { functions: [] }]);
		expect((await a.status()).nodes.map(({ apps }) => apps)).toEqual([[], []]);
	});

	test("show a change as it goes from the node that tries it to the other, on each of them", async () => {
		const seen: AppEventMessage[] = [];
		const end = await watch(b, seen);
		await vi.waitFor(() =>
			expect([phasesOf(seen, own), phasesOf(seen, other)]).toEqual([["followed"], ["followed"]]),
		);
		// It starts slowly, so that each of its phases lasts longer than a node takes to show it.
		await story.send(a, [["A", 2, "slow"]]);
		await vi.waitFor(() => {
			expect(phasesOf(seen, own).slice(1, 2)).toEqual(["trying"]);
			expect([phasesOf(seen, own).at(-1), phasesOf(seen, other).at(-1)]).toEqual(["followed", "followed"]);
		});
		expect(seen.filter(({ type }) => type === "change")).toMatchObject([{ planned: ["pay"] }]);
		end();
	});

	test("both say that a function failed on the node that tried the change, and why", async () => {
		const seen: AppEventMessage[][] = [[], []];
		const ends = [await watch(a, seen[0] ?? []), await watch(b, seen[1] ?? [])];
		await story.send(a, [["A", 3, "bad"]]);
		for (const events of seen)
			await vi.waitFor(() => {
				const failed = events.filter((event) => event.type === "function" && event.phase === "failed");
				expect(failed).toMatchObject([
					{ function: "pay", error: expect.stringContaining("the key is refused") },
				]);
			});
		for (const events of seen) expect(events.filter(({ type }) => type === "change")).toHaveLength(1);
		const here = (await nodesOf(b, "?function=pay")).map(({ functions }) => functions[0]);
		expect(here).toMatchObject([
			{ state: "live", revision: 2 },
			{ state: "live", revision: 2 },
		]);
		expect(here.filter((each) => each?.error !== undefined)).toHaveLength(1);
		for (const node of [a, b])
			expect(await node.client.functions(APP)).toMatchObject([
				{ state: "live", error: expect.stringContaining("the key is refused") },
			]);
		for (const end of ends) end();
	});

	test("add their figures, and name a third that does not answer", async () => {
		for (const path of ["pay", "pay/fail", "pay"]) await b.call(path);
		const query = "?function=pay&step=86400000";
		const sum = await vi.waitFor(async () => {
			const found = await figures(a, query);
			expect(found.functions[0]?.points).toMatchObject([{ requests: 5, errors: 1 }]);
			return found;
		});
		expect(sum.nodes).toEqual([own, other].map((node) => ({ node, missing: null })));
		expect(sum.functions[0]?.points[0]?.p50Ms).toBeGreaterThan(0);
		// Memory is read later; which node has read it already does not matter here.
		expect(sum.functions[0]?.memory).toBeDefined();
		const list = await figures(b);
		expect(list.functions).toMatchObject([{ function: "pay", points: expect.anything() }]);
		expect(list.functions[0]?.memory).toBeUndefined();
		await story.start({ storeUrl: cluster.url("/live"), advertise: "http://127.0.0.1:1" });
		const partly = await vi.waitFor(async () => {
			const found = await figures(a, query);
			expect(found.nodes).toHaveLength(3);
			return found;
		});
		const missing = partly.nodes?.filter((node) => node.missing !== null);
		expect(missing).toMatchObject([{ missing: "unreachable" }]);
		expect(partly.functions[0]?.points).toMatchObject([{ requests: 5, errors: 1 }]);
		await figures(a, query);
		// A page that asks again and again does not fill the log.
		expect(warned.filter((each) => JSON.stringify(each).includes('"what":"figures"'))).toHaveLength(1);
	});

	test("show that one is gone", async () => {
		const seen: AppEventMessage[] = [];
		const end = await watch(a, seen);
		await b.platform.close();
		await vi.waitFor(() => expect(phasesOf(seen, other).at(-1)).toBe("gone"));
		expect((await nodesOf(a)).map(({ node }) => node)).not.toContain(other);
		end();
	});
});
