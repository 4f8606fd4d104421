/** Stores that are moved between data directories and etcd: what arrives, what is refused, and what is left after an error. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSameStore } from "../../src/platform/backup/kv-stores.ts";
import { readSide } from "../../src/platform/configuration/store-sides.ts";
import { migratePlatform } from "../../src/platform/migrate.ts";
import { openStore } from "../../src/platform/store/open.ts";
import { openSqliteStore } from "../../src/platform/store/sqlite.ts";
import { SqliteDatabase } from "../../src/platform/store/sqlite-database.ts";
import type { Store } from "../../src/platform/store/store.ts";
import { dump, expectSame, fillSealed, nextPrefix, startCluster } from "./backup/etcd-place.ts";
import { BackupFixture, expectPrivate, OWNER } from "./backup/place.ts";
import { blockedBlob, makeStore, usedBlobs } from "./fixtures/migration.ts";
import type { EtcdCluster } from "./store/etcd/cluster.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Moves a store. @param flags those of both sides, such as `to-data` */
async function migrate(from: string, to: string, flags: Readonly<Record<string, string>> = {}) {
	const of = (side: "from" | "to") =>
		Object.fromEntries(
			Object.entries(flags).flatMap(([name, value]) =>
				name.startsWith(`${side}-`) ? [[name.slice(side.length + 1), value]] : [],
			),
		);
	const [source, target] = [
		await readSide("from", { place: from, ...of("from") }, {}),
		await readSide("to", { place: to, ...of("to") }, {}),
	];
	return await migratePlatform(source, target);
}

/** A data directory with a store, and a log. */
async function withDirectory(work: (place: BackupFixture, blobs: string[]) => Promise<void>) {
	await using place = await BackupFixture.open();
	let blobs: string[];
	{
		await using store = await openSqliteStore(place.data);
		blobs = await fillSealed(store);
	}
	await work(place, blobs);
}

/** What a store has, after it was closed. */
async function expectEqual(one: () => Promise<Store>, other: () => Promise<Store>, blobs: readonly string[]) {
	await using a = await one();
	await using b = await other();
	await expectSame(a, b, blobs);
}

const left = async (directory: string) =>
	(await readdir(directory).catch(() => [])).filter((name) => name !== "lock");

describe("a store that is moved", () => {
	test("arrives in etcd, under another prefix, and in a directory again, with the same seal and blobs", async () => {
		await withDirectory(async (place, blobs) => {
			const [one, two] = [cluster.url(nextPrefix()), cluster.url(nextPrefix())];
			const node = join(place.root, "node");
			const summary = { apps: 1, functions: 1, blobs: 2, stores: 0, logs: 0 };
			expect(await migrate(place.data, one, { "to-data": node })).toEqual({
				dataDirectory: node,
				...summary,
			});
			const shared = (url: string) => () => openStore(url, { dataDirectory: node });
			await expectEqual(shared(one), () => openSqliteStore(place.data), blobs);
			expect(await migrate(one, two)).toEqual({ dataDirectory: undefined, ...summary });
			await migrate(two, `sqlite:${place.restored}`, { "from-data": node });
			await expectPrivate(place.restored);
			await expectEqual(() => openSqliteStore(place.restored), shared(two), blobs);
			await expectEqual(
				() => openSqliteStore(place.restored),
				() => openSqliteStore(place.data),
				blobs,
			);
		});
	});

	test("keeps blobs in a directory, and takes them from one", async () => {
		await withDirectory(async (place, blobs) => {
			const [url, node, folder] = [
				cluster.url(nextPrefix()),
				join(place.root, "node"),
				join(place.root, "elsewhere"),
			];
			await migrate(place.data, url, { "to-data": node, "to-blobs": folder });
			expect(dump(new URL(url).pathname)).not.toContain("blobs/");
			await migrate(url, place.restored, { "from-data": node, "from-blobs": folder });
			await expectEqual(
				() => openSqliteStore(place.restored),
				() => openSqliteStore(place.data),
				blobs,
			);
		});
	});

	test("takes the Deno KV stores of its apps and the logs of functions along", async () => {
		await withDirectory(async (place) => {
			const kv = await makeStore(join(place.data, "kv"), OWNER, 1_000);
			await makeStore(join(place.data, "kv"), "f".repeat(32), 1);
			await mkdir(join(place.data, "logs", OWNER), { recursive: true });
			await writeFile(join(place.data, "logs", OWNER, "pay.ndjson"), "a line\n");
			const [url, node] = [cluster.url(nextPrefix()), join(place.root, "node")];
			const there = await migrate(place.data, url, { "to-data": node });
			const back = await migrate(url, place.restored, { "from-data": node });
			for (const summary of [there, back]) expect(summary).toMatchObject({ stores: 1, logs: 1 });
			const moved = join(place.restored, "kv", `${OWNER}.db`);
			expect(isSameStore(moved, kv)).toBe(true);
			expect(await readFile(join(place.restored, "logs", OWNER, "pay.ndjson"), "utf8")).toBe("a line\n");
			expect(await readdir(join(place.restored, "kv"))).toEqual([`${OWNER}.db`]);
			await expectPrivate(place.restored);
			const database = new SqliteDatabase(moved);
			database.run("UPDATE kv SET v = 'other' WHERE k = '500'");
			database.close();
			expect(isSameStore(moved, kv)).toBe(false);
		});
	});
});

