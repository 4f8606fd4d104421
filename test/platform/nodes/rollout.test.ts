/** Which values a node releases for the others, and what it reports as followed. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { App } from "../../../src/platform/apps/app.ts";
import { SYSTEM_CLOCK } from "../../../src/platform/machine/clock.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { type NodeCore, SharedPlatform } from "./node-core.ts";

const APP = "shop";
const STRICT = {
	"functions/strict/index.ts":
		'if (Deno.env.get("A") === "bad") throw new Error("no"); Deno.serve(() => new Response(Deno.env.get("A")));',
};
const WAIT_MS = 300;

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Appends a change, and does not roll it out. @returns the operation */
async function accept(shared: SharedPlatform, app: App, version: number, value: string): Promise<string> {
	const { head } = app.state;
	const content = head.revision === 0 ? { header: shared.vault.header } : {};
	const change = shared.vault.change(APP, head, [shared.vault.record("A", version, value)], content);
	expect(await app.append(change)).toHaveProperty("accepted");
	return change.operation;
}

/** A node on which `strict` runs with a good value. */
async function withStrict(shared: SharedPlatform, clock = SYSTEM_CLOCK): Promise<NodeCore & { app: App }> {
	const node = await shared.open(clock);
	await node.client.createApp(APP, shared.vault);
	const app = node.core.apps.get(APP);
	const first = await accept(shared, app, 1, "good");
	await node.core.functionsOf(app).redeploy(first, () => undefined);
	await node.client.deploy(APP, STRICT);
	return { ...node, app };
}

describe("a rollout", () => {
	test("releases the values that the function was tried with, not earlier ones with which it does not start", async () => {
		const shared = new SharedPlatform(cluster.url("/released"));
		await using node = await withStrict(shared);
		const { app, core } = node;
		const bad = await accept(shared, app, 2, "bad");
		await accept(shared, app, 3, "better");
		const { results } = await core.functionsOf(app).redeploy(bad, () => undefined);
		expect(results).toMatchObject([{ function: "strict", status: "live" }]);
		expect(app.state.recordsFor("strict").get("A")?.version).toBe(3);
	});

	test("that failed leaves the earlier values also to a node that starts after many changes", async () => {
		const shared = new SharedPlatform(cluster.url("/many"));
		await using node = await withStrict(shared);
		const { app, core } = node;
		const redeploy = async (operation: string) =>
			await core.functionsOf(app).redeploy(operation, () => undefined);
		for (let version = 2; version < 20; version++)
			await redeploy(await accept(shared, app, version, `good${version}`));
		await redeploy(await accept(shared, app, 20, "bad"));
		await using other = await shared.open();
		expect(other.core.apps.get(APP).state.recordsFor("strict").get("A")?.version).toBe(19);
	});

	test("releases for a function that did not start before what it has started with, and nothing later", async () => {
		const shared = new SharedPlatform(cluster.url("/first"));
		await using node = await shared.open();
		const { client, core } = node;
		await client.createApp(APP, shared.vault);
		const app = core.apps.get(APP);
		const functions = core.functionsOf(app);
		const redeploy = (operation: string) => functions.redeploy(operation, () => undefined);
		await redeploy(await accept(shared, app, 1, "bad"));
		await client.deploy(APP, STRICT);
		expect(app.state.functions.get("strict")?.error).toContain("no");
		const { runtime } = core;
		const start = runtime.start.bind(runtime);
		runtime.start = async (launch) => {
			const started = await start(launch);
			await accept(shared, app, 3, "bad");
			return started;
		};
		await redeploy(await accept(shared, app, 2, "good"));
		expect(app.state.functions.get("strict")?.error).toBeUndefined();
		expect(app.state.recordsFor("strict").get("A")?.version).toBe(2);
	});

	test("that ends while another node deploys is not undone by the deployment", async () => {
		const shared = new SharedPlatform(cluster.url("/deploying"));
		await using first = await withStrict(shared);
		await using second = await shared.open();
		const { app, core } = first;
		const others = second.core.functionsOf(second.core.apps.get(APP));
		expect(await second.core.instance(APP, "strict")).toBeDefined();
		const { runtime } = core;
		const start = runtime.start.bind(runtime);
		const versions: (string | undefined)[] = [];
		runtime.start = async (launch) => {
			const started = await start(launch);
			versions.push(launch.environment.get("A"));
			if (versions.length > 1) return started;
			// The process is ready, with the values of before.
			const operation = await accept(shared, others.app, 2, "better");
			const { results } = await others.redeploy(operation, () => undefined);
			expect(results).toMatchObject([{ function: "strict", status: "live" }]);
			return started;
		};
		const deployment = app.state.functions.get("strict")?.deployment;
		if (deployment === undefined) throw new Error("It is not deployed.");
		const id = `${deployment.id}2`;
		expect(await core.functionsOf(app).deploy({ ...deployment, id })).toEqual({ status: "live" });
		expect(versions).toEqual(["good", "better"]);
		await others.app.catchUp();
		expect(others.app.state.functions.get("strict")?.deployment.id).toBe(id);
		expect(others.app.state.recordsFor("strict").get("A")?.version).toBe(2);
		expect(others.app.state.isTrialDue("strict")).toBe(false);
	});

	test("is left to other nodes if this one may start nothing", async () => {
		let aheadMs = 0;
		const clock = { ...SYSTEM_CLOCK, monotonicMs: () => performance.now() + aheadMs };
		const shared = new SharedPlatform(cluster.url("/left"));
		await using node = await withStrict(shared, clock);
		const { app, core } = node;
		const operation = await accept(shared, app, 2, "better");
		aheadMs = 600_000;
		const rollout = core.functionsOf(app).redeploy(operation, () => undefined);
		await expect(rollout).rejects.toMatchObject({ code: "NODE_CUT_OFF" });
		expect(app.state.unfinished.has(operation)).toBe(true);
	});
});

