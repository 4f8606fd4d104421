/** A platform whose store is in etcd, in this process: a secret reaches the function, and restarts lose nothing. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusesOf } from "../../client-fixture.ts";
import { APP, Story } from "../../platform-story.ts";
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

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
}, 30_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe("a platform with its store in etcd", () => {
	test("a changed secret restarts exactly the function that reads it, and a restart keeps everything", async () => {
		await using story = new Story();
		const storeUrl = cluster.url("/main");
		await story.start(undefined, { storeUrl });
		await story.send("PAY_KEY", 1, "first");
		const deployed = { pay: "deployed", mail: "deployed", visits: "deployed" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(deployed);
		expect(await story.body("pay")).toBe("first");
		const before = await story.pids();
		await story.send("PAY_KEY", 2, "second");
		expect(await story.body("pay")).toBe("second");
		expect((await story.pids())["mail"]).toBe(before["mail"]);
		expect(await story.body("visits")).toBe("1");
		await story.platform.close();
		await story.start(undefined, { storeUrl });
		expect(await story.body("pay")).toBe("second");
		expect(await story.body("visits")).toBe("2");
		const unchanged = { pay: "unchanged", mail: "unchanged", visits: "unchanged" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(unchanged);
	});

	test("is the only one that uses the store, and its data directory", async () => {
		await using first = new Story();
		await using second = new Story();
		const storeUrl = cluster.url("/alone");
		await first.start(undefined, { storeUrl });
		await expect(second.start(undefined, { storeUrl })).rejects.toMatchObject({
			code: "STORE_IN_USE",
			exit: 1,
		});
		const here = { storeUrl: cluster.url("/other"), dataDirectory: first.data };
		await expect(second.start(undefined, here)).rejects.toMatchObject({ code: "DATA_DIR_IN_USE", exit: 1 });
		await first.platform.close();
		// Nobody uses it any more, but it belongs to another identity.
		await expect(second.start(undefined, { storeUrl })).rejects.toMatchObject({
			code: "EVENT_FORGED",
			exit: 7,
		});
	});
});
