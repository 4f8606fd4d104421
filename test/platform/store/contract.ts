/**
 * The tests that every driver of the store has to pass.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { checkpointContract } from "./contract-checkpoints.ts";
import { bytesOf, type Current, type Opened, upTo } from "./contract-setup.ts";
import { appendContract, readContract, sealContract } from "./contract-streams.ts";
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

function ownerContract(current: Current): void {
	const [A, B] = ["a".repeat(32), "b".repeat(32)];
	const [small, large] = [bytesOf(500, 1), bytesOf(2_500_000, 2)];

	test("keeps the blobs of each owner apart", async () => {
		const { store } = current();
		const hashes = [await store.putBlob(A, small), await store.putBlob(A, large)];
		expect(await store.missingBlobs(B, hashes)).toEqual(hashes);
		for (const hash of hashes) expect(await store.getBlob(B, hash)).toBeUndefined();
		await store.putBlob(B, large);
		await store.removeBlobs(A, [...hashes, "junk"]);
		expect(await store.missingBlobs(A, hashes)).toEqual(hashes);
		expect(blobHash((await store.getBlob(B, blobHash(large))) as Uint8Array)).toBe(blobHash(large));
		for (const owner of ["", "../a", "A".repeat(32)])
			await expect(store.putBlob(owner, small)).rejects.toThrow();
	});

	test("keeps only the given blobs", async () => {
		const { reopen, store } = current();
		for (const owner of [A, B]) for (const bytes of [small, large]) await store.putBlob(owner, bytes);
		const again = await reopen();
		await again.keepOnlyBlobs(new Map([[A, new Set([blobHash(large)])]]));
		const both = [blobHash(small), blobHash(large)];
		expect(await again.missingBlobs(A, both)).toEqual([blobHash(small)]);
		expect(await again.missingBlobs(B, both)).toEqual(both);
		expect((await again.getBlob(A, blobHash(large)))?.length).toBe(large.length);
	});

	test("stores nothing for an owner whose blobs were dropped", async () => {
		const { store } = current();
		for (const owner of [A, B]) await store.putBlob(owner, large);
		const puts = [small, bytesOf(3_000_000, 4)].map((bytes) =>
			store.putBlob(A, bytes).catch((error) => error),
		);
		await store.dropBlobs(A);
		// Each of them was stored before, or refused.
		for (const put of puts)
			expect(await put).toSatisfy((it) => typeof it === "string" || it.code === "BLOB_OWNER_GONE");
		const all = [small, large, bytesOf(3_000_000, 4)].map(blobHash);
		expect(await store.missingBlobs(A, all)).toEqual(all);
		await expect(store.putBlob(A, small)).rejects.toMatchObject({ code: "BLOB_OWNER_GONE" });
		expect(await store.missingBlobs(B, [blobHash(large)])).toEqual([]);
	});
}

function leaseContract(current: Current): void {
	test("a lease has one holder until it expires", async () => {
		const { advance, leaseMs, store } = current();
		expect(await store.lease("node", "a", leaseMs)).toBe(true);
		expect(await store.lease("node", "b", leaseMs)).toBe(false);
		expect(await store.lease("other", "b", leaseMs)).toBe(true);
		await advance(1.5 * leaseMs);
		expect(await store.lease("node", "b", leaseMs)).toBe(true);
		expect(await store.lease("node", "a", leaseMs)).toBe(false);
	});

	test("a lease lasts longer if its holder renews it", async () => {
		const { advance, leaseMs, store } = current();
		for (const _ of upTo(2)) {
			expect(await store.lease("node", "a", leaseMs)).toBe(true);
			await advance(0.6 * leaseMs);
			expect(await store.lease("node", "b", leaseMs)).toBe(false);
		}
	});

	test("a lease is free once its own holder releases it", async () => {
		const { leaseMs, store } = current();
		await store.lease("node", "a", leaseMs);
		await store.release("node", "b");
		await store.release("unknown", "a");
		expect(await store.lease("node", "b", leaseMs)).toBe(false);
		await store.release("node", "a");
		expect(await store.lease("node", "b", leaseMs)).toBe(true);
	});

	test("one of many concurrent requests gets a lease", async () => {
		const { leaseMs, store } = current();
		const got = await Promise.all(upTo(20).map((n) => store.lease("node", `holder ${n}`, leaseMs)));
		expect(got.filter(Boolean)).toHaveLength(1);
	});
}

/** Opens a store for each test, and closes it. */
function openedForEach(open: () => Promise<Opened>): Current {
	let opened: Opened;
	let latest: Store;
	beforeEach(async () => {
		const { store, reopen, ...rest } = await open();
		latest = store;
		opened = {
			store,
			...rest,
			reopen: async () => {
				latest = await reopen();
				return latest;
			},
		};
	});
	afterEach(async () => {
		await latest[Symbol.asyncDispose]();
	});
	return () => opened;
}

/** Registers the tests of blobs alone, for another place of blobs. */
export function blobsContract(name: string, open: () => Promise<Opened>): void {
	describe(`${name}: the contract of blobs`, () => {
		const current = openedForEach(open);
		describe("blobs", () => blobContract(current));
		describe("owners of blobs", () => ownerContract(current));
	});
}

/**
 * Registers the suite for one driver.
 * @param open opens an empty store, a new one for each test
 */
export function storeContract(name: string, open: () => Promise<Opened>): void {
	describe(`${name}: the store's contract`, () => {
		const current = openedForEach(open);
		describe("append", () => appendContract(current));
		describe("read", () => readContract(current));
		describe("watch", () => watchContract(current));
		describe("seal", () => sealContract(current));
		describe("checkpoints", () => checkpointContract(current));
		describe("blobs", () => blobContract(current));
		describe("owners of blobs", () => ownerContract(current));
		describe("leases", () => leaseContract(current));

		test("refuses everything after it is closed, and can be closed twice", async () => {
			const { store } = current();
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