describe("a migration is refused", () => {
	test("while a platform uses the source, and the target stays empty", async () => {
		await withDirectory(async (place) => {
			const [url, other] = [cluster.url(nextPrefix()), cluster.url(nextPrefix())];
			const [node, next] = [join(place.root, "node"), join(place.root, "next")];
			{
				await using _ = await openSqliteStore(place.data);
				await expect(migrate(place.data, url, { "to-data": node })).rejects.toMatchObject({
					code: "DATA_DIR_IN_USE",
				});
			}
			expect([await left(node), dump(new URL(url).pathname)]).toEqual([[], ""]);
			await migrate(place.data, url, { "to-data": node });
			await using _ = await openStore(url, { dataDirectory: node, access: { isAlone: true } });
			await expect(migrate(url, other)).rejects.toMatchObject({ code: "STORE_IN_USE", exit: 5 });
			await expect(migrate(url, next, { "from-data": node })).rejects.toMatchObject({
				code: "DATA_DIR_IN_USE",
			});
			expect([await left(next), dump(new URL(other).pathname)]).toEqual([[], ""]);
		});
	});

	test("if the source in etcd changes meanwhile", async () => {
		await withDirectory(async (place) => {
			const [url, other] = [cluster.url(nextPrefix()), cluster.url(nextPrefix())];
			const [node, folder] = [join(place.root, "node"), join(place.root, "elsewhere")];
			await migrate(place.data, url, { "to-data": node, "to-blobs": folder });
			const pipe = await blockedBlob(join(folder, "blobs", OWNER));
			const moving = migrate(url, other, { "from-blobs": folder });
			const refused = expect(moving).rejects.toMatchObject({ code: "SOURCE_CHANGED", exit: 5 });
			const going = await pipe.reached();
			// Without a data directory, a store has no claim.
			await using store = await openStore(url, { access: { blobs: folder } });
			await store.append("late", 0, "1");
			await going.goOn();
			await refused;
			expect(dump(new URL(other).pathname)).toBe("");
		});
	});

	test("if the target has something, or is the source", async () => {
		await withDirectory(async (place) => {
			const url = cluster.url(nextPrefix());
			const node = join(place.root, "node");
			await migrate(place.data, url, { "to-data": node });
			await expect(migrate(place.data, url, { "to-data": join(place.root, "next") })).rejects.toMatchObject({
				code: "STORE_NOT_EMPTY",
				exit: 5,
			});
			await expect(
				migrate(place.data, cluster.url(nextPrefix()), { "to-data": place.data }),
			).rejects.toMatchObject({ code: "MIGRATION_TO_ITSELF", exit: 2 });
			await writeFile(join(node, "letter.txt"), "mine");
			await expect(migrate(place.data, node)).rejects.toMatchObject({ code: "DATA_DIR_NOT_EMPTY", exit: 5 });
			await expect(migrate(place.data, `${place.data}/`)).rejects.toMatchObject({
				code: "MIGRATION_TO_ITSELF",
				exit: 2,
			});
		});
	});

	test.each([
		["DIR", "etcd", {}, "DATA_FLAG_MISSING", "--to-data"],
		["etcd", "DIR", {}, "DATA_FLAG_MISSING", "--from-data"],
		["etcd", "etcd", { "to-data": "/d" }, "DATA_FLAG_UNUSED", "--to-data"],
		["DIR", "etcd", { "from-data": "/d" }, "DATA_FLAG_UNUSED", "--from-data"],
		["DIR", "etcd", { "from-ca": "ca.pem" }, "STORE_FLAG_UNUSED", "--from-ca"],
		["etcd", "etcd", { "to-cert": "cert.pem" }, "TLS_PAIR_INCOMPLETE", "--to-key"],
		["etcd", "etcd", { "from-user": "me" }, "STORE_PASSWORD_MISSING", "--from-user"],
		["etcd", "etcd", { "from-ca": "/none" }, "STORE_FILE_UNREADABLE", "--from-ca"],
	])("from %s to %s with %j: %s names %s", async (from, to, flags, code, flag) => {
		const place = (kind: string) => (kind === "etcd" ? "etcd://127.0.0.1:1/x" : "/none");
		const refused = migrate(place(from), place(to), flags as Record<string, string>);
		await expect(refused).rejects.toMatchObject({ code, exit: 2, message: expect.stringContaining(flag) });
	});

	test("if there is no store, a blob is missing or was changed, and the target stays empty", async () => {
		await withDirectory(async (place) => {
			const target = place.restored;
			await expect(migrate(join(place.root, "none"), target)).rejects.toMatchObject({
				code: "DATA_DIR_NOT_FOUND",
				exit: 4,
				hint: expect.stringContaining("--from,"),
			});
			const folder = join(place.data, "blobs", OWNER);
			const name = (await usedBlobs(folder))[0] as string;
			await writeFile(join(folder, name), "other");
			await expect(migrate(place.data, target)).rejects.toMatchObject({ code: "BLOB_DAMAGED", exit: 7 });
			await rm(join(folder, name));
			await expect(migrate(place.data, target)).rejects.toMatchObject({ code: "BLOB_MISSING", exit: 7 });
			expect(await left(target)).toEqual([]);
		});
	});
});
