import { describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { randomBytes, toBase64 } from "../../../src/crypto.ts";
import { EventStream, earlierCode } from "../../../src/platform/events/event-stream.ts";
import { type PlatformEvent, platformEventSchema } from "../../../src/platform/events/events.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { testPlace } from "../fixtures/core.ts";

const STREAM = "platform";

function created(app: string): PlatformEvent {
	return { type: "app-created", app, vaultId: "v", environment: "production", atMs: 1 };
}

/** The bodies of a stream, which an attacker with write access to the store can copy elsewhere. */
const bodies = async (store: Store, stream = STREAM) => (await store.read(stream, 0)).map(({ body }) => body);

async function replace(store: Store, stream: string, texts: readonly string[]): Promise<void> {
	await store.deleteStreams(stream);
	for (const [index, text] of texts.entries()) await store.append(stream, index, text);
}

/** An entry as earlier versions wrote it. */
function earlier(key: Uint8Array, revision: number, event: object): string {
	return JSON.stringify({ ...event, mac: toBase64(earlierCode(key, STREAM, revision, event)) });
}

function otherReader(store: Store, key: Uint8Array) {
	const schema = z.strictObject({ type: z.literal("other-event") });
	return new EventStream({ store, stream: STREAM, typePrefix: "other-", schema, key, apply: () => {} });
}

function reader(store: Store, key: Uint8Array, stream = STREAM, owner?: string) {
	const seen: string[] = [];
	const apply = (event: PlatformEvent) => seen.push(event.app);
	const events = new EventStream({
		store,
		stream,
		owner,
		typePrefix: "app-",
		schema: platformEventSchema,
		key,
		apply,
	});
	return { seen, events };
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
	using place = testPlace();
	await using store = await openStore(place.config.storeUrl);
	await work(store);
}

describe("a stream of events of the platform", () => {
	test("is read as it was written, without the events of other streams", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const one = reader(store, key);
			const other = otherReader(store, key);
			await one.events.append(() => created("a"));
			await other.append(() => ({ type: "other-event" }));
			await one.events.append(() => created("b"));
			const two = reader(store, key);
			await two.events.catchUp();
			expect([one.seen, two.seen]).toEqual([
				["a", "b"],
				["a", "b"],
			]);
			expect(await store.read(STREAM, 0)).toHaveLength(3);
		});
	});

	test("refuses events that it could not read back", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const one = reader(store, key);
			const unreadable = { ...created("a"), atMs: Number.NaN };
			await expect(one.events.append(() => unreadable)).rejects.toMatchObject({ code: "EVENT_INVALID" });
			await one.events.append(() => created("b"));
			const two = reader(store, key);
			await two.events.catchUp();
			expect(two.seen).toEqual(["b"]);
		});
	});

	test("gets an event without a read, and a decision to append nothing is made after one", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const [one, other] = [reader(store, key), reader(store, key)];
			await one.events.append(() => created("a"));
			const read = vi.spyOn(store, "read");
			await one.events.append(() => created("b"));
			expect(read).not.toHaveBeenCalled();
			const seen: number[] = [];
			await other.events.append(() => void seen.push(other.seen.length));
			expect([seen, other.seen]).toEqual([
				[0, 2],
				["a", "b"],
			]);
			await one.events.append(() => created("c"));
			await expect(
				other.events.append(() => {
					throw new Error(`knows ${other.seen.length}`);
				}),
			).rejects.toThrow("knows 3");
		});
	});

	test("lets two writers append in turn, each after it has read the events of the other", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const writers = [reader(store, key), reader(store, key)];
			const names = Array.from({ length: 10 }, (_, index) => `app${index}`);
			await Promise.all(names.map((name, index) => writers[index % 2]?.events.append(() => created(name))));
			for (const writer of writers) await writer.events.catchUp();
			expect(writers[0]?.seen.toSorted()).toEqual(names);
			expect(writers[1]?.seen).toEqual(writers[0]?.seen);
		});
	});

	test.each<[string, (body: string) => string]>([
		["changed", (body) => body.replace('"app":"a"', '"app":"z"')],
		["without its code", (body) => JSON.stringify({ ...JSON.parse(body), code: undefined })],
		["with its code as one of the earlier form", (body) => body.replace('"code":', '"mac":')],
		["with both codes", (body) => body.replace('"code":', '"mac":"x","code":')],
		["with more in it", (body) => JSON.stringify({ extra: 1, ...JSON.parse(body) })],
		["of no known type", (body) => body.replace("app-created", "app-stolen")],
		["that is no JSON", () => "{"],
	])("refuses an event %s", async (_, damage) => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			await reader(store, key).events.append(() => created("a"));
			const [entry] = await store.read(STREAM, 0);
			await store.append("copy", 0, entry?.body ?? "");
			await store.deleteStreams(STREAM);
			await store.append(STREAM, 0, entry?.body ?? "");
			await expect(reader(store, key).events.catchUp()).resolves.toBeUndefined();
			await store.deleteStreams(STREAM);
			await store.append(STREAM, 0, damage(entry?.body ?? ""));
			await expect(reader(store, key).events.catchUp()).rejects.toMatchObject({
				code: "EVENT_FORGED",
				exit: 7,
			});
			await expect(reader(store, key, "copy").events.catchUp()).rejects.toMatchObject({
				code: "EVENT_FORGED",
			});
			await expect(reader(store, randomBytes(32), "copy").events.catchUp()).rejects.toMatchObject({
				exit: 7,
			});
		});
	});
});

