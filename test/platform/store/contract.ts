/**
 * The tests that every driver of the store has to pass.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { bytesOf, type Current, type Opened, upTo } from "./contract-setup.ts";
import { appendContract, readContract } from "./contract-streams.ts";
import { watchContract } from "./contract-watch.ts";

/** Whose the blobs are. */
const OWNER = "0".repeat(32);

export type { Opened } from "./contract-setup.ts";

function blobContract(current: Current): void {
	test("keeps blobs under their hash, one for the same bytes", async () => {
		const { store, reopen } = current();
		const contents = [new Uint8Array(0), bytesOf(1, 1), bytesOf(70_000, 2), bytesOf(5_000_000, 3)];
		const hashes: string[] = [];
		for (const bytes of contents) hashes.push(await store.putBlob(OWNER, bytes));
		expect(hashes).toEqual(contents.map(blobHash));
		expect(await store.putBlob(OWNER, bytesOf(70_000, 2))).toBe(hashes[2]);
		const again = await reopen();
		for (const [index, hash] of hashes.entries()) {
			const stored = await again.getBlob(OWNER, hash);
			expect(stored?.length).toBe(contents[index]?.length);
			expect(blobHash(stored as Uint8Array)).toBe(hash);
		}
	});

	test("stores the bytes of a view, and not its whole buffer", async () => {
		const { store } = current();
		const view = bytesOf(100, 1).subarray(10, 20);
		expect(await store.getBlob(OWNER, await store.putBlob(OWNER, view))).toEqual(new Uint8Array(view));
	});

	test("accepts many blobs at once, equal and different ones", async () => {
		const { store } = current();
		const hashes = await Promise.all(upTo(40).map((n) => store.putBlob(OWNER, bytesOf(10_000, n % 5))));
		expect(new Set(hashes).size).toBe(5);
		for (const hash of new Set(hashes))
			expect(blobHash((await store.getBlob(OWNER, hash)) as Uint8Array)).toBe(hash);
	});

	test("reports missing blobs, and refuses an invalid hash", async () => {
		const { store } = current();
		const stored = await store.putBlob(OWNER, bytesOf(10, 1));
		const absent = blobHash(bytesOf(10, 2));
		const junk = ["", "../../etc/passwd", "A".repeat(42), `${stored}=`, stored.toUpperCase().padEnd(43, "A")];
		expect(await store.missingBlobs(OWNER, [absent, stored, ...junk])).toEqual([absent, ...junk]);
		expect(await store.missingBlobs(OWNER, [stored, stored])).toEqual([]);
		expect(await store.missingBlobs(OWNER, [])).toEqual([]);
		for (const hash of [absent, ...junk]) expect(await store.getBlob(OWNER, hash)).toBeUndefined();
	});
}

function leaseContract(current: Current): void {
	test("a lease has one holder until it expires", async () => {
		const { store, advance } = current();
		expect(await store.lease("node", "a", 10_000)).toBe(true);
		expect(await store.lease("node", "b", 10_000)).toBe(false);
		expect(await store.lease("other", "b", 10_000)).toBe(true);
		await advance(11_000);
		expect(await store.lease("node", "b", 10_000)).toBe(true);
		expect(await store.lease("node", "a", 10_000)).toBe(false);
	});

	test("a lease lasts longer if its holder renews it", async () => {
		const { store, advance } = current();
		for (const _ of upTo(4)) {
			expect(await store.lease("node", "a", 10_000)).toBe(true);
			await advance(6_000);
			expect(await store.lease("node", "b", 10_000)).toBe(false);
		}
	});

	test("a lease is free once its own holder releases it", async () => {
		const { store } = current();
		await store.lease("node", "a", 10_000);
		await store.release("node", "b");
		await store.release("unknown", "a");
		expect(await store.lease("node", "b", 10_000)).toBe(false);
		await store.release("node", "a");
		expect(await store.lease("node", "b", 10_000)).toBe(true);
	});

	test("one of many concurrent requests gets a lease", async () => {
		const { store } = current();
		const got = await Promise.all(upTo(20).map((n) => store.lease("node", `holder ${n}`, 10_000)));
		expect(got.filter(Boolean)).toHaveLength(1);
	});
}

/**
 * Registers the suite for one driver.
 * @param open opens an empty store, a new one for each test
 */
export function storeContract(name: string, open: () => Promise<Opened>): void {
	describe(`${name}: the store's contract`, () => {
		let opened: Opened;
		let latest: Store;
		const current: Current = () => opened;
		beforeEach(async () => {
			const { store, reopen, advance } = await open();
			latest = store;
			opened = {
				store,
				advance,
				reopen: async () => {
					latest = await reopen();
					return latest;
				},
			};
		});
		afterEach(async () => {
			await latest[Symbol.asyncDispose]();
		});
		describe("append", () => appendContract(current));
		describe("read", () => readContract(current));
		describe("watch", () => watchContract(current));
		describe("blobs", () => blobContract(current));
		describe("leases", () => leaseContract(current));

		test("refuses everything after it is closed, and can be closed twice", async () => {
			const { store } = opened;
			await store.append("s", 0, "x");
			await store[Symbol.asyncDispose]();
			await store[Symbol.asyncDispose]();
			await expect(store.append("s", 1, "y")).rejects.toThrow(AppError);
			await expect(store.read("s", 0)).rejects.toThrow(AppError);
			await expect(store.putBlob(OWNER, bytesOf(1, 1))).rejects.toThrow(AppError);
			await expect(store.lease("node", "a", 1)).rejects.toThrow(AppError);
		});
	});
}
