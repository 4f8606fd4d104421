/** Two nodes of a platform, as real programs: commands show how the nodes follow, and what a killed node still serves. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EtcdCluster } from "../platform/store/etcd/cluster.ts";
import { link, Platform } from "./support/platform.ts";
import { newProject, type Project } from "./support/project.ts";

const FUNCTIONS = {
	"functions/one.ts": 'Deno.serve(() => new Response("one " + Deno.env.get("ONE")));',
};
const FOLLOWS = /node [0-9a-f]{8} follows/g;

let cluster: EtcdCluster;
let project: Project;
let a: Platform;
let b: Platform;
beforeAll(async () => {
	[cluster, project] = await Promise.all([EtcdCluster.start(), newProject()]);
	const flags = ["--store", cluster.url("/nodes")];
	[a, b] = [new Platform({}, flags), new Platform({}, flags)];
	await a.start();
	copyFileSync(join(a.folder, "identity"), join(b.folder, "identity"));
	await b.start();
	project.writeAll(FUNCTIONS);
	await project.ok(["secrets", "set", "ONE=1"]);
	await link(project, a);
}, 120_000);
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await Promise.all([a?.[Symbol.asyncDispose](), b?.[Symbol.asyncDispose]()]);
	await cluster?.[Symbol.asyncDispose]();
});

// Each test of this file continues where the one before it ended.
test("a deployment and a change end when both nodes have followed, and say so", async () => {
	const deployed = await project.ok(["functions", "deploy"]);
	expect(deployed.stderr.match(FOLLOWS)).toHaveLength(2);
	for (const node of [a, b]) expect((await node.call("one")).text).toBe("one 1");
	const changed = await project.ok(["secrets", "set", "ONE=2"]);
	expect(changed.stderr.match(FOLLOWS)).toHaveLength(2);
	for (const node of [a, b]) expect((await node.call("one")).text).toBe("one 2");
	const unseen = await project.ok(["secrets", "set", "ONE=3", "--no-wait"]);
	expect(unseen.stderr.match(FOLLOWS)).toBeNull();
});

test("the status lists both nodes", async () => {
	const { stdout } = await project.ok(["platform", "status"]);
	expect(stdout).toMatch(/store: etcd, answers in [\d.]+ ms/);
	expect(stdout).toContain(a.control);
	expect(stdout).toContain(b.control);
	const { nodes, silent } = await project.data(["platform", "status"]);
	expect(nodes.map(({ functions }: { functions: object }) => functions)).toEqual([
		{ live: 1, idle: 0, failed: 0 },
		{ live: 1, idle: 0, failed: 0 },
	]);
	expect(silent).toEqual([]);
});

test("a command names a node that was killed, which catches up when it starts again", async () => {
	await b.kill();
	const changed = await project.ok(["secrets", "set", "ONE=4"]);
	expect(changed.stderr).toMatch(/node [0-9a-f]{8} stops, or does not answer/);
	const again = await project.ok(["secrets", "set", "ONE=5"]);
	expect(again.stderr).toMatch(/node [0-9a-f]{8} stops, or does not answer/);
	expect((await a.call("one")).text).toBe("one 5");
	const { nodes, silent } = await project.data(["platform", "status"]);
	expect([nodes.length, silent.length]).toEqual([1, 1]);
	await b.start();
	expect((await b.call("one")).text).toBe("one 5");
	expect((await project.data(["platform", "status"])).silent).toEqual([]);
});
