import { link, mkdir, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { diskUsage } from "../../../../src/platform/runtime/storage/disk-usage.ts";

const MAX = { bytes: 1024 * 1024, files: 100, depth: 8 };
const KIB_100 = Buffer.alloc(100 * 1024, 1);
let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-usage-"));
	onTestFinished(() => rm(folder, { recursive: true }));
});
const usage = (max = MAX) => diskUsage([folder], process.pid, max);

describe("the disk usage of a folder", () => {
	test("counts all files at any depth, each once", async () => {
		await mkdir(join(folder, "a/b"), { recursive: true });
		await writeFile(join(folder, "a/b/x"), KIB_100);
		await writeFile(join(folder, "y"), KIB_100);
		await link(join(folder, "y"), join(folder, "a/z"));
		const { bytes, files } = await usage();
		expect(bytes).toBeGreaterThanOrEqual(200 * 1024);
		expect(bytes).toBeLessThan(280 * 1024);
		expect(files).toBe(5);
	});

	test("does not follow links out of the folder", async () => {
		await symlink("/usr", join(folder, "link"));
		expect((await usage()).bytes).toBeLessThan(64 * 1024);
		const outside = join(folder, "link");
		expect(await diskUsage([outside], process.pid, MAX)).toMatchObject({ bytes: 0, files: 0 });
	});

	test("is 0 if the folder does not exist", async () => {
		expect(await diskUsage([join(folder, "none")], process.pid, MAX)).toMatchObject({ bytes: 0, files: 0 });
	});

	test("includes files that were removed and are still open", async () => {
		const path = join(folder, "removed");
		const handle = await open(path, "w");
		onTestFinished(() => handle.close());
		await handle.write(KIB_100);
		await rm(path);
		expect((await usage()).bytes).toBeGreaterThanOrEqual(100 * 1024);
	});
});

describe("a folder is above the limit", () => {
	test("by its bytes, and the count ends at the limit", async () => {
		for (let index = 0; index < 30; index++) await writeFile(join(folder, String(index)), KIB_100);
		const { bytes, files } = await usage();
		expect(bytes).toBeGreaterThan(MAX.bytes);
		expect(files).toBeLessThan(30);
	});

	test("by its number of files, empty files included", async () => {
		for (let index = 0; index < 150; index++) await writeFile(join(folder, String(index)), "");
		expect((await usage()).files).toBe(101);
	});

	test("by its nested folders", async () => {
		await mkdir(join(folder, "a/".repeat(9)), { recursive: true });
		expect((await usage()).files).toBe(Number.POSITIVE_INFINITY);
	});
});
