/**
 * The store's contract: appending, reading, listing and deleting streams.
 */
import { expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import type { StreamEntry } from "../../../src/platform/store/store.ts";
import { appendRetrying, bytesOf, type Current, fill, revisions, upTo } from "./contract-setup.ts";

/** Whose the blobs are. */
const OWNER = "0".repeat(32);

export function appendContract(current: Current): void {
	test("appends at the expected revision, and reports the present revision to every other writer", async () => {
		const { store } = current();
		expect(await store.append("s", 0, "one")).toEqual({ appended: true, revision: 1 });
		expect(await store.append("s", 1, "two")).toEqual({ appended: true, revision: 2 });
		expect(await store.append("s", 1, "late")).toEqual({ appended: false, revision: 2 });
		expect(await store.append("s", 0, "later")).toEqual({ appended: false, revision: 2 });
		expect(await store.append("s", 9, "early")).toEqual({ appended: false, revision: 2 });
		expect(await store.append("empty", 1, "early")).toEqual({ appended: false, revision: 0 });
		expect(await store.read("s", 0)).toEqual([
			{ revision: 1, body: "one" },
			{ revision: 2, body: "two" },
		]);
		expect(await store.read("empty", 0)).toEqual([]);
	});

	test("accepts exactly one of many appends at the same revision", async () => {
		const { store } = current();
		const results = await Promise.all(upTo(25).map((n) => store.append("s", 0, `racer ${n}`)));
		const winners = results.flatMap((result, index) => (result.appended ? [index + 1] : []));
		expect(winners).toHaveLength(1);
		expect(results.filter((result) => result.revision === 1)).toHaveLength(25);
		expect(await store.read("s", 0)).toEqual([{ revision: 1, body: `racer ${winners[0]}` }]);
	});

	test("stores the entries of many appenders that retry once each, without gaps", async () => {
		const { store } = current();
		const writers = upTo(8).map(async (writer) => {
			let lost = 0;
			for (const turn of upTo(25)) lost += await appendRetrying(store, "s", `${writer}:${turn}`);
			return lost;
		});
		const lost = await Promise.all(writers);
		const entries = await store.read("s", 0);
		expect(revisions(entries)).toEqual(upTo(200));
		expect(new Set(entries.map((entry) => entry.body)).size).toBe(200);
		expect(lost.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
		for (const writer of upTo(8)) {
			const own = entries.filter((entry) => entry.body.startsWith(`${writer}:`));
			expect(own.map((entry) => entry.body)).toEqual(upTo(25).map((turn) => `${writer}:${turn}`));
		}
	});

	test("keeps bodies exactly, and refuses text that is not Unicode", async () => {
		const { store, reopen } = current();
		const bodies = [
			"",
			" ",
			"\u0000a\u0000",
			"é e\u0301 😀 \uffff \ufeff",
			'{"a":"\\u0000"}\r\n',
			"x".repeat(4_000_000),
		];
		for (const [index, body] of bodies.entries()) await store.append("s", index, body);
		await expect(store.append("s", bodies.length, "a\ud800b")).rejects.toThrow(AppError);
		const again = await reopen();
		expect((await again.read("s", 0)).map((entry) => entry.body)).toEqual(bodies);
	});

	test("contains everything after it is opened again", async () => {
		const { store, reopen } = current();
		await fill(store, "apps/a/changes", 3);
		await fill(store, "platform", 1);
		const hash = await store.putBlob(OWNER, bytesOf(1000, 1));
		const again = await reopen();
		expect(await again.streams("")).toEqual(["apps/a/changes", "platform"]);
		expect(revisions(await again.read("apps/a/changes", 0))).toEqual([1, 2, 3]);
		expect(await again.getBlob(OWNER, hash)).toEqual(bytesOf(1000, 1));
		expect(await again.append("apps/a/changes", 3, "next")).toEqual({ appended: true, revision: 4 });
	});
}

export function readContract(current: Current): void {
	test("reads in pages", async () => {
		const { store } = current();
		await fill(store, "s", 25);
		await fill(store, "t", 3);
		expect(revisions(await store.read("s", 0, 10))).toEqual(upTo(10));
		expect(revisions(await store.read("s", 20, 10))).toEqual([21, 22, 23, 24, 25]);
		expect(await store.read("s", 24, 1)).toEqual([{ revision: 25, body: "body 25" }]);
		expect(await store.read("s", 25, 10)).toEqual([]);
		expect(await store.read("s", 99, 10)).toEqual([]);
		expect(await store.read("s", 0, 0)).toEqual([]);
	});

	test("holds 10,000 entries in one stream", { timeout: 60_000 }, async () => {
		const { store, reopen } = current();
		await fill(store, "s", 10_000);
		const again = await reopen();
		expect(revisions(await again.read("s", 0))).toEqual(upTo(10_000));
		const paged: StreamEntry[] = [];
		for (;;) {
			const page = await again.read("s", paged.length, 999);
			if (page.length === 0) break;
			paged.push(...page);
		}
		expect(paged[9_999]).toEqual({ revision: 10_000, body: "body 10000" });
		expect(revisions(paged)).toEqual(upTo(10_000));
	});

	test("lists streams by prefix, sorted", async () => {
		const { store } = current();
		const names = [
			"platform",
			"apps/b/changes",
			"apps/a/events",
			"apps/a/changes",
			"apps/ab/changes",
			"apps/a_/x",
		];
		for (const name of names) await store.append(name, 0, "x");
		expect(await store.streams("")).toEqual(names.toSorted());
		expect(await store.streams("apps/a/")).toEqual(["apps/a/changes", "apps/a/events"]);
		expect(await store.streams("apps/a_")).toEqual(["apps/a_/x"]);
		expect(await store.streams("apps/%")).toEqual([]);
		expect(await store.streams("APPS/")).toEqual([]);
	});

	test("deletes streams by prefix, and nothing else; a new one starts at 1", async () => {
		const { store, reopen } = current();
		for (const name of ["apps/a/changes", "apps/a/events", "apps/ab/changes", "platform"])
			await fill(store, name, 3);
		await store.deleteStreams("apps/a/");
		await store.deleteStreams("apps/none/");
		expect(await store.streams("")).toEqual(["apps/ab/changes", "platform"]);
		expect(await store.read("apps/a/changes", 0)).toEqual([]);
		expect(await store.append("apps/a/changes", 3, "x")).toEqual({ appended: false, revision: 0 });
		expect(await store.append("apps/a/changes", 0, "new")).toEqual({ appended: true, revision: 1 });
		const again = await reopen();
		expect(await again.read("apps/a/changes", 0)).toEqual([{ revision: 1, body: "new" }]);
		expect(revisions(await again.read("apps/ab/changes", 0))).toEqual([1, 2, 3]);
	});
}

export function sealContract(current: Current): void {
	test("replaces the seal only together with the change, and only if it is the expected one", async () => {
		const { store, reopen } = current();
		expect(await store.readSeal()).toBeUndefined();
		expect(await store.append("s", 0, "a", { from: undefined, to: "one" })).toMatchObject({ appended: true });
		const stale = { from: undefined, to: "late" };
		expect(await store.append("s", 1, "b", stale)).toEqual({
			appended: false,
			revision: 1,
			isOtherSeal: true,
		});
		expect(await store.append("s", 0, "b", { from: "one", to: "two" })).toEqual({
			appended: false,
			revision: 1,
		});
		expect(await store.deleteStreams("s", { from: "two", to: "three" })).toBe(false);
		expect(await store.readSeal()).toBe("one");
		expect(await store.read("s", 0)).toEqual([{ revision: 1, body: "a" }]);
		expect(await store.append("s", 1, "b")).toMatchObject({ appended: true });
		expect(await store.deleteStreams("s", { from: "one", to: "two" })).toBe(true);
		const again = await reopen();
		expect(await again.readSeal()).toBe("two");
		expect(await again.streams("")).toEqual([]);
	});

	test("gives the last entry of each stream", async () => {
		const { store } = current();
		for (const name of ["b", "a/b", "a"]) await fill(store, name, 2);
		await store.append("b", 2, "x".repeat(3_000_000));
		await fill(store, "gone/a", 1);
		await store.deleteStreams("gone/");
		expect(await store.heads()).toEqual([
			{ stream: "a", revision: 2, body: "body 2" },
			{ stream: "a/b", revision: 2, body: "body 2" },
			{ stream: "b", revision: 3, body: "x".repeat(3_000_000) },
		]);
	});
}
