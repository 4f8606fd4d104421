import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import { BackupFixture, CHANGES } from "./place.ts";

async function rewrite(place: BackupFixture, change: (manifest: Manifest) => void): Promise<void> {
	const path = join(place.target, "manifest.json");
	const manifest = JSON.parse(await readFile(path, "utf8")) as Manifest;
	change(manifest);
	await writeFile(path, JSON.stringify(manifest));
}

describe("a restore", () => {
	test.each([
		["a file that is cut", (path: string) => truncate(path, 2)],
		["a file that is another", async (path: string) => writeFile(path, flipped(await readFile(path)))],
		["a file that is gone", (path: string) => rm(path)],
	])("refuses %s in every file, and writes nothing", async (_, spoil) => {
		await using place = await BackupFixture.withBackup();
		const names = (await readdir(place.target, { recursive: true })).filter((name) => name !== "blobs");
		expect(names).toHaveLength(4);
		for (const name of names) {
			const path = join(place.target, name);
			const content = await readFile(path);
			await spoil(path);
			await expect(place.restore()).rejects.toMatchObject({ code: "BACKUP_DAMAGED", exit: 7 });
			await writeFile(path, content);
		}
		expect(existsSync(place.restored)).toBe(false);
		await place.restore();
	});

	test.each<[string, (manifest: Manifest) => void]>([
		["another type", (manifest) => Object.assign(manifest, { type: "another" })],
		["no database", ({ files }) => files.shift()],
		["a file twice", ({ files }) => files.push(...files.slice(1, 2))],
		["a path that leads out", ({ files }) => Object.assign(files[1] ?? {}, { path: "../data/store.db" })],
		["an absolute path", ({ files }) => Object.assign(files[1] ?? {}, { path: "/etc/passwd" })],
		["a blob left out", ({ files }) => files.pop()],
		["another number of apps", (manifest) => Object.assign(manifest, { apps: 2 })],
	])("refuses a manifest with %s, and writes nothing", async (_, change) => {
		await using place = await BackupFixture.withBackup();
		await rewrite(place, change);
		await expect(place.restore()).rejects.toMatchObject({ code: "BACKUP_DAMAGED", exit: 7 });
		const left = existsSync(place.restored) ? await readdir(place.restored) : [];
		expect(left.filter((name) => name !== "lock")).toEqual([]);
	});

	test("refuses a backup of a newer Coffer, and files that are not a backup", async () => {
		await using place = await BackupFixture.withBackup();
		await rewrite(place, (manifest) => Object.assign(manifest, { format: 2 }));
		await expect(place.restore()).rejects.toMatchObject({ code: "BACKUP_TOO_NEW", exit: 1 });
		await expect(place.restore(place.data)).rejects.toMatchObject({ code: "BACKUP_DAMAGED", exit: 7 });
		await expect(place.restore(join(place.data, "store.db"))).rejects.toMatchObject({
			code: "BACKUP_DAMAGED",
			exit: 7,
		});
		await expect(place.restore(join(place.root, "nothing"))).rejects.toMatchObject({
			code: "BACKUP_NOT_FOUND",
			exit: 4,
		});
		expect(existsSync(place.restored)).toBe(false);
	});

	test("does not overwrite files, data, or the data of another platform", async () => {
		await using place = await BackupFixture.withBackup();
		await expect(place.restore(place.target, place.data)).rejects.toMatchObject({
			code: "DATA_DIR_NOT_EMPTY",
			exit: 5,
		});
		await using store = await openSqliteStore(place.data);
		await expect(place.restore(place.target, place.data)).rejects.toMatchObject({
			code: "DATA_DIR_IN_USE",
			exit: 5,
		});
		expect((await store.read(CHANGES, 0)).length).toBe(20);
		await mkdir(place.restored, { mode: 0o700 });
		await writeFile(join(place.restored, "letter.txt"), "mine");
		await expect(place.restore()).rejects.toMatchObject({ code: "DATA_DIR_NOT_EMPTY", exit: 5 });
		expect(await readdir(place.restored)).toEqual(["letter.txt"]);
		await expect(place.restore(place.target, join(place.restored, "letter.txt"))).rejects.toMatchObject({
			exit: 5,
		});
	});

	test("accepts a directory that has only a disk's own files, and makes it private", async () => {
		await using place = await BackupFixture.withBackup();
		await mkdir(join(place.restored, "lost+found"), { recursive: true });
		await chmod(place.restored, 0o755);
		await place.restore();
		expect(((await stat(place.restored)).mode & 0o777).toString(8)).toBe("700");
		await using store = await openSqliteStore(place.restored);
		expect((await store.read(CHANGES, 0)).length).toBe(20);
	});
});

interface Manifest {
	files: { path: string }[];
}

function flipped(bytes: Buffer): Buffer {
	const copy = Buffer.from(bytes);
	const middle = copy.length >> 1;
	copy[middle] = (copy[middle] ?? 0) ^ 1;
	return copy;
}
