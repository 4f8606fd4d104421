/** Backups of stores in etcd. A backup does not depend on the kind of store. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EtcdClient } from "../../../src/platform/store/etcd/api/client.ts";
import { isCompacted } from "../../../src/platform/store/etcd/api/faults.ts";
import { Keys } from "../../../src/platform/store/etcd/keys.ts";
import { readMoment } from "../../../src/platform/store/etcd/moment.ts";
import { hashOf } from "../../../src/platform/store/moment.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { EtcdCluster } from "../store/etcd/cluster.ts";
import {
	dump,
	etcdctl,
	expectSame,
	KEY,
	lastPrefix,
	nextPrefix,
	startCluster,
	withShared,
} from "./etcd-place.ts";
import { CHANGES, expectPrivate } from "./place.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

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
				store: { url: cluster.url(lastPrefix()) },
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
			damage(lastPrefix());
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
			const moment = await readMoment(client, new Keys(`${lastPrefix()}/`));
			await store.append("later", 0, "1");
			await cluster.compact(Number(JSON.parse(etcdctl("get", "x", "-w", "json")).header.revision));
			const fault = await hashOf(moment).catch((error: unknown) => error);
			client.close();
			expect(isCompacted(fault)).toBe(true);
		});
	});
});
