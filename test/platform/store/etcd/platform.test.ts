/** A platform whose store is in etcd, in this process: a secret reaches the function, and restarts lose nothing. */
import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupPlatform } from "../../../../src/platform/backup/backup.ts";
import { restorePlatform } from "../../../../src/platform/backup/restore.ts";
import { ROUTES } from "../../../../src/protocol/routes.ts";
import { statusesOf } from "../../fixtures/client.ts";
import { APP, Story } from "../../fixtures/platform-story.ts";
import { EtcdCluster } from "./cluster.ts";

const FILES = {
	"functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));',
	"functions/mail/index.ts": 'export default () => new Response("mail");',
	"functions/visits/index.ts": `const kv = await Deno.openKv();
export default async () => {
	await kv.atomic().sum(["visits"], 1n).commit();
	return new Response(String((await kv.get(["visits"])).value));
};`,
};

/** The only platform on the store has Deno KV. */
const ALONE = { isAlone: true };

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe("a platform with its store in etcd", () => {
	test("a changed secret restarts exactly the function that reads it, and a restart keeps everything", async () => {
		await using story = new Story();
		const storeUrl = cluster.url("/main");
		await story.start(undefined, { storeUrl, storeAccess: ALONE });
		await story.send("PAY_KEY", 1, "first");
		const deployed = { pay: "deployed", mail: "deployed", visits: "deployed" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(deployed);
		expect(await story.body("pay")).toBe("first");
		const before = await story.pids();
		await story.send("PAY_KEY", 2, "second");
		expect(await story.body("pay")).toBe("second");
		expect((await story.pids())["mail"]).toBe(before["mail"]);
		const status = await (await story.client.call(ROUTES.status, {})).json();
		expect(status).toMatchObject({ store: { kind: "etcd", reachable: true }, nodes: [{ self: true }] });
		expect(await story.body("visits")).toBe("1");
		await story.platform.close();
		await story.start(undefined, { storeUrl, storeAccess: ALONE });
		expect(await story.body("pay")).toBe("second");
		expect(await story.body("visits")).toBe("2");
		const unchanged = { pay: "unchanged", mail: "unchanged", visits: "unchanged" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(unchanged);
	});

	test("can keep blobs in a directory, and none of them in etcd", async () => {
		await using story = new Story();
		const blobs = join(story.data, "../blobs-elsewhere");
		const [prefix, storeAccess] = ["/blobs", { blobs }];
		await story.start(undefined, { storeUrl: cluster.url(prefix), storeAccess });
		await story.send("PAY_KEY", 1, "first");
		await story.client.deploy(APP, FILES);
		expect(await story.body("pay")).toBe("first");
		expect((await readdir(join(blobs, "blobs"), { recursive: true })).length).toBeGreaterThan(3);
		const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
		const keys = execFileSync(
			"etcdctl",
			["--endpoints", `${host}:${port}`, "get", prefix, "--prefix", "--keys-only"],
			{
				env: { ...process.env, ETCDCTL_API: "3" },
				encoding: "utf8",
			},
		);
		expect(keys).toContain(`${prefix}/entries/`);
		expect(keys).not.toContain(`${prefix}/blob`);
	});

	test("is backed up while it runs, and starts again on a copy under another prefix", async () => {
		await using story = new Story();
		const [from, to] = [cluster.url("/from"), cluster.url("/to")];
		await story.start(undefined, { storeUrl: from, storeAccess: ALONE });
		await story.send("PAY_KEY", 1, "first");
		await story.client.deploy(APP, FILES);
		expect(await story.body("visits")).toBe("1");
		const [backup, data] = ["backup", "copy"].map((name) => join(story.data, "..", name)) as [string, string];
		const source = { dataDirectory: story.data, store: { url: from }, version: "0", nowMs: 0 };
		expect(await backupPlatform({ ...source, target: backup })).toMatchObject({ apps: 1, functions: 3 });
		expect(await story.body("visits")).toBe("2");
		await story.platform.close();
		await restorePlatform({ backup, dataDirectory: data, store: { url: to } });
		await story.start(undefined, { storeUrl: to, storeAccess: ALONE, dataDirectory: data });
		expect(await story.body("pay")).toBe("first");
		expect(await story.body("visits")).toBe("2");
		const unchanged = { pay: "unchanged", mail: "unchanged", visits: "unchanged" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(unchanged);
		await story.send("PAY_KEY", 2, "second");
		expect(await story.body("pay")).toBe("second");
	});

	test("is the only one that uses the store, and its data directory", async () => {
		await using first = new Story();
		await using second = new Story();
		const storeUrl = cluster.url("/alone");
		await first.start(undefined, { storeUrl, storeAccess: ALONE });
		await expect(second.start(undefined, { storeUrl, storeAccess: ALONE })).rejects.toMatchObject({
			code: "STORE_IN_USE",
			exit: 1,
		});
		const here = { storeUrl: cluster.url("/other"), dataDirectory: first.data };
		await expect(second.start(undefined, here)).rejects.toMatchObject({ code: "DATA_DIR_IN_USE", exit: 1 });
		await first.platform.close();
		// Nobody uses it any more, but it belongs to another identity.
		await expect(second.start(undefined, { storeUrl, storeAccess: ALONE })).rejects.toMatchObject({
			code: "EVENT_FORGED",
			exit: 7,
		});
	});
});
