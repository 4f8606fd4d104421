/** Backups of stores in etcd, and restores to etcd. A backup does not depend on the kind of store. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StoreUrl } from "../../../src/platform/configuration/store-url.ts";
import { EtcdClient } from "../../../src/platform/store/etcd/api/client.ts";
import { isCompacted } from "../../../src/platform/store/etcd/api/faults.ts";
import { Filling } from "../../../src/platform/store/etcd/filling.ts";
import { Keys } from "../../../src/platform/store/etcd/keys.ts";
import { readMoment } from "../../../src/platform/store/etcd/moment.ts";
import { hashOf } from "../../../src/platform/store/moment.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed-store.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { bytesOf } from "../store/contract-setup.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { LossyProxy } from "../store/etcd/lossy-proxy.ts";
import {
	BackupFixture,
	bodyOf,
	CHANGES,
	deployed,
	EVENTS,
	everything,
	expectPrivate,
	fill,
	OWNER,
} from "./place.ts";

const KEY = new Uint8Array(32).fill(7);
const LARGE = "x".repeat(2_500_000);

let cluster: EtcdCluster;
let count = 0;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
}, 30_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** A prefix that no other test uses. */
const nextPrefix = () => `/backup/${++count}`;

function etcdctl(...words: string[]): string {
	const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
	const env = { ...process.env, ETCDCTL_API: "3" };
	return execFileSync("etcdctl", ["--endpoints", `${host}:${port}`, ...words], {
		env,
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
	});
}

/** All keys below a prefix with their values. */
const dump = (prefix: string) => etcdctl("get", `${prefix}/`, "--prefix");

/** Fills a store, also with an entry and a blob that have parts. @returns the blobs of its function */
async function fillSealed(store: Store): Promise<string[]> {
	const sealed = await SealedStore.open(store, KEY);
	const [, map] = await fill(sealed);
	const bundle = await sealed.putBlob(OWNER, bytesOf(2_500_000, 1));
	await sealed.append(EVENTS, 1, bodyOf(deployed("pay", [bundle, map])));
	await sealed.append(CHANGES, 20, LARGE);
	for (let revision = 0; revision < 300; revision++)
		await sealed.append("schedule/1", revision, `${revision}`);
	await sealed.append("schedule/10", 0, "a stream whose name begins with the name of another");
	return [bundle, map];
}

/** Checks that a store has the seal, the log and the blobs of another. */
async function expectSame(store: Store, original: Store, blobs: readonly string[]): Promise<void> {
	expect(await everything(store)).toEqual(await everything(original));
	expect(await store.heads()).toEqual(await original.heads());
	expect(await store.readSeal()).toBe(await original.readSeal());
	(await SealedStore.open(store, KEY)).check();
	await store.keepOnlyBlobs(new Map([[OWNER, new Set(blobs)]]));
	for (const hash of blobs) {
		const [bytes, expected] = [await store.getBlob(OWNER, hash), await original.getBlob(OWNER, hash)];
		expect(Buffer.from(bytes ?? []).equals(expected ?? new Uint8Array(1))).toBe(true);
	}
}

/** A place with a store in etcd and its backup. @returns the place, and the URL of the store */
async function withShared(
	work: (place: BackupFixture, store: Store, url: string, blobs: string[]) => Promise<void>,
) {
	await using place = await BackupFixture.open();
	const url = cluster.url(nextPrefix());
	await using store = await openStore(url, { dataDirectory: place.data });
	const blobs = await fillSealed(store);
	await place.backup(place.target, { store: { url } });
	await work(place, store, url, blobs);
}

