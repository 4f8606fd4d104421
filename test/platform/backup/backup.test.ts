import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { KvStore } from "../../../src/platform/kv/kv-store.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
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

describe("a backup of a store that is in use", () => {
	test("contains the store, and can be restored as a store", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		const blobs = await fill(store);
		const made = await place.backup();
		expect(made).toMatchObject({ backup: place.target, apps: 1, functions: 1, files: 3 });
		expect((await readdir(place.target, { recursive: true })).sort()).toHaveLength(5);
		await expectPrivate(place.target);
		expect(await readdir(place.root)).toEqual(["backup", "data"]);
		await store.append(CHANGES, 20, "later");

		expect(await place.restore()).toMatchObject({ dataDirectory: place.restored, apps: 1, functions: 1 });
		await expectPrivate(place.restored);
		expect(await readdir(place.restored)).toEqual(["blobs", "incoming", "lock", "store.db"]);
		await using other = await openSqliteStore(place.restored);
		const { [CHANGES]: changes, ...rest } = await everything(store);
		expect(await everything(other)).toEqual({ ...rest, [CHANGES]: changes?.slice(0, -1) });
		// Checks the store like a platform at its start.
		await other.keepOnlyBlobs(new Map([[OWNER, new Set(blobs)]]));
		expect(await other.missingBlobs(OWNER, blobs)).toEqual([]);
		await other.append(CHANGES, 20, "goes on");
	});

	test("contains the Deno KV stores of its apps as of one moment, while functions write", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		await fill(store);
		const options = { maxBytes: 1024 * 1024, now: Date.now };
		const key = Buffer.from("key");
		await mkdir(join(place.data, "kv"));
		const [kv, gone] = [OWNER, "f".repeat(32)].map(
			(app) => new KvStore(join(place.data, "kv", `${app}.db`), options),
		);
		kv?.write({ checks: [], mutations: [{ key, type: "set", value: [3, Buffer.from("kept")] }] });
		expect(await place.backup()).toMatchObject({ files: 4 });
		kv?.write({ checks: [], mutations: [{ key, type: "set", value: [3, Buffer.from("later")] }] });
		await place.restore();
		await expectPrivate(place.restored);
		expect(await readdir(join(place.restored, "kv"))).toEqual([`${OWNER}.db`]);
		const restored = new KvStore(join(place.restored, "kv", `${OWNER}.db`), options);
		expect(Buffer.from(restored.get(key)?.v ?? new ArrayBuffer(0)).toString()).toBe("kept");
		for (const each of [kv, gone, restored]) each?.close();
	});

	test("contains only the blobs from which functions start", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		const [bundle, map] = await fill(store);
		const newer = await store.putBlob(OWNER, utf8("newer code"));
		await store.append(EVENTS, 1, bodyOf(deployed("pay", [newer, map])));
		await store.append(EVENTS, 2, bodyOf(deployed("gone", [await store.putBlob(OWNER, utf8("gone")), map])));
		await store.append(EVENTS, 3, bodyOf({ type: "deleted", functions: ["gone"], atMs: 3 }));
		await place.backup();
		await place.restore();
		await using other = await openSqliteStore(place.restored);
		await other.keepOnlyBlobs(new Map([[OWNER, new Set([newer, map, bundle])]]));
		expect(await other.missingBlobs(OWNER, [newer, map, bundle])).toEqual([bundle]);
	});

	test("is consistent although changes are made", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		await fill(store);
		let isDone = false;
		const making = place.backup().finally(() => {
			isDone = true;
		});
		let revision = 20;
		while (!isDone) {
			for (const stream of [CHANGES, "apps/other/changes"]) {
				const at = stream === CHANGES ? revision : revision - 20;
				await store.append(stream, at, `change ${revision}`);
			}
			revision++;
			await turn();
		}
		await making;
		await place.restore();
		await using other = await openSqliteStore(place.restored);
		const [was, is] = [await everything(store), await everything(other)];
		const count = is[CHANGES]?.length ?? 0;
		expect(is[CHANGES]).toEqual(was[CHANGES]?.slice(0, count));
		expect([count - 20, count - 21]).toContain(is["apps/other/changes"]?.length ?? 0);
		expect(revision).toBeGreaterThan(20);
	});

	test("is made again if a function is deleted meanwhile, together with its blobs", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		const [bundle] = await fill(store);
		const name = Buffer.from(bundle, "base64url").toString("hex");
		await rm(join(place.data, "blobs", OWNER, name));
		const making = place.backup();
		const hasSnapshot = async () =>
			(await readdir(place.root, { recursive: true })).some((path) => path.endsWith(".tmp/store.db"));
		while (!(await hasSnapshot())) await turn();
		await store.append(EVENTS, 1, bodyOf({ type: "deleted", functions: ["pay"], atMs: 3 }));
		expect(await making).toMatchObject({ functions: 0, files: 1 });
	});

	test("leaves no files if a blob is missing or damaged", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		const [bundle] = await fill(store);
		const path = join(place.data, "blobs", OWNER, Buffer.from(bundle, "base64url").toString("hex"));
		await writeFile(path, "other code");
		await expect(place.backup()).rejects.toMatchObject({ code: "BLOB_DAMAGED", exit: 7 });
		await rm(path);
		await expect(place.backup()).rejects.toMatchObject({ code: "BLOB_MISSING", exit: 7 });
		expect(await readdir(place.root)).toEqual(["data"]);
	});
});

describe("a backup", () => {
	test("does not overwrite files", async () => {
		await using place = await BackupFixture.withBackup();
		const before = await readFile(join(place.target, "manifest.json"));
		await expect(place.backup()).rejects.toMatchObject({ code: "BACKUP_EXISTS", exit: 5 });
		expect(await readFile(join(place.target, "manifest.json"))).toEqual(before);
		const file = join(place.root, "file");
		await writeFile(file, "mine");
		await expect(place.backup(file)).rejects.toMatchObject({ code: "BACKUP_EXISTS", exit: 5 });
		expect(await readFile(file, "utf8")).toBe("mine");
	});

	test("reports that there is nothing to back up, or not enough space", async () => {
		await using place = await BackupFixture.open();
		await expect(place.backup()).rejects.toMatchObject({ code: "DATA_DIR_NOT_FOUND", exit: 4 });
		await using store = await openSqliteStore(place.data);
		await fill(store);
		await expect(place.backup(join(place.root, "no/such/folder"))).rejects.toMatchObject({
			code: "BACKUP_UNWRITABLE",
			exit: 1,
		});
		expect(await readdir(place.root)).toEqual(["data"]);
	});

	test("of a damaged database is refused", async () => {
		await using place = await BackupFixture.withBackup();
		await rm(place.target, { recursive: true });
		await truncate(join(place.data, "store.db"), 6_000);
		await expect(place.backup()).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
		expect(await readdir(place.root)).toEqual(["data"]);
	});
});
