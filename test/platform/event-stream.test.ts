import { describe, expect, test } from "vitest";
import { randomBytes } from "../../src/crypto.ts";
import { EventStream } from "../../src/platform/event-stream.ts";
import { type PlatformEvent, platformEventSchema } from "../../src/platform/events.ts";
import { openStore } from "../../src/platform/store/open.ts";
import type { Store } from "../../src/platform/store/store.ts";
import { testPlace } from "./core-fixture.ts";

const STREAM = "platform";

function created(app: string): PlatformEvent {
	return { type: "app-created", app, vaultId: "v", environment: "production", atMs: 1 };
}

function reader(store: Store, key: Uint8Array, stream = STREAM) {
	const seen: string[] = [];
	const apply = (event: PlatformEvent) => seen.push(event.app);
	const events = new EventStream({
		store,
		stream,
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

describe("a stream of the platform's events", () => {
	test("is read as it was written, others' events passed over", async () => {
		await withStore(async (store) => {
			const key = randomBytes(32);
			const one = reader(store, key);
			await one.events.append(() => created("a"));
			await store.append(STREAM, 1, JSON.stringify({ type: "token-created", mac: "x" }));
			await one.events.append(() => created("b"));
			const two = reader(store, key);
			await two.events.catchUp();
			expect([one.seen, two.seen]).toEqual([
				["a", "b"],
				["a", "b"],
			]);
		});
	});

	test("takes nothing that it could not read back", async () => {
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

	test("lets two writers append in turn, each told of the other's first", async () => {
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
		["without its code", (body) => JSON.stringify({ ...JSON.parse(body), mac: undefined })],
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
