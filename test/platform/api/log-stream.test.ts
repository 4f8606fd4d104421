/** The stream of functions' lines: what ends it, and who reads too slowly. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import { type LogEvent, logEventSchema } from "../../../src/protocol/function-log.ts";
import { logOf } from "../core-fixture.ts";
import { APP, ORIGIN, platform } from "./api-fixture.ts";

const PATH = `/v1/apps/${APP}/logs/stream?function=hello&limit=0`;
const TIME = "2026-01-01T00:00:00.000Z";

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
	vi.useRealTimers();
});

/** A client that reads one event after the other. */
class Reader {
	readonly #reader: ReadableStreamDefaultReader<string>;
	#rest = "";

	constructor(response: Response) {
		if (!response.body) throw new Error("There is no body.");
		this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	}

	/** The next event; undefined at the end. */
	async next(): Promise<LogEvent | undefined> {
		for (;;) {
			const end = this.#rest.indexOf("\n");
			if (end >= 0) {
				const line = this.#rest.slice(0, end);
				this.#rest = this.#rest.slice(end + 1);
				return logEventSchema.parse(JSON.parse(line));
			}
			const { done, value } = await this.#reader.read();
			if (done) return undefined;
			this.#rest += value;
		}
	}

	cancel(): Promise<void> {
		return this.#reader.cancel();
	}

	/** The next event that is no ping. */
	async tell(): Promise<LogEvent | undefined> {
		let event = await this.next();
		while (event?.type === "ping") event = await this.next();
		return event;
	}
}

function say(message: string): void {
	platform.core.logs.append(...logOf(platform, APP, "hello"), { time: TIME, level: "info", message });
}

async function open(closing = new AbortController()) {
	const api = createApi({
		core: platform.core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
		closing: closing.signal,
	});
	const { core, clock } = platform;
	const { token, id } = await core.tokens.create({ scopes: ["read"], app: APP }, clock.now());
	const headers = { authorization: `Bearer ${token}` };
	const response = await api(new Request(ORIGIN + PATH, { headers }));
	const reader = new Reader(response);
	if (!closing.signal.aborted) expect(await reader.next()).toEqual({ type: "ping" });
	return { reader, response, id };
}

test("tells what comes, and says every 15 s that it is there", async () => {
	const { reader } = await open();
	say("one");
	expect(await reader.next()).toEqual({
		type: "line",
		function: "hello",
		line: { time: TIME, level: "info", message: "one" },
	});
	vi.advanceTimersByTime(15_000);
	expect(await reader.next()).toEqual({ type: "ping" });
});

test("ends when the token is revoked", async () => {
	const { reader, id } = await open();
	await platform.core.tokens.revoke(id, platform.clock.now());
	vi.advanceTimersByTime(15_000);
	expect(await reader.tell()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
});

test("ends when the platform closes, before it begins, too", async () => {
	const closing = new AbortController();
	const { reader } = await open(closing);
	closing.abort();
	expect(await reader.tell()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
	const { reader: late } = await open(closing);
	expect(await late.next()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
});

test("ends, and leaves nothing behind, where the lines cannot be read", async () => {
	const broken = vi.spyOn(platform.core.logs, "follow").mockRejectedValueOnce(new Error("the disk is gone"));
	const { core } = platform;
	const api = createApi({
		core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
	});
	const headers = { authorization: `Bearer ${platform.token}` };
	const reader = new Reader(await api(new Request(ORIGIN + PATH, { headers })));
	expect(await reader.tell()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
	broken.mockRestore();
});

test("a client that goes leaves nothing behind", async () => {
	const { reader } = await open();
	await reader.cancel();
	expect(vi.getTimerCount()).toBe(0);
});

test("leaves lines out for a client that reads too slowly, and says how many", async () => {
	const { reader } = await open();
	const message = "x".repeat(10_000);
	for (let index = 0; index < 1_000; index++) say(message);
	let read = 0;
	let event = await reader.tell();
	for (; event?.type === "line"; event = await reader.tell()) {
		read++;
		// What it has room for again tells it what it missed.
		if (read === 50) say("after");
	}
	expect(event).toEqual({ type: "dropped", lines: expect.any(Number) });
	const dropped = event?.type === "dropped" ? event.lines : 0;
	expect(read + dropped).toBe(1_000);
	expect(dropped).toBeGreaterThan(500);
	expect(await reader.tell()).toMatchObject({ type: "line", line: { message: "after" } });
});
