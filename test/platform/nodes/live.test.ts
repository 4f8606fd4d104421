/** What is live where: figures, functions and changes on several nodes. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type AppEventMessage, type Figures, figuresSchema } from "../../../src/protocol/console.ts";
import { type AppNodes, appNodesSchema } from "../../../src/protocol/function-list.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "./node-story.ts";

const FILES = {
	"functions/pay/index.ts":
		'if (Deno.env.get("A") === "bad") throw new Error("the key is refused"); Deno.serve((request) => new Response(Deno.env.get("A"), { status: request.url.endsWith("fail") ? 500 : 200 }));',
};

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
}, 30_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

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

const nameOf = async (node: TestNode) => (await node.status()).nodes.find(({ self }) => self)?.node ?? "";

/** Two nodes with a function that both have called. */
async function paying(prefix: string): Promise<{ story: NodeStory; a: TestNode; b: TestNode }> {
	const story = new NodeStory();
	const storeUrl = cluster.url(prefix);
	const [a, b] = [await story.start({ storeUrl }), await story.start({ storeUrl })];
	await story.send(a, [["A", 1, "a1"]]);
	await a.client.deploy(APP, FILES, false, WAIT_FOR_NODES);
	for (const node of [a, b]) expect((await node.call("pay")).text).toBe("a1");
	return { story, a, b };
}

describe("two nodes", () => {
	test("add their figures, and name a third that does not answer", async () => {
		const { a, b, story } = await paying("/figures");
		await using _ = story;
		for (const path of ["pay", "pay/fail", "pay"]) await b.call(path);
		const [own, other] = [await nameOf(a), await nameOf(b)];
		const sum = await vi.waitFor(async () => {
			const found = await figures(a, "?function=pay&step=86400000");
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
		await story.start({ storeUrl: cluster.url("/figures"), advertise: "http://127.0.0.1:1" });
		const partly = await vi.waitFor(async () => {
			const found = await figures(a, "?function=pay&step=86400000");
			expect(found.nodes).toHaveLength(3);
			return found;
		});
		expect(partly.nodes?.filter(({ missing }) => missing !== null)).toMatchObject([
			{ missing: "unreachable" },
		]);
		expect(partly.functions[0]?.points).toMatchObject([{ requests: 5, errors: 1 }]);
	});

	test("show the version, the secrets and the state of a function on each of them", async () => {
		const { a, b, story } = await paying("/where");
		await using _ = story;
		const found = await nodesOf(a, "?function=pay");
		const [deployed] = await a.client.functions(APP);
		expect(found.map(({ node, phase, self }) => ({ node, phase, self }))).toEqual(
			[await nameOf(a), await nameOf(b)]
				.map((node, index) => ({ node, phase: "followed", self: index === 0 }))
				.sort((one, other) => (one.node < other.node ? -1 : 1)),
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
		const { a, b, story } = await paying("/goes");
		await using _ = story;
		const [own, other] = [await nameOf(a), await nameOf(b)];
		const seen: AppEventMessage[] = [];
		const end = await watch(b, seen);
		await vi.waitFor(() =>
			expect([phasesOf(seen, own), phasesOf(seen, other)]).toEqual([["followed"], ["followed"]]),
		);
		await story.send(a, [["A", 2, "a2"]]);
		await vi.waitFor(() => {
			expect(phasesOf(seen, own).slice(1, 2)).toEqual(["trying"]);
			expect([phasesOf(seen, own).at(-1), phasesOf(seen, other).at(-1)]).toEqual(["followed", "followed"]);
		});
		expect(seen.filter(({ type }) => type === "change")).toMatchObject([{ planned: ["pay"] }]);
		await b.platform.close();
		end();
	});

	test("both say that a function failed on the node that tried the change, and why", async () => {
		const { a, b, story } = await paying("/fails");
		await using _ = story;
		const seen: AppEventMessage[][] = [[], []];
		const ends = [await watch(a, seen[0] ?? []), await watch(b, seen[1] ?? [])];
		await story.send(a, [["A", 2, "bad"]]);
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
			{ state: "live", revision: 1 },
			{ state: "live", revision: 1 },
		]);
		expect(here.filter((each) => each?.error !== undefined)).toHaveLength(1);
		for (const end of ends) end();
	});

	test("show that one is gone", async () => {
		const { a, b, story } = await paying("/gone");
		await using _ = story;
		const seen: AppEventMessage[] = [];
		const end = await watch(a, seen);
		const other = await nameOf(b);
		await b.platform.close();
		await vi.waitFor(() => expect(phasesOf(seen, other).at(-1)).toBe("gone"));
		expect(await nodesOf(a)).toHaveLength(1);
		end();
	});
});
