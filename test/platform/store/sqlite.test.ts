import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../../src/platform/store/open.ts";
import { directoryUnusable } from "../../../src/platform/store/private-directory.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import { storeContract } from "./contract.ts";

/** Whose the blobs are. */
const OWNER = "0".repeat(32);

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "coffer-store-"));
});
afterEach(async () => {
	await rm(root, { recursive: true, force: true });
});

storeContract("sqlite", async () => {
	let nowMs = 1_000_000;
	const open = () => openSqliteStore(join(root, "contract"), { now: () => nowMs });
	let store = await open();
	return {
		store,
		async reopen() {
			await store[Symbol.asyncDispose]();
			store = await open();
			return store;
		},
		async advance(ms) {
			nowMs += ms;
		},
		leaseMs: 10_000,
	};
});

/** A store with two entries and a blob, closed. */
async function written(directory: string): Promise<string> {
	await using store = await openSqliteStore(directory);
	await store.append("s", 0, "one".repeat(5_000));
	await store.append("s", 1, "two".repeat(5_000));
	return await store.putBlob(OWNER, new Uint8Array([1, 2, 3]));
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe("the data directory", () => {
	test("is private, with all its files", async () => {
		const directory = join(root, "a/b");
		await using store = await openSqliteStore(directory);
		await store.append("s", 0, "x");
		const hash = await store.putBlob(OWNER, new Uint8Array([1]));
		expect(await store.missingBlobs(OWNER, [hash])).toEqual([]);
		expect(await mode(directory)).toBe("700");
		const names = await readdir(directory, { recursive: true });
		expect(names).toContain("store.db-wal");
		for (const name of names) {
			const path = join(directory, name);
			expect([name, await mode(path)]).toEqual([name, (await stat(path)).isDirectory() ? "700" : "600"]);
		}
	});

	test("becomes private again if its permissions were changed", async () => {
		const directory = join(root, "data");
		await written(directory);
		await chmod(directory, 0o755);
		await chmod(join(directory, "store.db"), 0o644);
		await using _ = await openSqliteStore(directory);
		expect(await mode(directory)).toBe("700");
		expect(await mode(join(directory, "store.db"))).toBe("600");
	});

	test("is refused, and not changed, if it holds other files that others can read", async () => {
		const directory = join(root, "home");
		await mkdir(directory);
		await writeFile(join(directory, "letter.txt"), "mine");
		await chmod(directory, 0o755);
		await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: "DATA_DIR_EXPOSED", exit: 1 });
		expect(await mode(directory)).toBe("755");
		expect(await readdir(directory)).toEqual(["letter.txt"]);
	});

	test("on a full disk needs space, and not other permissions", () => {
		const why = Object.assign(new Error("full"), { code: "SQLITE_FULL" });
		expect(directoryUnusable(root, why).hint).toContain("Free space");
	});

	test("is refused if it is a file or cannot be created", async () => {
		await writeFile(join(root, "file"), "");
		await symlink(join(root, "nowhere"), join(root, "dangling"));
		for (const name of ["file", "file/below", "dangling"]) {
			await expect(openSqliteStore(join(root, name))).rejects.toMatchObject({
				code: "DATA_DIR_UNUSABLE",
				exit: 1,
			});
		}
	});

	test("is used by one platform at a time, in this process", async () => {
		const directory = join(root, "data");
		const store = await openSqliteStore(directory);
		await symlink(directory, join(root, "alias"));
		for (const path of [directory, join(root, "alias"), directory]) {
			await expect(openSqliteStore(path)).rejects.toMatchObject({ code: "DATA_DIR_IN_USE", exit: 1 });
		}
		expect(await store.append("s", 0, "still mine")).toEqual({ appended: true, revision: 1 });
		await store[Symbol.asyncDispose]();
		await using again = await openSqliteStore(directory);
		expect(await again.read("s", 0)).toHaveLength(1);
	});

	test("can be used after a failed open", async () => {
		const directory = join(root, "data");
		await written(directory);
		const path = join(directory, "store.db");
		const good = await readFile(path);
		await writeFile(path, "junk");
		await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
		await writeFile(path, good);
		await using store = await openSqliteStore(directory);
		expect(await store.read("s", 0)).toHaveLength(2);
	});
});