describe("an attacker who can write to the store, and has all earlier entries", () => {
	const NAMES = ["a", "b", "c", "d"];

	test.each<[string, (now: string[], other: string[]) => string[]]>([
		["drops an entry", ([a = "", , c = "", d = ""]) => [a, c, d]],
		["drops the first entry", (now) => now.slice(1)],
		["swaps two entries", ([a = "", b = "", c = "", d = ""]) => [a, c, b, d]],
		["repeats an entry", ([a = "", b = "", ...rest]) => [a, b, b, ...rest]],
		[
			"replaces an entry by one of another history at the same position",
			([a = "", , ...rest], [, b = ""]) => [a, b, ...rest],
		],
		["begins with another history", (now, other) => [...other.slice(0, 2), ...now.slice(2)]],
		["continues with another history", (now, other) => [...now.slice(0, 2), ...other.slice(2)]],
		["empties an entry", ([a = "", , ...rest]) => [a, "{}", ...rest]],
	])("is detected if it %s", async (_, tamper) => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const histories: string[][] = [];
			for (const end of ["", "z"]) {
				await store.deleteStreams(STREAM);
				const { events } = reader(store, key);
				for (const name of NAMES) await events.append(() => created(name + end));
				histories.push(await bodies(store));
			}
			const [other = [], now = []] = histories;
			await replace(store, STREAM, tamper(now, other));
			await expect(reader(store, key).events.open()).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
			await replace(store, STREAM, now);
			await expect(reader(store, key).events.open()).resolves.toBeUndefined();
		});
	});

	test("cannot give an app the events of an earlier app of the same name", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const first = reader(store, key, "apps/shop/events", "life-1");
			await first.events.append(() => created("a"));
			const second = reader(store, key, "apps/shop/events", "life-2");
			await expect(second.events.open()).rejects.toMatchObject({ code: "EVENT_FORGED" });
		});
	});
});

describe("a stream of an earlier version", () => {
	test("is read, gets one entry that authenticates all earlier entries, and is continued", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const old = [earlier(key, 1, created("a")), earlier(key, 2, created("b"))];
			await replace(store, STREAM, old);
			const one = reader(store, key);
			await one.events.open();
			await one.events.append(() => created("c"));
			const two = reader(store, key);
			await two.events.open();
			expect([one.seen, two.seen]).toEqual([NAMES, NAMES]);
			const all = await bodies(store);
			expect(all).toHaveLength(4);
			expect(all.slice(0, 2)).toEqual(old);
			expect(JSON.parse(all[2] ?? "")).toMatchObject({ type: "chained" });
			const swapped = [all[0], earlier(key, 2, created("y")), all[2], all[3]];
			for (const tampered of [swapped, [...all, earlier(key, 5, created("z"))]]) {
				await replace(store, STREAM, tampered as string[]);
				await expect(reader(store, key).events.open()).rejects.toMatchObject({ code: "EVENT_FORGED" });
			}
		});
	});

	test.each<[string, (key: Uint8Array) => string]>([
		["at another position", (key) => earlier(key, 2, created("a"))],
		["with another key", () => earlier(randomBytes(32), 1, created("a"))],
		["without a code", () => JSON.stringify(created("a"))],
	])("is refused if it has an entry %s", async (_, entry) => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			await replace(store, STREAM, [entry(key)]);
			await expect(reader(store, key).events.open()).rejects.toMatchObject({ code: "EVENT_FORGED" });
		});
	});

	const NAMES = ["a", "b", "c"];
});
