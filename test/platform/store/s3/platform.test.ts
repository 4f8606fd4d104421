/** A platform whose blobs are in a bucket: it deploys, starts again, is backed up, and moves to another kind of store. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { backupPlatform } from "../../../../src/platform/backup/backup.ts";
import { readSide } from "../../../../src/platform/configuration/store-sides.ts";
import { migratePlatform } from "../../../../src/platform/migrate.ts";
import { statusesOf } from "../../fixtures/client.ts";
import { APP, Story } from "../../fixtures/platform-story.ts";
import { EtcdCluster } from "../etcd/cluster.ts";
import { CREDENTIALS, S3Server } from "./s3-server.ts";

const FILES = {
	"functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));',
	"functions/mail/index.ts": 'export default () => new Response("mail");',
};
const DEPLOYED = { pay: "deployed", mail: "deployed" };
const UNCHANGED = { pay: "unchanged", mail: "unchanged" };

let cluster: EtcdCluster;
let server: S3Server;
beforeAll(async () => {
	[cluster, server] = await Promise.all([EtcdCluster.start(), S3Server.start()]);
});
beforeEach(() => {
	vi.stubEnv("AWS_ACCESS_KEY_ID", CREDENTIALS.accessKeyId);
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", CREDENTIALS.secretAccessKey);
});
afterEach(() => {
	vi.unstubAllEnvs();
});
afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
	await server?.[Symbol.asyncDispose]();
});

test("has its bundles in the bucket, and starts, is backed up and moves with them", async () => {
	await using story = new Story();
	const [storeUrl, blobs] = [cluster.url("/s3"), server.url("shop")];
	const options = { storeUrl, storeAccess: { blobs } };
	await story.start(undefined, options);
	await story.send("PAY_KEY", 1, "first");
	expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(DEPLOYED);
	expect(await story.body("pay")).toBe("first");
	await story.platform.close();
	await story.start(undefined, options);
	expect(await story.body("pay")).toBe("first");
	expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(UNCHANGED);

	const [backup, moved] = ["backup", "moved"].map((name) => join(story.data, "..", name)) as [string, string];
	const store = { url: storeUrl, access: { blobs } };
	const made = { dataDirectory: story.data, store, target: backup, version: "0", nowMs: 0 };
	expect(await backupPlatform(made)).toMatchObject({ apps: 1, functions: 2 });

	await story.platform.close();
	const from = await readSide("from", { place: storeUrl, data: story.data, blobs }, {});
	expect(await migratePlatform(from, await readSide("to", { place: moved }, {}))).toMatchObject({
		functions: 2,
	});
	await story.start(undefined, { storeUrl: `sqlite:${moved}`, dataDirectory: moved });
	expect(await story.body("pay")).toBe("first");
	expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(UNCHANGED);
	await story.platform.close();

	const [again, bucket] = [cluster.url("/s3-again"), server.url("again")];
	const node = join(story.data, "..", "node");
	const target = await readSide("to", { place: again, data: node, blobs: bucket }, {});
	await migratePlatform(await readSide("from", { place: moved }, {}), target);
	await story.start(undefined, { storeUrl: again, storeAccess: { blobs: bucket }, dataDirectory: node });
	expect(await story.body("pay")).toBe("first");
	await story.platform.close();
});

test("does not start without credentials, or without the bucket", async () => {
	await using story = new Story();
	const start = (blobs: string) =>
		story.start(undefined, { storeUrl: cluster.url("/none"), storeAccess: { blobs } });
	await expect(start(server.url("", "no-such-bucket"))).rejects.toMatchObject({ code: "BLOBS_NO_BUCKET" });
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
	await expect(start(server.url())).rejects.toMatchObject({ code: "BLOBS_CREDENTIALS_MISSING", exit: 2 });
});
