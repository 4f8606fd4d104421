/** The Deno KV store of an app on a whole platform: after a restart, in a backup, and after the app. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { backupPlatform } from "../../../src/platform/backup/backup.ts";
import { restorePlatform } from "../../../src/platform/backup/restore.ts";
import type { PlatformConfig } from "../../../src/platform/configuration/config.ts";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { startPlatform } from "../../../src/platform/server.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { TestClient } from "../fixtures/client.ts";
import { testPlace } from "../fixtures/core.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

const COUNTER = `const kv = await Deno.openKv();
export default async () => {
	await kv.atomic().sum(["visits"], 1n).commit();
	return new Response(String((await kv.get(["visits"])).value));
};`;
const READER = `export default async () => {
	using kv = await Deno.openKv();
	return new Response(String((await kv.get(["visits"])).value));
};`;

test("functions of an app share a KV store, which survives restarts and a restore, and is deleted with the app", async () => {
	using place = testPlace();
	const identity = newTestIdentity();
	const vault = new TestVault().add(identity, "reader", "platform");
	let token = "";
	const start = async (config: PlatformConfig) => {
		const platform = await startPlatform(config, { identity, log: NO_LOG });
		token ||= platform.firstToken ?? "";
		const call = (path: string, init?: RequestInit) => fetch(platform.controlUrl + path, init);
		const get = async (path: string) => await (await fetch(`${platform.listenUrl}/${path}`)).text();
		return { platform, client: new TestClient(call, token), get };
	};
	const folder = join(place.config.dataDirectory, "kv");

	const first = await start(place.config);
	await first.client.createApp("shop", vault);
	await first.client.deploy("shop", {
		"functions/count/index.ts": COUNTER,
		"functions/read/index.ts": READER,
	});
	expect(await first.get("shop/count")).toBe("1");
	expect(await first.get("shop/count")).toBe("2");
	expect(await first.get("shop/read")).toBe("2");
	await first.platform.close();

	const second = await start(place.config);
	expect(await second.get("shop/read")).toBe("2");
	const backup = join(place.root, "backup");
	const { dataDirectory } = place.config;
	await backupPlatform({ dataDirectory, target: backup, version: "0.0.0", nowMs: 0 });
	expect(await second.get("shop/count")).toBe("3");
	expect(readdirSync(folder)).not.toEqual([]);
	await second.client.call(ROUTES.deleteApp, { app: "shop" });
	expect(readdirSync(folder)).toEqual([]);
	await second.platform.close();

	const restored = join(place.root, "restored");
	await restorePlatform({ backup, dataDirectory: restored });
	const third = await start({ ...place.config, dataDirectory: restored, storeUrl: `sqlite:${restored}` });
	expect(await third.get("shop/count")).toBe("3");
	await third.platform.close();
	expect(existsSync(join(restored, "kv"))).toBe(true);
});
