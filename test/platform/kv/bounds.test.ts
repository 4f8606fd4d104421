/** What the functions of one app can take of the thread and the memory of the stores, from other apps and the platform. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { KvConnection } from "../../../src/platform/kv/kv-connection.ts";
import { KvServer } from "../../../src/platform/kv/kv-server.ts";
import { KvStore } from "../../../src/platform/kv/kv-store.ts";
import { Answers, keyOf, rawConnection, requestFrame, writeOf } from "./raw.ts";

const MIB = 1024 * 1024;
const VALUE = "x".repeat(60_000);

let folder: string;
let server: KvServer;
const errors: string[] = [];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-kv-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
	const onError = (error: unknown) => errors.push(String(error));
	server = new KvServer({ directory: join(folder, "kv"), maxBytes: 64 * MIB, now: Date.now, onError });
});
afterEach(() => {
	server.close();
	expect(errors.splice(0)).toEqual([]);
});

test("an app is answered before most requests of another app with many processes", async () => {
	const flood = await Promise.all(
		Array.from({ length: 24 }, (_, index) => rawConnection(server, folder, "f1", `flood${index}`)),
	);
	const small = await rawConnection(server, folder, "a1");
	const floodAnswers = flood.map((socket) => new Answers(socket));
	const answers = new Answers(small);
	const names = Array.from({ length: 300 }, (_, index) => `k${index}`);
	for (const socket of flood) socket.write(requestFrame(writeOf(names)));
	small.write(requestFrame(writeOf(["k"])));
	await answers.count(1);
	expect(floodAnswers.filter(({ all }) => all.length > 0).length).toBeLessThan(12);
	await Promise.all(floodAnswers.map((one) => one.count(1)));
	for (const socket of [small, ...flood]) socket.destroy();
});

/** A connection whose process does not read, with watches for the same ten large values. */
async function unreadWatches(store: KvStore, names: readonly string[], count: number) {
	const path = join(folder, "unread");
	const listener = createServer({ pauseOnConnect: true }).listen(path);
	await once(listener, "listening");
	const client = connect(path);
	const [socket] = (await once(listener, "connection")) as [import("node:net").Socket];
	listener.close();
	const waiting: { run(): void }[] = [];
	const connection = new KvConnection(socket, {
		store: () => store,
		askForTurn: (turn) => {
			if (!waiting.includes(turn)) waiting.push(turn);
		},
		onHandled: () => {},
		onError: (error) => errors.push(String(error)),
		onClose: () => {},
	});
	socket.resume();
	const serve = () => {
		for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) turn.run();
	};
	const seen = names.map((name) => {
		const row = store.get(Buffer.from(keyOf(name), "base64url"));
		return `${(row?.version ?? 0).toString(16).padStart(16, "0")}0000`;
	});
	for (let id = 0; id < count; id++)
		client.write(requestFrame({ op: "watch", id, keys: names.map(keyOf), seen }));
	return { client, connection, serve, socket };
}

test("answers to watches wait in the store, and not in memory, until the process reads them", async () => {
	const store = new KvStore(join(folder, "watched.db"), { maxBytes: 64 * MIB, now: Date.now });
	const names = Array.from({ length: 10 }, (_, index) => `w${index}`);
	const write = (name: string, text: string) =>
		store.write({
			checks: [],
			mutations: [{ key: Buffer.from(keyOf(name), "base64url"), type: "set", value: [3, Buffer.from(text)] }],
		});
	for (const name of names) write(name, VALUE);
	const { client, connection, serve, socket } = await unreadWatches(store, names, 40);
	client.pause();
	const pump = setInterval(serve, 1);
	await expect.poll(() => socket.bytesRead).toBe(client.bytesWritten);
	serve();
	write("w0", VALUE);
	write("w1", VALUE);
	serve();
	// One answer has about 800 KB.
	expect(socket.writableLength).toBeGreaterThan(0);
	expect(socket.writableLength).toBeLessThan(2 * MIB);
	const answers = new Answers(client);
	client.resume();
	await answers.count(40);
	clearInterval(pump);
	expect(new Set(answers.all.map(({ id }) => id)).size).toBe(40);
	connection.destroy();
	client.destroy();
	store.close();
});

test("a read that meets many expired entries takes a limited time, and goes on after them", () => {
	let nowMs = 1_000;
	const store = new KvStore(join(folder, "expired.db"), { maxBytes: 64 * MIB, now: () => nowMs });
	const key = (name: string) => Buffer.from(keyOf(name), "base64url");
	const value = [3, Buffer.from("v")] as [number, Buffer];
	for (let part = 0; part < 5; part++)
		store.write({
			checks: [],
			mutations: Array.from({ length: 1_000 }, (_, index) => ({
				key: key(`e${part}-${index}`),
				type: "set" as const,
				value,
				expireAt: 2_000,
			})),
		});
	store.write({ checks: [], mutations: [{ key: key("z"), type: "set", value }] });
	nowMs = 3_000;
	let reads = 1;
	let read = store.read([key("e"), key("zz"), 10, false]);
	for (; read.hasMore; reads++) {
		expect(read.rows).toEqual([]);
		read = store.read([key("e"), key("zz"), 10, false]);
	}
	expect(read.rows.map(({ k }) => Buffer.from(k))).toEqual([key("z")]);
	expect(reads).toBe(3);
	store.close();
});

test("many small entries are read in several steps too, in both directions", () => {
	const store = new KvStore(join(folder, "small.db"), { maxBytes: 64 * MIB, now: Date.now });
	const key = (name: string) => Buffer.from(keyOf(name), "base64url");
	const value = [3, Buffer.from("v")] as [number, Buffer];
	for (let part = 0; part < 3; part++)
		store.write({
			checks: [],
			mutations: Array.from({ length: 1_000 }, (_, index) => ({
				key: key(`${part * 1_000 + index + 1_000}`),
				type: "set" as const,
				value,
			})),
		});
	for (const isReverse of [false, true]) {
		const budget = { bytes: MIB };
		const first = store.read([key("0"), key("9"), 1_000, isReverse], budget);
		expect([first.rows.length, first.hasMore]).toEqual([1_000, false]);
		const second = store.read([key("0"), key("9"), 3_000, isReverse], { bytes: MIB });
		expect(second.hasMore).toBe(true);
		expect(second.rows.length).toBeLessThan(2_100);
		expect(second.rows[0] && Buffer.from(second.rows[0].k)).toEqual(key(isReverse ? "3999" : "1000"));
	}
	store.close();
});

test("a request for more entries than Deno permits in all ranges ends the connection", async () => {
	const socket = await rawConnection(server, folder, "b1");
	const ranges = [0, 1].map(() => [keyOf("a"), keyOf("b"), 501, false]);
	socket.write(requestFrame({ op: "read", id: 1, ranges }));
	socket.resume();
	await once(socket, "close");
});
