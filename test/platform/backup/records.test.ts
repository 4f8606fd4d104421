/** What a platform knows of its backups, whether it ran when they were made or not. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { addRecordFile, readRecordFiles } from "../../../src/platform/store/backups/files.ts";
import { RECORDS_MAX } from "../../../src/platform/store/backups/records.ts";
import { SharedReader } from "../../../src/platform/store/etcd/moment.ts";
import type { SharedStore } from "../../../src/platform/store/several-nodes.ts";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { BackupRecord } from "../../../src/protocol/nodes.ts";
import type { EtcdCluster } from "../store/etcd/cluster.ts";
import { lastPrefix, parsed, startCluster, withShared } from "./etcd-place.ts";
import { BackupFixture, fill } from "./place.ts";

beforeAll(() => cryptoReady);

const record = (createdMs: number): BackupRecord => ({
	...{ createdMs, name: `b${createdMs}`, bytes: 1, apps: 1, functions: 1, manifest: "0".repeat(64) },
});

describe("a store in a data directory", () => {
	test("knows each backup by its name, its size and the hash of its manifest", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		await fill(store);
		expect(await readRecordFiles(place.data)).toEqual([]);
		const { bytes, createdMs, unrecorded } = await place.backup();
		expect(unrecorded).toBeUndefined();
		const [known, ...others] = await readRecordFiles(place.data);
		expect(known).toMatchObject({ name: "backup", bytes, createdMs, apps: 1, functions: 1 });
		expect(others).toEqual([]);
		const manifest = await readFile(join(place.target, "manifest.json"));
		expect(known?.manifest).toBe(createHash("sha256").update(manifest).digest("hex"));
	});

	test("keeps the newest records, and all of those that are written at the same time", async () => {
		await using place = await BackupFixture.open();
		await Promise.all(Array.from({ length: 5 }, () => addRecordFile(place.data, record(7))));
		expect(await readRecordFiles(place.data)).toHaveLength(5);
		for (let createdMs = 100; createdMs < 100 + RECORDS_MAX; createdMs++)
			await addRecordFile(place.data, record(createdMs));
		const kept = await readRecordFiles(place.data);
		expect(kept.map(({ createdMs }) => createdMs)).toEqual(
			Array.from({ length: RECORDS_MAX }, (_, index) => 99 + RECORDS_MAX - index),
		);
		expect(await readdir(join(place.data, "backups"))).toHaveLength(RECORDS_MAX);
	});

	test("leaves out what is no record", async () => {
		await using place = await BackupFixture.open();
		await mkdir(join(place.data, "backups"), { recursive: true });
		const texts = [
			"",
			"{",
			"{}",
			JSON.stringify({ ...record(1), manifest: "../" }),
			JSON.stringify(record(2)),
		];
		for (const [index, text] of texts.entries())
			await writeFile(join(place.data, "backups", `${index}.json`), text);
		expect(await readRecordFiles(place.data)).toEqual([record(2)]);
	});

	test("that cannot be written to does not make a backup fail, which says so", async () => {
		await using place = await BackupFixture.open();
		await using store = await openSqliteStore(place.data);
		await fill(store);
		await writeFile(join(place.data, "backups"), "in the way");
		expect(await place.backup()).toMatchObject({ apps: 1, unrecorded: "EEXIST" });
		expect(await readdir(place.target)).toContain("manifest.json");
	});
});

describe("a store in etcd", () => {
	let cluster: EtcdCluster;
	beforeAll(async () => {
		cluster = await startCluster();
	});
	afterAll(() => cluster?.[Symbol.asyncDispose]());

	test("knows each backup, and keeps the newest", async () => {
		await withShared(async (_, store) => {
			const shared = store as SharedStore;
			expect(await shared.backups()).toMatchObject([{ name: "backup", apps: 1, functions: 1 }]);
			using reader = await SharedReader.open(parsed(lastPrefix()), {});
			const [first] = await shared.backups();
			const later = (first?.createdMs ?? 0) + 1;
			for (let index = 0; index < RECORDS_MAX; index++) await reader.addRecord(record(later + index));
			expect((await shared.backups()).map(({ createdMs }) => createdMs)).toEqual(
				Array.from({ length: RECORDS_MAX }, (_, index) => later + RECORDS_MAX - 1 - index),
			);
		});
	});
});
