/** The host names of apps, over a real store. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { Apps } from "../../../src/platform/apps/apps.ts";
import { HostNames } from "../../../src/platform/apps/host-names.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { newTestIdentity } from "../fixtures/vault.ts";

const key = new Uint8Array(32).fill(7);
const now = () => 1_800_000_000_000;
const BOUND = { vaultId: "v", environment: "production" };

let root: string;
let store: Store;
let hosts: HostNames;
let apps: Apps;
beforeEach(async () => {
	await cryptoReady;
	root = await mkdtemp(join(tmpdir(), "coffer-hosts-"));
	store = await openSqliteStore(join(root, "data"));
	hosts = await HostNames.open({ store, key, now });
	const identity = { ...newTestIdentity(), stateKey: key };
	apps = await Apps.open({ store, identity, now, onEntry: () => hosts.catchUp() });
	for (const app of ["shop", "blog"]) await apps.create(app, BOUND);
});
afterEach(async () => {
	await store[Symbol.asyncDispose]();
	await rm(root, { recursive: true, force: true });
});

/** What a platform that starts on the same store reads. */
const reread = async () => (await HostNames.open({ store, key, now })).list();

test("a host belongs to one app, and a repetition writes nothing", async () => {
	expect(await hosts.add("Shop.Example.:443", "shop")).toEqual({ host: "shop.example", app: "shop" });
	const { length } = await store.read("platform", 0);
	await hosts.add("shop.example", "shop");
	expect(await store.read("platform", 0)).toHaveLength(length);
	await expect(hosts.add("SHOP.example", "blog")).rejects.toMatchObject({
		code: "HOST_TAKEN",
		exit: 5,
		message: expect.stringContaining("shop.example belongs to the app shop"),
	});
	await expect(hosts.add("other.example", "nobody")).rejects.toMatchObject({
		code: "APP_NOT_FOUND",
		exit: 4,
	});
	await expect(hosts.add("127.0.0.1", "shop")).rejects.toMatchObject({ code: "HOST_INVALID", exit: 2 });
	expect(await reread()).toEqual([{ host: "shop.example", app: "shop" }]);
});

test("a removed host can go to another app", async () => {
	await hosts.add("shop.example", "shop");
	expect(await hosts.remove("shop.example.")).toEqual({ host: "shop.example", app: "shop" });
	await expect(hosts.remove("shop.example")).rejects.toMatchObject({ code: "HOST_NOT_FOUND", exit: 4 });
	await hosts.add("shop.example", "blog");
	expect(await reread()).toEqual([{ host: "shop.example", app: "blog" }]);
});

test("of two simultaneous claims of a host, one succeeds", async () => {
	const other = await HostNames.open({ store, key, now });
	const claims = [hosts.add("a.example", "shop"), other.add("a.example", "blog")];
	const results = await Promise.allSettled(claims);
	expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	expect(await reread()).toHaveLength(1);
});

test("the deletion of an app removes its hosts, and no later app of that name gets them", async () => {
	await hosts.add("a.example", "shop");
	await hosts.add("b.example", "blog");
	const changes: string[][] = [];
	hosts.onChanged = async () => void changes.push([...hosts.byName.keys()]);
	await apps.delete("shop");
	expect(changes).toEqual([["b.example"]]);
	await apps.create("shop", BOUND);
	expect(changes).toHaveLength(1);
	expect(hosts.list()).toEqual([{ host: "b.example", app: "blog" }]);
	expect(await reread()).toEqual(hosts.list());
	await hosts.add("a.example", "blog");
});