describe("a backup of a store in etcd", () => {
	test("becomes a SQLite store, whose backup becomes a store in etcd again", async () => {
		await withShared(async (place, store, _, blobs) => {
			await expectPrivate(place.target);
			expect(await place.restore()).toMatchObject({ apps: 1, functions: 1, files: 3 });
			const [again, node] = [join(place.root, "again"), join(place.root, "node")];
			await place.backup(again, { dataDirectory: place.restored });
			{
				await using sqlite = await openSqliteStore(place.restored);
				await expectSame(sqlite, store, blobs);
			}
			const url = cluster.url(nextPrefix());
			await place.restore(again, node, { url });
			await using other = await openStore(url, { dataDirectory: node });
			await expectSame(other, store, blobs);
			expect(await (await SealedStore.open(other, KEY)).append(CHANGES, 21, "goes on")).toMatchObject({
				appended: true,
			});
			expect((await readdir(node)).sort()).toEqual(["lock", "node"]);
		});
	});

	test("is of one moment, while entries of two streams are written in turns", async () => {
		await withShared(async (place, store) => {
			let isDone = false;
			const [target, data] = [join(place.root, "busy"), place.data];
			const making = place.backup(target, {
				dataDirectory: data,
				store: { url: cluster.url(`/backup/${count}`) },
			});
			void making.finally(() => {
				isDone = true;
			});
			let last = 0;
			for (; !isDone; last++) {
				await store.append("a", last, "1");
				await store.append("z", last, "1");
				await turn();
			}
			await making;
			await place.restore(target);
			await using other = await openSqliteStore(place.restored);
			const [a, z] = [(await other.read("a", 0)).length, (await other.read("z", 0)).length];
			expect([a, a - 1]).toContain(z);
			expect(last).toBeGreaterThan(1);
		});
	});

	test("needs the store's URL, and the data directory of a platform", async () => {
		await withShared(async (place, _, url) => {
			const target = join(place.root, "none");
			await expect(place.backup(target)).rejects.toMatchObject({ code: "STORE_ELSEWHERE", exit: 2 });
			await expect(place.backup(target, { dataDirectory: place.root, store: { url } })).rejects.toMatchObject(
				{ code: "DATA_DIR_NOT_FOUND", exit: 4 },
			);
			const empty = nextPrefix();
			await expect(place.backup(target, { store: { url: cluster.url(empty) } })).rejects.toMatchObject({
				code: "STORE_NOT_FOUND",
				exit: 4,
			});
			expect(dump(empty)).toBe("");
			expect((await readdir(place.root)).sort()).toEqual(["backup", "data"]);
		});
	});

	test.each([
		["an entry is gone", (prefix: string) => etcdctl("del", `${prefix}/entries/schedule/10`, "--prefix")],
		["a part is gone", (prefix: string) => etcdctl("del", `${prefix}/parts/`, "--prefix")],
		["a head is gone", (prefix: string) => etcdctl("del", `${prefix}/heads/schedule/10`)],
	])("is refused if %s", async (_, damage) => {
		await withShared(async (place, _store, url) => {
			damage(`/backup/${count}`);
			await expect(place.backup(join(place.root, "none"), { store: { url } })).rejects.toMatchObject({
				code: "STORE_DAMAGED",
				exit: 7,
			});
			expect((await readdir(place.root)).sort()).toEqual(["backup", "data"]);
		});
	});

	test("notices that etcd compacted its moment away", async () => {
		await withShared(async (_, store) => {
			const client = new EtcdClient({ endpoints: cluster.endpoints });
			const moment = await readMoment(client, new Keys(`/backup/${count}/`));
			await store.append("later", 0, "1");
			await cluster.compact(Number(JSON.parse(etcdctl("get", "x", "-w", "json")).header.revision));
			const fault = await hashOf(moment).catch((error: unknown) => error);
			client.close();
			expect(isCompacted(fault)).toBe(true);
		});
	});
});

