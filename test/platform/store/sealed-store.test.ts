/** An attacker with copies of every earlier state restores parts of a store: the store detects it. */
import { mkdirSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SqliteDatabase } from "../../../src/platform/store/sqlite-database.ts";
import { entry, useSealedStores } from "./sealed-setup.ts";

const STREAMS = ["platform", "apps/shop/events", "apps/shop/changes", "schedule/000000000001"];
const { changeKey, open, path, withStore } = useSealedStores();

/** Two entries in each stream, then a copy of the directory, and then a third entry. */
async function fill(): Promise<void> {
	for (const round of [0, 1, 2]) {
		if (round === 2) copyDatabase();
		await withStore(async (store) => {
			for (const stream of STREAMS) await store.append(stream, round, entry(`${stream} ${round}`));
		});
	}
}

/**
 * A copy of the present database. It is not made by copying files, because a closed database may remove some
 * of its files a moment later.
 */
function copyDatabase(): void {
	mkdirSync(path("copy"));
	const database = new SqliteDatabase(join(path(), "store.db"));
	try {
		database.exec(`VACUUM INTO '${join(path("copy"), "store.db")}'`);
	} finally {
		database.close();
	}
}

/** Changes the database without the store. */
function tamper(...statements: string[]): void {
	const database = new SqliteDatabase(join(path(), "store.db"));
	try {
		database.exec("PRAGMA foreign_keys = ON");
		database.exec(`ATTACH '${join(path("copy"), "store.db")}' AS copy`);
		for (const sql of statements) database.exec(sql);
	} finally {
		database.close();
	}
}

const CUT = (stream: string) => [
	`DELETE FROM entries WHERE revision = 3 AND stream = (SELECT id FROM streams WHERE name = '${stream}')`,
	`UPDATE streams SET revision = 2 WHERE name = '${stream}'`,
];
const OLD_SEAL = "UPDATE main.seal SET code = (SELECT code FROM copy.seal)";

describe("a sealed store", () => {
	test("is valid after appends, lost races, deletions and a restart", async () => {
		await fill();
		await withStore(async (store) => {
			expect(await store.append("platform", 1, entry("late"))).toEqual({ appended: false, revision: 3 });
			await store.deleteStreams("apps/shop/");
			await store.deleteStreams("apps/none/");
			await store.append("apps/shop/events", 0, entry("again"));
			await Promise.all([0, 1, 2].map((at) => store.append("platform", 3 + at, entry(`${at}`))));
		});
		await withStore(async (store) => {
			expect(() => store.check()).not.toThrow();
			expect(await store.streams("")).toEqual(["apps/shop/events", "platform", "schedule/000000000001"]);
		});
	});

	test.each<[string, string[]]>([
		...STREAMS.map((stream): [string, string[]] => [`cut at the end of ${stream}`, CUT(stream)]),
		["cut, with the seal of that moment, in one stream", [...CUT("platform"), OLD_SEAL]],
		["without a stream", ["DELETE FROM streams WHERE name = 'apps/shop/events'"]],
		["without the last entry's row", [CUT("platform")[0] as string]],
		["without its seal", ["DELETE FROM seal"]],
		["with an earlier seal", [OLD_SEAL]],
		["with another's seal", ["UPDATE seal SET code = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"]],
		[
			"with one more stream",
			[
				"INSERT INTO streams (name, revision) VALUES ('x', 1)",
				"INSERT INTO entries SELECT id, 1, '{}' FROM streams WHERE name = 'x'",
			],
		],
		["as if an earlier version had written it", ["DROP TABLE seal", "PRAGMA user_version = 1"]],
	])("that is found %s refuses writes, and says why", async (_, statements) => {
		await fill();
		tamper(...statements.map((sql) => sql.replace("'{}'", "CAST('{}' AS BLOB)")));
		await withStore(async (store) => {
			expect(() => store.check()).toThrow(expect.objectContaining({ code: "STORE_ALTERED", exit: 7 }));
			await expect(store.append("other", 0, "{}")).rejects.toMatchObject({ code: "STORE_ALTERED" });
			await expect(store.deleteStreams("apps/")).rejects.toMatchObject({ code: "STORE_ALTERED" });
		});
		await withStore(async (store) => expect(() => store.check()).toThrow());
	});

	test("that is restored completely, as of one moment, is accepted", async () => {
		await fill();
		rmSync(path(), { recursive: true });
		await cp(path("copy"), path(), { recursive: true });
		await withStore(async (store) => expect(() => store.check()).not.toThrow());
	});

	test("refuses a seal that was made with another key", async () => {
		await fill();
		changeKey();
		await withStore(async (store) => expect(() => store.check()).toThrow());
	});
});

describe("a store of an earlier version", () => {
	const EARLIER = JSON.stringify({ type: "app-created", mac: "A".repeat(43) });

	test("has no seal, and gets one with its next entry", async () => {
		await withStore(async (_, inner) => {
			await inner.append("platform", 0, EARLIER);
			await inner.append("apps/shop/events", 0, EARLIER);
		});
		const database = new SqliteDatabase(join(path(), "store.db"));
		database.exec("DROP TABLE seal");
		database.exec("PRAGMA user_version = 1");
		database.close();
		await withStore(async (store) => {
			store.check();
			await store.append("platform", 1, entry("now"));
		});
		await withStore(async (store, inner) => {
			store.check();
			expect(await inner.readSeal()).toMatch(/^[\w-]{43}$/);
		});
	});

	test("is refused without the platform's own stream", async () => {
		await withStore(async (_, inner) => {
			await inner.append("apps/shop/events", 0, EARLIER);
		});
		await withStore(async (store) => expect(() => store.check()).toThrow());
	});
});

describe("the writes of other nodes", () => {
	const at = (revision: number) => ({ stream: "platform", revision });

	test("that were read before this node's own are in the past, also of a store without a seal", async () => {
		await withStore(async (store) => {
			await store.append("platform", 0, entry("one"));
			await store.follow({ isComplete: true, heads: [], removed: [], seal: undefined });
			expect(await store.deleteStreams("apps/gone/", undefined, at(1))).toBe(true);
			expect(await store.append("platform", 1, entry("two"))).toMatchObject({ appended: true });
		});
	});

	test("are known before streams are deleted, if the caller has read them", async () => {
		await withStore(async (store, inner) => {
			await store.append("apps/shop/events", 0, entry("of an app"));
			const other = await open(inner);
			await other.append("platform", 0, entry("by another node"));
			expect(await store.deleteStreams("apps/shop/", undefined, at(0))).toBe(false);
			expect(await store.deleteStreams("apps/shop/", undefined, at(1))).toBe(true);
			expect(await store.streams("apps/")).toEqual([]);
		});
	});

	test("are taken over without reading the store again, and a wrong one makes it be read", async () => {
		await withStore(async (store, inner) => {
			await store.append("platform", 0, entry("one"));
			const other = await open(inner);
			await other.append("apps/shop/events", 0, entry("by another node"));
			const heads = await inner.heads();
			const seal = await inner.readSeal();
			await store.follow({ isComplete: false, heads, removed: [], seal });
			expect(await store.append("platform", 1, entry("two"))).toMatchObject({ appended: true });
			await store.follow({ isComplete: false, heads: [], removed: [], seal: "A".repeat(43) });
			expect(await store.append("platform", 2, entry("three"))).toMatchObject({ appended: true });
			store.check();
		});
	});
});
