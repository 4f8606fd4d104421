/** A platform moves from its data directory to etcd and back. A migration that is killed leaves no store. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EtcdCluster } from "../../platform/store/etcd/cluster.ts";
import { link, Platform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

const FUNCTIONS = {
	"functions/one.ts":
		'console.log("one is up"); Deno.serve(() => new Response("one " + Deno.env.get("ONE")));',
	"functions/visits.ts": `const kv = await Deno.openKv();
export default async () => {
	await kv.atomic().sum(["visits"], 1n).commit();
	return new Response("visit " + (await kv.get(["visits"])).value);
};
`,
};

let cluster: EtcdCluster;
let project: Project;
let platform: Platform;
beforeAll(async () => {
	[cluster, project] = await Promise.all([EtcdCluster.start(), newProject()]);
	platform = new Platform();
	await platform.start();
	project.writeAll(FUNCTIONS);
	await project.ok(["secrets", "set", "ONE=1"]);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
	expect((await platform.call("one")).text).toBe("one 1");
	expect((await platform.call("visits")).text).toBe("visit 1");
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.stop();
	await platform?.[Symbol.asyncDispose]();
	await cluster?.[Symbol.asyncDispose]();
});

const beside = (name: string) => join(platform.folder, name);
const migrate = (...flags: string[]) => ["platform", "migrate", ...flags];

/** Replaces the largest blob of the first platform by a pipe, at which a migration waits. @returns a function that undoes it */
function block(): { path: string; undo: () => void } {
	const folder = join(platform.data, "blobs");
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
	const [path = ""] = files
		.filter((file) => statSync(file).isFile())
		.sort((a, b) => statSync(b).size - statSync(a).size);
	const bytes = readFileSync(path);
	rmSync(path);
	execFileSync("mkfifo", [path]);
	return {
		path,
		undo: () => {
			rmSync(path);
			writeFileSync(path, bytes, { mode: 0o600 });
		},
	};
}

/** Kills a migration of the first platform while it copies a blob. */
async function killMigration(...to: string[]): Promise<void> {
	const { path, undo } = block();
	const running = project.start(migrate("--from", platform.data, ...to));
	// Linux opens a pipe for both at once, so an early end of the migration does not leave this waiting.
	void running.ended.then(async () => await (await open(path, "r+")).close()).catch(() => undefined);
	const handle = await open(path, "w");
	running.signal("SIGKILL");
	expect((await running.ended).signal).toBe("SIGKILL");
	await handle.close();
	undo();
}

async function startRefused(...flags: string[]) {
	const place = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
	const identity = ["--identity-file", join(platform.folder, "identity")];
	return (await project.coffer(["platform", "start", ...flags, ...place, ...identity, "--json"])).error();
}

/** Checks that a platform serves what the first one did. @param visits how often the function was called */
async function expectEverything(visits: number): Promise<void> {
	expect((await platform.call("one")).text).toBe("one 1");
	expect((await platform.call("visits")).text).toBe(`visit ${visits}`);
	const { functions } = await project.data(["functions", "deploy"]);
	expect(functions.map(({ status }: { status: string }) => status)).toEqual(["unchanged", "unchanged"]);
	expect((await project.ok(["functions", "logs", "one"])).stdout).toContain("one is up");
}

// Each test of this file continues where the one before it ended.
test("a platform that runs is not moved, nor one whose functions still run", async () => {
	const to = ["--to", cluster.url("/moved"), "--to-data", beside("moved")];
	const running = await project.coffer([...migrate("--from", platform.data, ...to), "--json"]);
	expect([running.status, running.error().code]).toEqual([1, "DATA_DIR_IN_USE"]);
	await platform.kill();
	const left = await project.coffer([...migrate("--from", platform.data, ...to), "--json"]);
	expect([left.status, left.error().code]).toEqual([5, "FUNCTIONS_RUNNING"]);
	const [, command = ""] = left.error().hint.split("coffer ");
	await project.ok(command.split(" "));
	expect(existsSync(beside("moved"))).toBe(false);
});

test("a migration to etcd that is killed leaves no store, and is done again as the errors say", async () => {
	const url = cluster.url("/killed");
	const to = (data: string) => ["--to", url, "--to-data", data];
	await killMigration(...to(beside("killed")));
	const again = migrate("--from", platform.data, ...to(beside("killed-2")));
	const [started, directory, repeated] = [
		await startRefused("--data", beside("other"), "--store", url),
		await startRefused("--data", beside("killed")),
		(await project.coffer([...again, "--json"])).error(),
	];
	for (const { code, exit } of [started, directory, repeated])
		expect([code, exit]).toEqual(["STORE_INCOMPLETE", 5]);
	const [, remove = ""] = /(etcdctl .*?)\)/.exec(repeated.hint) ?? [];
	const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
	execFileSync("etcdctl", ["--endpoints", `${host}:${port}`, ...remove.split(" ").slice(1)], {
		env: { ...process.env, ETCDCTL_API: "3" },
	});
	expect(await project.data(again)).toMatchObject({
		data: beside("killed-2"),
		store: url,
		apps: 1,
		functions: 2,
	});
});

test("a migration to a directory that is killed leaves no store, and is done again as the error says", async () => {
	const to = ["--to", beside("copy")];
	await killMigration(...to);
	expect(existsSync(join(beside("copy"), "store.db"))).toBe(false);
	const again = migrate("--from", platform.data, ...to);
	for (const refused of [
		await startRefused("--data", beside("copy")),
		(await project.coffer([...again, "--json"])).error(),
		(await project.coffer(["platform", "backup", beside("b"), "--data", beside("copy"), "--json"])).error(),
	]) {
		expect([refused.code, refused.exit]).toEqual(["STORE_INCOMPLETE", 5]);
		expect(refused.hint).toContain("remove the directory");
	}
	rmSync(beside("copy"), { recursive: true });
	await project.ok(again);
	expect(existsSync(join(beside("copy"), "store.db"))).toBe(true);
});

test("a platform on etcd has everything, and so has one on a directory again", async () => {
	const url = cluster.url("/moved");
	const moved = await project.ok(migrate("--from", platform.data, "--to", url, "--to-data", beside("moved")));
	expect(moved.stdout).toContain("with 1 Deno KV store and ");
	expect(moved.stdout).toContain(`--store ${url} --single-node`);
	await platform.start(beside("moved"), ["--store", url, "--single-node"]);
	await expectEverything(2);
	await platform.stop();
	await project.ok(migrate("--from", url, "--from-data", beside("moved"), "--to", beside("back")));
	await platform.start(beside("back"));
	await expectEverything(3);
	await project.ok(["secrets", "set", "ONE=2"]);
	expect((await platform.call("one")).text).toBe("one 2");
});
