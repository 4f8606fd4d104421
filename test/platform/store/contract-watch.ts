/**
 * The store's contract: watching.
 */
import { expect, test } from "vitest";
import { appendRetrying, type Current, fill, revisions, take, upTo } from "./contract-setup.ts";

export function watchContract(current: Current): void {
	test("watches from the past, then live, until the signal aborts", async () => {
		const { store } = current();
		await fill(store, "s", 600);
		const abort = new AbortController();
		const iterator = store.watch("s", 2, abort.signal)[Symbol.asyncIterator]();
		expect(revisions(await take(iterator, 598))).toEqual(upTo(600).slice(2));
		const live = take(iterator, 2);
		await store.append("other", 0, "not this one");
		await store.append("s", 600, "live");
		await store.append("s", 601, "live too");
		expect(await live).toEqual([
			{ revision: 601, body: "live" },
			{ revision: 602, body: "live too" },
		]);
		const next = iterator.next();
		abort.abort();
		expect(await next).toEqual({ value: undefined, done: true });
	});

	test("watches a stream that does not exist yet, and from a revision that does not exist yet", async () => {
		const { store } = current();
		const abort = new AbortController();
		const first = take(store.watch("s", 0, abort.signal)[Symbol.asyncIterator](), 3);
		const later = take(store.watch("s", 2, abort.signal)[Symbol.asyncIterator](), 1);
		await fill(store, "s", 3);
		expect(revisions(await first)).toEqual([1, 2, 3]);
		expect(revisions(await later)).toEqual([3]);
		abort.abort();
	});

	test("yields nothing once the signal is aborted", async () => {
		const { store } = current();
		await fill(store, "s", 3);
		const seen: number[] = [];
		const abort = new AbortController();
		for await (const entry of store.watch("s", 0, abort.signal)) {
			seen.push(entry.revision);
			if (entry.revision === 2) abort.abort();
		}
		for await (const entry of store.watch("s", 0, AbortSignal.abort())) seen.push(entry.revision);
		expect(seen).toEqual([1, 2]);
	});

	test("twenty watchers see every entry once and in order while eight writers append", async () => {
		const { store } = current();
		const abort = new AbortController();
		const watchers = upTo(20).map((n) =>
			take(store.watch("s", n % 2 ? 0 : 10, abort.signal)[Symbol.asyncIterator](), n % 2 ? 80 : 70),
		);
		await Promise.all(
			upTo(8).map(async (writer) => {
				for (const turn of upTo(10)) await appendRetrying(store, "s", `${writer}:${turn}`);
			}),
		);
		const all = await store.read("s", 0);
		for (const [index, seen] of (await Promise.all(watchers)).entries()) {
			expect(seen).toEqual(index % 2 ? all.slice(10) : all);
		}
		abort.abort();
	});

	test("a watch ends when the stream is deleted and when the store closes", async () => {
		const { store, reopen } = current();
		await fill(store, "apps/a/changes", 1);
		await fill(store, "platform", 1);
		const { signal } = new AbortController();
		const deleted = store.watch("apps/a/changes", 0, signal)[Symbol.asyncIterator]();
		const remaining = store.watch("platform", 0, signal)[Symbol.asyncIterator]();
		await take(deleted, 1);
		await take(remaining, 1);
		const afterDelete = deleted.next();
		const afterClose = remaining.next();
		await store.deleteStreams("apps/");
		expect(await afterDelete).toEqual({ value: undefined, done: true });
		await store.append("platform", 1, "still there");
		expect((await afterClose).value).toEqual({ revision: 2, body: "still there" });
		const last = remaining.next();
		await reopen();
		expect(await last).toEqual({ value: undefined, done: true });
	});

	test("a watch ends when its stream was deleted, also if another has taken the name", async () => {
		const { store } = current();
		await fill(store, "s", 3);
		const iterator = store.watch("s", 1, new AbortController().signal)[Symbol.asyncIterator]();
		await take(iterator, 2);
		await store.deleteStreams("s");
		await fill(store, "s", 5);
		expect(await iterator.next()).toEqual({ value: undefined, done: true });
	});
}
