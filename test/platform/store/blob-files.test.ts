/** Blobs in a directory that several platforms share. */
import { mkdir, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobFiles } from "../../../src/platform/store/blob-files.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { bytesOf, upTo } from "./contract-setup.ts";

const OWNER = "a".repeat(32);

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-blobs-"));
});
afterEach(async () => {
	await rm(folder, { recursive: true, force: true });
});

const open = () => BlobFiles.open(folder, { isShared: true });

test("another platform that opens the directory does not disturb writes", async () => {
	const one = await open();
	let isDone = false;
	const write = async () => {
		const hashes: string[] = [];
		for (const seed of upTo(20)) hashes.push(await one.put(OWNER, bytesOf(200_000, seed)));
		isDone = true;
		return hashes;
	};
	const writing = write();
	writing.catch(() => {
		isDone = true;
	});
	while (!isDone) await open();
	const hashes = await writing;
	expect(hashes).toEqual(upTo(20).map((seed) => blobHash(bytesOf(200_000, seed))));
	expect(await (await open()).missing(OWNER, hashes)).toEqual([]);
});

test("what a platform left behind long ago is removed, and one that still runs writes on", async () => {
	const idle = await open();
	const [left, own] = [join(folder, "incoming", "left"), join(folder, "incoming")];
	await mkdir(left);
	for (const name of await readdir(own)) await utimes(join(own, name), 1, 1);
	await open();
	expect((await readdir(own)).length).toBe(1);
	const hash = await idle.put(OWNER, bytesOf(10, 1));
	expect(await idle.get(OWNER, hash)).toEqual(bytesOf(10, 1));
});