test("a process whose start outlasts the time of its node is ended, and serves nothing", async () => {
	let aheadMs = 0;
	const clock = { ...SYSTEM_CLOCK, monotonicMs: () => performance.now() + aheadMs };
	const shared = new SharedPlatform(cluster.url("/outlasts"));
	await using node = await withStrict(shared, clock);
	const { app, core } = node;
	core.functionsOf(app).suspend();
	const { runtime } = core;
	const start = runtime.start.bind(runtime);
	let started: Instance | undefined;
	runtime.start = async (launch) => {
		started = await start(launch);
		aheadMs = 600_000;
		return started;
	};
	await expect(core.instance(APP, "strict")).rejects.toMatchObject({ code: "NODE_CUT_OFF" });
	await started?.exited;
	expect(core.functionsOf(app).presentSupervisor("strict")?.instance).toBeUndefined();
});

describe("a change", () => {
	test("is not followed by a node that has not taken over its functions yet", async () => {
		const shared = new SharedPlatform(cluster.url("/taken"));
		await using first = await withStrict(shared);
		await using second = await shared.open();
		const { app, core } = first;
		const nodes = core.node?.nodes;
		nodes?.follow();
		await vi.waitFor(() => expect(nodes?.presence.list()).toHaveLength(2));
		const statuses = async (timeoutMs: number) => {
			const found: Record<string, string> = {};
			const wanted = { app: APP, revision: app.eventRevision };
			for await (const { node, status } of nodes?.followed(wanted, timeoutMs) ?? []) found[node] = status;
			return found;
		};
		const name = second.core.node?.name ?? "";
		expect(await statuses(WAIT_MS)).toMatchObject({ [name]: "waiting" });
		second.core.node?.nodes.follow();
		expect(await statuses(30_000)).toMatchObject({ [name]: "followed" });
	});

	test("is followed after the trials of this node that are in progress", async () => {
		const shared = new SharedPlatform(cluster.url("/trials"));
		await using node = await withStrict(shared);
		const functions = node.core.functionsOf(node.app);
		const deployment = node.app.state.functions.get("strict")?.deployment;
		if (deployment === undefined) throw new Error("It is not deployed.");
		let isDeployed = false;
		const deploying = functions.deploy({ ...deployment, id: `${deployment.id}2` }).then(() => {
			isDeployed = true;
		});
		const { trials } = await functions.follow();
		expect([trials === undefined, isDeployed]).toEqual([false, false]);
		await trials;
		await deploying;
		expect(await functions.follow()).toEqual({ failed: [], trials: undefined });
	});
});