describe("a restore to etcd", () => {
	test("refuses a prefix with a store, with other keys, or of another restore, and changes nothing", async () => {
		await withShared(async (place, store, url) => {
			const refused = async (prefix: string, code: string) => {
				const before = dump(prefix);
				await expect(
					place.restore(place.target, place.restored, { url: cluster.url(prefix) }),
				).rejects.toMatchObject({ code, exit: 5 });
				expect(dump(prefix)).toBe(before);
				expect(await readdir(place.restored)).toEqual(["lock"]);
			};
			const [foreign, begun, used] = [nextPrefix(), nextPrefix(), new URL(url).pathname];
			etcdctl("put", `${foreign}/key`, "theirs");
			await refused(foreign, "STORE_NOT_EMPTY");
			using _ = await Filling.begin(parsed(begun), {});
			await refused(begun, "STORE_INCOMPLETE");
			await expect(openStore(cluster.url(begun))).rejects.toMatchObject({ code: "STORE_FOREIGN" });
			await refused(used, "STORE_IN_USE");
			await store[Symbol.asyncDispose]();
			await refused(used, "STORE_NOT_EMPTY");
		});
	});

	test("leaves nothing behind if it fails after the log was written", async () => {
		await withShared(async (place, _, __, [, map = ""]) => {
			const name = Buffer.from(map, "base64url").toString("hex");
			await writeFile(join(place.target, "blobs", name), "other");
			const path = join(place.target, "manifest.json");
			const manifest = JSON.parse(await readFile(path, "utf8"));
			const file = manifest.files.find((one: { path: string }) => one.path.endsWith(name));
			Object.assign(file, { bytes: 5, sha256: createHash("sha256").update("other").digest("hex") });
			await writeFile(path, JSON.stringify(manifest));
			const prefix = nextPrefix();
			await expect(
				place.restore(place.target, place.restored, { url: cluster.url(prefix) }),
			).rejects.toMatchObject({ code: "BACKUP_DAMAGED", exit: 7 });
			expect(dump(prefix)).toBe("");
			expect(await readdir(place.restored)).toEqual(["lock"]);
		});
	});

	test("notices keys that someone else changes meanwhile, and leaves no store", async () => {
		const prefix = nextPrefix();
		using filling = await Filling.begin(parsed(prefix), {});
		const moment = { seal: undefined, heads: new Map<string, number>(), async *entries() {} };
		etcdctl("put", `${prefix}/seal`, "theirs");
		await expect(filling.putLog(moment)).rejects.toMatchObject({ code: "STORE_CHANGED", exit: 7 });
		etcdctl("put", `${prefix}/heads/theirs`, "1");
		await expect(filling.putLog(moment)).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
		etcdctl("del", `${prefix}/`, "--prefix");
		await expect(filling.end()).rejects.toMatchObject({ code: "STORE_CHANGED", exit: 7 });
		expect(await filling.abandon()).toBe(true);
		expect(dump(prefix)).toBe("");
	});

	test("writes everything once although answers are lost", async () => {
		await withShared(async (place, store, _, blobs) => {
			await using proxy = await LossyProxy.open(cluster.endpoints[0] as EtcdCluster["endpoints"][number]);
			// Every fourth connection lasts for an entry with all its parts.
			const lasts = [3, 5, 4, 100];
			let [pieces, turns] = [0, 0];
			proxy.loseAnswers(() => {
				if (++pieces < (lasts[turns % lasts.length] as number)) return false;
				[pieces, turns] = [0, turns + 1];
				return true;
			});
			const { host, port } = proxy.endpoint;
			const prefix = nextPrefix();
			await place.restore(place.target, place.restored, { url: `etcd://${host}:${port}${prefix}` });
			expect(proxy.lost).toBeGreaterThan(3);
			await using other = await openStore(cluster.url(prefix), { dataDirectory: place.restored });
			await expectSame(other, store, blobs);
			expect(etcdctl("get", `${prefix}/filling`) + etcdctl("get", `${prefix}/pending/`, "--prefix")).toBe("");
		});
	});

	test("puts blobs into a directory, from which they are backed up", async () => {
		await withShared(async (place, store, _, blobs) => {
			const [prefix, folder] = [nextPrefix(), join(place.root, "elsewhere")];
			const shared = { url: cluster.url(prefix), access: { blobs: folder } };
			await place.restore(place.target, place.restored, shared);
			expect(etcdctl("get", `${prefix}/blob`, "--prefix", "--keys-only")).toBe("");
			await using other = await openStore(shared.url, { ...shared, dataDirectory: place.restored });
			await expectSame(other, store, blobs);
			const made = await place.backup(join(place.root, "b"), {
				dataDirectory: place.restored,
				store: shared,
			});
			expect(made).toMatchObject({ apps: 1, functions: 1, files: 3 });
		});
	});
});

function parsed(prefix: string): StoreUrl & { kind: "etcd" } {
	return { kind: "etcd", endpoints: cluster.endpoints, prefix: `${prefix}/` };
}