describe("a store that was changed from outside", () => {
	const damages: Record<string, (path: string) => Promise<void>> = {
		"not a database": (path) => writeFile(path, "x".repeat(20_000)),
		"cut to nothing": (path) => writeFile(path, ""),
		"cut short": async (path) => writeFile(path, (await readFile(path)).subarray(0, 9_000)),
		"a page overwritten": async (path) => writeFile(path, (await readFile(path)).fill(0xff, 4_096, 8_192)),
		"its header's first byte changed": async (path) => writeFile(path, (await readFile(path)).fill(0, 0, 1)),
		gone: (path) => rm(path),
	};
	for (const [name, damage] of Object.entries(damages)) {
		test(`${name}: opening fails with exit 7, names the file, and changes nothing`, async () => {
			const directory = join(root, "data");
			await written(directory);
			const path = join(directory, "store.db");
			await damage(path);
			const before = await readFile(path).catch(() => undefined);
			const error: unknown = await openSqliteStore(directory).catch((error: unknown) => error);
			expect(error).toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
			expect((error as Error).message).toContain(path);
			expect(await readFile(path).catch(() => undefined)).toEqual(before);
		});
	}

	/** Runs SQL on a closed store, as an intruder would. */
	async function tamper(directory: string, sql: string): Promise<void> {
		const database = new Database(join(directory, "store.db"));
		database.exec(sql);
		database.close();
	}

	test("another program's database is refused", async () => {
		const directory = join(root, "data");
		await mkdir(directory, { mode: 0o700 });
		await tamper(directory, "CREATE TABLE streams (a); PRAGMA user_version = 1");
		await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: "STORE_FOREIGN", exit: 1 });
	});

	test("a newer schema is refused, with both versions", async () => {
		const directory = join(root, "data");
		await written(directory);
		await tamper(directory, "PRAGMA user_version = 9");
		const opening = openSqliteStore(directory);
		await expect(opening).rejects.toMatchObject({ code: "STORE_TOO_NEW", exit: 1 });
		await expect(opening).rejects.toThrow(/schema version 9, .* up to 2 only\./);
	});

	const cuts = {
		"the first entry deleted": "DELETE FROM entries WHERE revision = 1",
		"the last entry deleted": "DELETE FROM entries WHERE revision = 2",
		"an entry that is not UTF-8": "UPDATE entries SET body = x'ff' WHERE revision = 2",
		"an entry renumbered": "UPDATE entries SET revision = 7 WHERE revision = 1",
	};
	for (const [name, sql] of Object.entries(cuts)) {
		test(`${name}: reading and watching fail with exit 7`, async () => {
			const directory = join(root, "data");
			await written(directory);
			await tamper(directory, sql);
			await using store = await openSqliteStore(directory);
			await expect(store.read("s", 0)).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
			const watch = store.watch("s", 0, new AbortController().signal)[Symbol.asyncIterator]();
			await expect(watch.next()).rejects.toMatchObject({ code: "STORE_DAMAGED", exit: 7 });
		});
	}

	test("a blob with wrong bytes is refused, and storing it again repairs it", async () => {
		const directory = join(root, "data");
		const hash = await written(directory);
		const [name] = await readdir(join(directory, "blobs", OWNER));
		await writeFile(join(directory, "blobs", OWNER, name as string), "other");
		await using store = await openSqliteStore(directory);
		await expect(store.getBlob(OWNER, hash)).rejects.toMatchObject({ code: "BLOB_DAMAGED", exit: 7 });
		await store.putBlob(OWNER, new Uint8Array([1, 2, 3]));
		expect(await store.getBlob(OWNER, hash)).toEqual(new Uint8Array([1, 2, 3]));
	});

	test("files of an interrupted write are removed", async () => {
		const directory = join(root, "data");
		await written(directory);
		await writeFile(join(directory, "incoming/half"), "half a blob");
		await writeFile(join(directory, "store.db.new"), "half a database");
		await using store = await openSqliteStore(directory);
		expect(await readdir(join(directory, "incoming"))).toEqual([]);
		expect(await store.read("s", 0)).toHaveLength(2);
	});
});

describe("openStore", () => {
	test("opens the path in a sqlite: URL, relative or absolute", async () => {
		for (const url of [`sqlite:${join(root, "data")}`, `SQLite://${join(root, "data")}`]) {
			await using store = await openStore(url);
			await store.putBlob(OWNER, new Uint8Array([1]));
			expect(await readdir(join(root, "data"))).toContain("store.db");
		}
	});

	test("refuses other URLs with exit 2, and does not repeat them", async () => {
		for (const url of [
			"",
			"data",
			"/data",
			"sqlite:",
			"sqlite://host/data",
			"postgres://u:hunter2@h/d",
			":x",
		]) {
			const error: unknown = await openStore(url).catch((error: unknown) => error);
			expect(error).toMatchObject({ code: "STORE_URL_INVALID", exit: 2 });
			expect(JSON.stringify(error)).not.toContain("hunter2");
		}
	});
});
