/** The part of the store's contract about checkpoints. */
import { expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { type Current, fill, upTo } from "./contract-setup.ts";

/** The texts by their streams. */
async function textsOf(store: Store, prefix: string): Promise<Record<string, string | undefined>> {
	const texts: Record<string, string | undefined> = {};
	for await (const { stream, text } of store.checkpoints.read(prefix)) texts[stream] = text;
	return texts;
}

export function checkpointContract(current: Current): void {
	test("has the last text of each stream, after it is opened again too", async () => {
		const { reopen, store } = current();
		for (const stream of ["a/1", "a/2", "b/1"]) await fill(store, stream, 1);
		expect(await textsOf(store, "")).toEqual({});
		await store.checkpoints.write([
			{ stream: "a/1", text: "old" },
			{ stream: "a/2", text: "ü\n\u0000" },
			{ stream: "b/1", text: "other" },
		]);
		await store.checkpoints.write([{ stream: "a/1", text: "new" }]);
		expect(await textsOf(await reopen(), "a/")).toEqual({ "a/1": "new", "a/2": "ü\n\u0000" });
	});

	test("a short text replaces a long one completely, and the other way round", async () => {
		const { store } = current();
		await fill(store, "s", 1);
		const long = "0123456789".repeat(250_000);
		for (const text of ["short", long, "short again", ""]) {
			await store.checkpoints.write([{ stream: "s", text }]);
			expect((await textsOf(store, ""))["s"] === text).toBe(true);
		}
	});

	test("reads more texts than one request returns", async () => {
		const { store } = current();
		const streams = upTo(230).map((number) => `many/${number}`);
		for (const stream of streams) await fill(store, stream, 1);
		await store.checkpoints.write(streams.map((stream) => ({ stream, text: `of ${stream}` })));
		expect(await textsOf(store, "many/")).toEqual(
			Object.fromEntries(streams.map((stream) => [stream, `of ${stream}`])),
		);
	});

	test("a text is deleted with its stream, and a stream that does not exist gets none", async () => {
		const { store } = current();
		for (const stream of ["app/one", "app-two"]) await fill(store, stream, 1);
		const texts = ["app/one", "app-two", "app/none"].map((stream) => ({ stream, text: "x" }));
		await store.checkpoints.write(texts);
		expect(await textsOf(store, "")).toEqual({ "app/one": "x", "app-two": "x" });
		await store.deleteStreams("app/");
		expect(await textsOf(store, "")).toEqual({ "app-two": "x" });
		await fill(store, "app/one", 1);
		expect(await textsOf(store, "app/")).toEqual({});
	});

	test("removes a text, and leaves the entries, the seal and the streams as they are", async () => {
		const { store } = current();
		await store.append("s", 0, "entry", { from: undefined, to: "seal" });
		await store.checkpoints.write([{ stream: "s", text: "x" }]);
		await store.checkpoints.remove("s");
		await store.checkpoints.remove("unknown");
		expect(await textsOf(store, "")).toEqual({});
		expect(await store.heads()).toEqual([{ stream: "s", revision: 1, body: "entry" }]);
		expect(await store.streams("")).toEqual(["s"]);
		expect(await store.readSeal()).toBe("seal");
	});

	test("refuses everything after the store is closed", async () => {
		const { store } = current();
		await fill(store, "s", 1);
		await store[Symbol.asyncDispose]();
		await expect(store.checkpoints.write([{ stream: "s", text: "x" }])).rejects.toThrow(AppError);
		await expect(textsOf(store, "")).rejects.toThrow(AppError);
		await expect(store.checkpoints.remove("s")).rejects.toThrow(AppError);
	});
}
