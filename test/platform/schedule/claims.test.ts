/** Claims of runs, in a real store: each run is claimed only once, and the stored claims stay small. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes } from "../../../src/crypto.ts";
import { type Claim, Claims, type ClaimsOptions } from "../../../src/platform/schedule/claims.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { type TestPlace, testPlace } from "../fixtures/core.ts";

const KEY = randomBytes(32);
const STREAM_1 = "schedule/000000000001";
let place: TestPlace;
let store: Store;

beforeEach(async () => {
	place = testPlace();
	store = await openStore(place.config.storeUrl);
});
afterEach(async () => {
	await store[Symbol.asyncDispose]();
	place[Symbol.dispose]();
});

const open = (more: Partial<ClaimsOptions> = {}) =>
	Claims.open({ store, key: KEY, isListed: () => true, ...more });
const due = (dueMs: number, more: Partial<Claim> = {}) => ({
	app: "shop",
	function: "pay",
	automation: "report",
	anchorMs: 5,
	dueMs,
	...more,
});
const streams = async () => (await store.streams("schedule/")).map((name) => Number(name.split("/")[1]));

describe("a claim", () => {
	test("is granted once, also after a restart of the platform", async () => {
		const claims = await open();
		expect(await claims.claim(due(10))).toBe(true);
		expect(await claims.claim(due(10))).toBe(false);
		const again = await open();
		expect(await again.claim(due(10))).toBe(false);
		expect(again.find(due(0))).toMatchObject({ dueMs: 10, runs: 1 });
	});

	test("of a time before the last one is refused", async () => {
		const claims = await open();
		expect([await claims.claim(due(20)), await claims.claim(due(19)), await claims.claim(due(21))]).toEqual([
			true,
			false,
			true,
		]);
		expect(claims.find(due(0))).toMatchObject({ dueMs: 21, runs: 2 });
	});

	test("belongs to one function: a later function of its name has no claims, even if all else is equal", async () => {
		const claims = await open();
		await claims.claim(due(20, { life: "first" }));
		expect(claims.find(due(0, { life: "next" }))).toBeUndefined();
		expect(await claims.claim(due(10, { life: "next" }))).toBe(true);
		// A late claim does not affect the next run.
		expect(await claims.claim(due(30, { life: "first" }))).toBe(true);
		for (const again of [claims, await open()])
			expect(again.find(due(0, { life: "next" }))).toMatchObject({ dueMs: 10, runs: 1 });
	});

	test("of an earlier version of Coffer belongs to the present function", async () => {
		const claims = await open();
		await claims.claim(due(20));
		expect(claims.find(due(0, { life: "first" }))).toMatchObject({ dueMs: 20, runs: 1 });
		expect(await claims.claim(due(20, { life: "first" }))).toBe(false);
	});

	test("counts from zero if the schedule is another", async () => {
		const claims = await open();
		await claims.claim(due(20));
		expect(claims.find(due(0, { anchorMs: 6 }))).toBeUndefined();
		expect(await claims.claim(due(10, { anchorMs: 6 }))).toBe(true);
		expect(claims.find(due(0, { anchorMs: 6 }))).toMatchObject({ dueMs: 10, runs: 1 });
	});

	test("of another automation, function or app is independent", async () => {
		const claims = await open();
		const others = [{}, { automation: "b" }, { function: "b" }, { app: "b" }].map((more) => due(1, more));
		for (const one of others) expect(await claims.claim(one)).toBe(true);
	});

	test("is granted to one of two nodes that ask at the same time", async () => {
		const [one, two] = [await open(), await open()];
		const given = await Promise.all([one, two, one, two].map((node) => node.claim(due(10))));
		expect(given.filter((isMine) => isMine)).toHaveLength(1);
		expect([one.find(due(0))?.runs, two.find(due(0))?.runs]).toEqual([1, 1]);
	});

	test("that an attacker wrote into the store is ignored", async () => {
		const claim = { ...due(10), runs: 1 };
		await store.append(STREAM_1, 0, JSON.stringify({ type: "claimed", claim, mac: "AAAA" }));
		await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
	});
});

describe("the stored claims", () => {
	/** Claims for a year of minutes would be half a million entries. */
	test("have a maximum size, and the last claim is never lost", async () => {
		const claims = await open({ claimsMax: 4 });
		await claims.claim(due(1, { automation: "once" }));
		for (let dueMs = 1; dueMs <= 40; dueMs++) expect(await claims.claim(due(dueMs))).toBe(true);
		const names = await store.streams("schedule/");
		const entries = await Promise.all(names.map((name) => store.read(name, 0)));
		expect(names.length).toBeLessThanOrEqual(2);
		for (const { length } of entries) expect(length).toBeLessThanOrEqual(6);
		const again = await open({ claimsMax: 4 });
		expect(again.find(due(0))).toMatchObject({ dueMs: 40, runs: 40 });
		expect(await again.claim(due(1, { automation: "once" }))).toBe(false);
	});

	test("are found by a node that has not claimed for several streams", async () => {
		const [busy, behind] = [await open({ claimsMax: 2 }), await open({ claimsMax: 2 })];
		await behind.claim(due(1));
		for (let dueMs = 2; dueMs <= 20; dueMs++) await busy.claim(due(dueMs));
		expect(await behind.claim(due(20))).toBe(false);
		expect(await behind.claim(due(21))).toBe(true);
		expect(await busy.claim(due(21))).toBe(false);
		expect(behind.find(due(0))).toMatchObject({ dueMs: 21, runs: 21 });
	});

	test("keep a claim of an automation that the node which begins a stream has not read of yet", async () => {
		const listed = new Set<string>();
		const readApps = async () => void listed.add("new");
		const isListed = ({ automation }: Claim) => listed.has(automation);
		const knowing = await open({ claimsMax: 2 });
		const behind = await open({ claimsMax: 2, isListed, readApps });
		await knowing.claim(due(7, { automation: "new" }));
		await behind.claim(due(1));
		await behind.claim(due(2));
		expect(await knowing.claim(due(7, { automation: "new" }))).toBe(false);
	});

	test("contain none of a deleted or rescheduled automation", async () => {
		const isListed = ({ automation }: Claim) => automation !== "gone";
		const claims = await open({ claimsMax: 2, isListed });
		await claims.claim(due(1, { automation: "gone" }));
		for (const dueMs of [1, 2]) await claims.claim(due(dueMs));
		expect(claims.find(due(0, { automation: "gone" }))).toBeUndefined();
		expect(claims.find(due(0))).toMatchObject({ runs: 2 });
	});

	test("are continued after a kill between a full stream and the next one", async () => {
		const claims = await open({ claimsMax: 2 });
		for (const dueMs of [1, 2, 3]) await claims.claim(due(dueMs));
		// The first stream is full, and the second has not begun yet.
		await store.deleteStreams("schedule/000000000002");
		const again = await open({ claimsMax: 2 });
		expect(again.find(due(0))).toMatchObject({ dueMs: 2, runs: 2 });
		expect(await again.claim(due(2))).toBe(false);
		expect(await again.claim(due(3))).toBe(true);
	});

	test("in streams that are not needed any more are removed at the start", async () => {
		const claims = await open({ claimsMax: 1 });
		for (const dueMs of [1, 2, 3, 4]) await claims.claim(due(dueMs));
		const [body = { body: "" }] = await store.read("schedule/000000000003", 0);
		await store.append(STREAM_1, 0, body.body);
		expect(await streams()).toEqual([1, 3, 4]);
		await open();
		expect(await streams()).toEqual([3, 4]);
	});

	test("are found by a node after another node has begun a new stream", async () => {
		const [one, two] = [await open({ claimsMax: 2 }), await open({ claimsMax: 2 })];
		for (const dueMs of [1, 2, 3]) await one.claim(due(dueMs));
		expect([await two.claim(due(3)), await two.claim(due(4)), await one.claim(due(4))]).toEqual([
			false,
			true,
			false,
		]);
	});
});
