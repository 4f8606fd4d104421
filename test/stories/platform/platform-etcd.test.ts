/** The program with its store in etcd: users, passwords, and a platform that is killed. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import { EtcdCluster } from "../../platform/store/etcd/cluster.ts";
import { link, Platform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

const PASSWORD = "cAnary-etcd-password";

let cluster: EtcdCluster;
let project: Project;
let platform: Platform;
beforeAll(async () => {
	[cluster, project] = await Promise.all([EtcdCluster.start(), newProject()]);
	const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
	for (const words of [
		["user", "add", `root:${PASSWORD}-root`],
		["user", "grant-role", "root", "root"],
		["user", "add", `coffer:${PASSWORD}`],
		["role", "add", "coffer"],
		["role", "grant-permission", "coffer", "--prefix=true", "readwrite", "/story/"],
		["role", "grant-permission", "coffer", "--prefix=true", "readwrite", "/restored/"],
		["user", "grant-role", "coffer", "coffer"],
		["auth", "enable"],
	])
		execFileSync("etcdctl", ["--endpoints", `${host}:${port}`, ...words], {
			env: { ...process.env, ETCDCTL_API: "3" },
			stdio: ["ignore", "ignore", "pipe"],
		});
	const file = join(project.machine, "password");
	writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
	const flags = ["--store", cluster.url("/story"), "--store-user", "coffer"];
	platform = new Platform({ COFFER_STORE_PASSWORD_FILE: file }, flags);
	await platform.start();
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
	await cluster?.[Symbol.asyncDispose]();
});

test("a secret reaches the function, and SQLite is not loaded", async () => {
	project.write("functions/one.ts", 'Deno.serve(() => new Response("one " + Deno.env.get("ONE")));');
	await project.ok(["secrets", "set", "ONE=1"]);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
	expect((await platform.call("one")).text).toBe("one 1");
	await project.ok(["secrets", "set", "ONE=2"]);
	expect((await platform.call("one")).text).toBe("one 2");
	expect(readFileSync(`/proc/${platform.pid}/maps`, "utf8")).not.toMatch(/libsql|sqlite/i);
});

test("a platform that is killed starts again at once, with everything", async () => {
	await platform.kill();
	await platform.start();
	expect((await platform.call("one")).text).toBe("one 2");
	await project.ok(["secrets", "set", "ONE=3"]);
	expect((await platform.call("one")).text).toBe("one 3");
	expect(platform.log).not.toContain(PASSWORD);
});

test("the running platform is backed up, and the backup fills another prefix", async () => {
	const [backup, data] = ["backup", "restored"].map((name) => join(platform.folder, name)) as [
		string,
		string,
	];
	const env = { COFFER_STORE_PASSWORD_FILE: join(project.machine, "password") };
	const from = ["--store", cluster.url("/story"), "--store-user", "coffer", "--json"];
	const made = await project.coffer(["platform", "backup", backup, "--data", platform.data, ...from], {
		env,
	});
	expect(made.json()).toMatchObject({ backup, apps: 1, functions: 1 });
	const url = cluster.url("/restored");
	const to = ["--store", url, "--store-user", "coffer", "--data"];
	const restored = await project.coffer(["platform", "restore", backup, "--json", ...to, data], { env });
	expect(restored.json()).toMatchObject({ data, store: url, apps: 1, functions: 1 });
	const again = await project.coffer(["platform", "restore", backup, ...to, `${data}-2`], { env });
	expect(again.status).toBe(5);
	expect(again.stderr).toContain("etcd has a store already under /restored/");
	expect(JSON.stringify([made, restored, again])).not.toContain(PASSWORD);
});

test("a wrong flag is refused before anything starts", async () => {
	const start = async (...flags: string[]) =>
		(
			await project.coffer(["platform", "start", "--data", join(project.machine, "none"), ...flags, "--json"])
		).error();
	const url = cluster.url("/story");
	expect(await start("--store", url, "--store-user", "coffer")).toMatchObject({
		code: "STORE_PASSWORD_MISSING",
	});
	expect(await start("--store", url.replace("://", "://coffer:hunter2@"))).toMatchObject({
		code: "STORE_URL_INVALID",
	});
	expect(await start("--store-user", "coffer")).toMatchObject({ code: "STORE_FLAG_UNUSED" });
});

test("the library for etcd is loaded only for a store in etcd", async () => {
	const [hook, list, data] = ["hook.cjs", "loaded", "plain"].map((name) => join(project.machine, name)) as [
		string,
		string,
		string,
	];
	const code = `require("node:fs").writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join());`;
	writeFileSync(hook, `process.on("exit", () => { ${code} });`);
	await (await openSqliteStore(data))[Symbol.asyncDispose]();
	const loaded = async (name: string, from: string, ...flags: string[]) => {
		const env = {
			NODE_OPTIONS: `--require ${hook}`,
			COFFER_STORE_PASSWORD_FILE: join(project.machine, "password"),
		};
		const backup = ["platform", "backup", join(platform.folder, name), "--data", from, ...flags];
		expect((await project.start(backup, { env }).ended).stderr).toBe("");
		return readFileSync(list, "utf8").includes("vendor/grpc");
	};
	expect(await loaded("from-plain", data)).toBe(false);
	const store = ["--store", cluster.url("/story"), "--store-user", "coffer"];
	expect(await loaded("from-etcd", platform.data, ...store)).toBe(true);
});
