/** The console of a platform with two nodes: what is live where, and a change that goes from one to the other. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlatformStatus } from "../../../src/protocol/nodes.ts";
import { APP, NodeStory, type TestNode, WAIT_FOR_NODES } from "../../platform/nodes/node-story.ts";
import { EtcdCluster } from "../../platform/store/etcd/cluster.ts";
import { FILES, PATIENTLY, show, signIn, useBrowser } from "./fixture.ts";

useBrowser();

/** Two functions are enough here: one takes a moment to start, the other refuses a value. */
const CODE = {
	"functions/slow/index.ts":
		'if (Deno.env.get("PAY_KEY") === "better") await new Promise((done) => setTimeout(done, 1_500)); Deno.serve(() => new Response());',
	"functions/strict/index.ts": FILES["functions/strict/index.ts"],
};

let cluster: EtcdCluster;
let story: NodeStory;
let here: TestNode;
let other: TestNode;
/** The first characters of the nodes' names. */
let names: { readonly here: string; readonly other: string };

beforeAll(async () => {
	cluster = await EtcdCluster.start();
	story = new NodeStory();
	const storeUrl = cluster.url("/console");
	here = await story.start({ storeUrl });
	other = await story.start({ storeUrl });
	await story.send(here, [
		["PAY_KEY", 1, "good"],
		["STRICT_KEY", 1, "good"],
	]);
	await here.client.deploy(APP, CODE, false, WAIT_FOR_NODES);
	for (const node of story.nodes) for (const name of ["slow", "strict"]) await node.call(name);
	const { nodes } = await here.status();
	const nameOf = (self: boolean) => nodes.find((node) => node.self === self)?.node.slice(0, 8) ?? "";
	names = { here: nameOf(true), other: nameOf(false) };
});
afterAll(async () => {
	await story[Symbol.asyncDispose]();
	await cluster?.[Symbol.asyncDispose]();
});

async function violations(page: Page): Promise<string[]> {
	await page.evaluate(axe.source);
	const { violations: found } = (await page.evaluate("axe.run(document)")) as axe.AxeResults;
	return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

describe("with two nodes", () => {
	test("a change is shown as it goes from the node that tries it to the other one", async () => {
		const page = await signIn({}, here.client, here);
		const nodes = page.getByRole("list", { name: "Nodes" });
		const at = (name: string) => nodes.getByRole("listitem").filter({ hasText: name });
		await at(names.other).getByText("Up to date").waitFor();
		await page.evaluate(
			`seen = new Set(); new MutationObserver(() => {
				for (const each of document.querySelectorAll(".rollout-nodes li")) seen.add(each.textContent);
			}).observe(document.body, { subtree: true, childList: true, characterData: true })`,
		);
		await story.send(other, [["PAY_KEY", 2, "better"]]);
		await page.locator(".rollout-counts").getByText("1 done").waitFor();
		for (const name of [names.here, names.other]) await at(name).getByText("Up to date").waitFor();
		expect(await page.evaluate("[...seen]")).toEqual(
			expect.arrayContaining([
				`${names.other} Tries the change first`,
				`${names.here} Waits for the node that tries it`,
			]),
		);
	});

	test("a function that failed on the other node says so, and why, and the page is one that axe likes", async () => {
		await story.send(other, [["STRICT_KEY", 2, "bad"]]);
		const page = await signIn({ width: 360, colorScheme: "dark" }, here.client, here);
		await page.getByRole("button", { name: "1 failed" }).waitFor();
		await show(page, `#/apps/${APP}/functions/strict`);
		const row = (name: string) => page.getByRole("row").filter({ hasText: name });
		await row(names.here).getByText("answers this page").waitFor();
		await row(names.here).getByText("Up to date").waitFor();
		await row(names.other).getByText("Last start failed").waitFor();
		// The page says why, and the row of the node does not repeat it.
		await page.getByRole("group", { name: "Error" }).getByText("the key is refused").waitFor();
		expect(await page.getByRole("group", { name: "Error" }).count()).toBe(1);
		// Each node passed on one request, and both lines have the name of their node.
		await page.getByText("2 requests in the last 24 hours").waitFor();
		const requests = page.getByRole("log", { name: "Requests" });
		const lines = () => requests.locator(".log-node").allTextContents();
		await expect
			.poll(async () => (await lines()).map((text) => text.trim()).sort(), PATIENTLY)
			.toEqual([names.here, names.other].sort());
		expect(await violations(page)).toEqual([]);
		await show(page, "#/platform");
		await row(names.other).getByText("Up to date").waitFor();
		await page.getByText("No backup of this platform is recorded").waitFor();
		expect(await violations(page)).toEqual([]);
	});

	test("what is missing or at fault is named: a node that does not answer, a store that has changed", async () => {
		const page = await signIn({}, here.client, here);
		const json = { nodes: [{ node: "lost".repeat(3), missing: "timeout" }] };
		await page.route("**/figures?*", async (route) => {
			const answer = await route.fetch();
			await route.fulfill({ json: { ...(await answer.json()), ...json } });
		});
		await show(page, `#/apps/${APP}/functions`);
		await page
			.getByText("The figures of these nodes are missing: lostlost (it did not answer in time)")
			.waitFor();
		await page.route("**/v1/status", async (route) => {
			const status = (await (await route.fetch()).json()) as PlatformStatus;
			const fault = { code: "STORE_ALTERED", message: "The store has changed.", hint: "Restore it." };
			await route.fulfill({ json: { ...status, store: { ...status.store, fault } } });
		});
		await show(page, "#/platform");
		await page.getByText("The store has changed. (STORE_ALTERED)").waitFor();
	});
});
