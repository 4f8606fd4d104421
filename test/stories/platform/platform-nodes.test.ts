/** Two nodes of a platform, as real programs: commands show how the nodes follow, and what a killed node still serves. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test, vi } from "vitest";
import { EtcdCluster } from "../../platform/store/etcd/cluster.ts";
import { link, Platform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

const FUNCTIONS = {
	"functions/one.ts":
		'Deno.serve((request) => { console.log(new URL(request.url).search); return new Response("one " + Deno.env.get("ONE")); });',
};
const WAIT = { timeout: 60_000, interval: 300 };
const FOLLOWS = /node [0-9a-f]{8} follows/g;

let cluster: EtcdCluster;
let project: Project;
let a: Platform;
let b: Platform;
beforeAll(async () => {
	[cluster, project] = await Promise.all([EtcdCluster.start(), newProject()]);
	const flags = ["--store", cluster.url("/nodes"), "--advertise", "http://127.0.0.1:0"];
	[a, b] = [new Platform({}, flags), new Platform({}, flags)];
	await a.start();
	copyFileSync(join(a.folder, "identity"), join(b.folder, "identity"));
	await b.start();
	project.writeAll(FUNCTIONS);
	await project.ok(["secrets", "set", "ONE=1"]);
	await link(project, a);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await Promise.all([a?.[Symbol.asyncDispose](), b?.[Symbol.asyncDispose]()]);
	await cluster?.[Symbol.asyncDispose]();
});

// A node that hangs tells the cause only in its log, which ends with the test file.
beforeEach(() => onTestFailed(() => console.error([a, b].map(({ report }) => report).join("\n"))));

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

test("a deletion ends when both nodes have followed, and says so", async () => {
	project.write("functions/two.ts", 'Deno.serve(() => new Response("two"));');
	await project.ok(["functions", "deploy"]);
	const deleted = await project.ok(["functions", "delete", "two"]);
	expect(deleted.stderr.match(FOLLOWS)).toHaveLength(2);
	for (const node of [a, b]) expect((await node.call("two")).status).toBe(404);
	await project.ok(["functions", "deploy"]);
	const unseen = await project.ok(["functions", "delete", "two", "--no-wait"]);
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

test("the status says why a store is refused that has lost its seal, and that it is used again", async () => {
	const key = "/nodes/seal";
	const seal = await cluster.etcdctl("get", "--print-value-only", key);
	await cluster.etcdctl("del", key);
	await vi.waitFor(async () => {
		const { stderr } = await project.ok(["platform", "status"]);
		expect(stderr).toContain("STORE_ALTERED: The store has changed");
	}, WAIT);
	const refused = await project.start(["secrets", "set", "ONE=3"]).ended;
	expect(refused.stderr).toContain("The store has changed");
	for (const node of [a, b]) expect((await node.call("one")).text).toBe("one 3");
	await cluster.etcdctl("put", "--", key, seal.trim());
	await vi.waitFor(async () => {
		const { stderr } = await project.ok(["platform", "status"]);
		expect(stderr).not.toContain("STORE_ALTERED");
	}, WAIT);
	await project.ok(["sync"]);
});

test("the logs show the lines of both nodes by time, each with the name of its node", async () => {
	// Lines arrive through a pipe, later than the responses, and get their time then.
	const logged = async (...messages: string[]) =>
		await vi.waitFor(async () => {
			const { lines } = await project.data(["functions", "logs", "one", "--limit", String(messages.length)]);
			expect(lines.map(({ message }: { message: string }) => message)).toEqual(messages);
		});
	await a.call("one?on-a");
	await logged("?on-a");
	await b.call("one?on-b");
	await logged("?on-a", "?on-b");
	const marked = /^([0-9a-f]{8}) {2}.* info {2}\?on-a\n([0-9a-f]{8}) {2}.* info {2}\?on-b\n$/;
	const { stderr, stdout } = await project.ok(["functions", "logs", "one", "--limit", "2"]);
	const [, first, second] = marked.exec(stdout) ?? [];
	expect(stdout).toMatch(marked);
	expect([first === second, stderr]).toEqual([false, ""]);
	// Gateways report requests a few times a second.
	await vi.waitFor(async () => {
		const requests = await project.ok(["functions", "logs", "--requests", "--limit", "2"]);
		expect(requests.stdout).toMatch(new RegExp(`^${first}  .*\n${second}  .*\n$`));
	});
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

test("--follow shows new lines of both nodes, names a node that was killed, and follows it again", async () => {
	const following = project.start(["functions", "logs", "one", "--follow", "--limit", "0"]);
	const shown = async (node: Platform, word: string) => {
		await node.call(`one?${word}`);
		await following.stdout.next(new RegExp(`^[0-9a-f]{8} {2}.* info {2}\\?${word}$`));
	};
	// The answer begins with the next line, so this one may come before it.
	await vi.waitFor(async () => {
		await a.call("one?begin");
		expect(following.stdout.text).toContain("?begin");
	});
	await shown(b, "first-on-b");
	await shown(a, "first-on-a");
	await b.kill();
	await following.stderr.next(/^Warning: The lines of node [0-9a-f]{8} are missing: /);
	await shown(a, "second-on-a");
	await b.start();
	await shown(b, "second-on-b");
	await following.stderr.next(/^Warning: The lines of node [0-9a-f]{8} are shown again\.$/);
	following.signal("SIGINT");
	const { status, stdout } = await following.ended;
	expect(status).toBe(0);
	for (const word of ["first-on-b", "first-on-a", "second-on-a", "second-on-b"])
		expect(stdout.split(`?${word}\n`)).toHaveLength(2);
});
