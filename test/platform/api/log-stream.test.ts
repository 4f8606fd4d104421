/** The stream of functions' lines: its end, and clients that read too slowly. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import { type LogEvent, logEventSchema } from "../../../src/protocol/function-log.ts";
import { logOf } from "../fixtures/core.ts";
import { APP, ORIGIN, platform, useApi } from "./api-fixture.ts";

useApi();

const PATH = `/v1/apps/${APP}/logs/stream?function=hello&limit=0`;
const POSITION = expect.stringMatching(/^[0-9a-z]{9}\.[0-9a-z]{9}$/);
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

	/** The next event that is not a ping. */
	async tell(): Promise<LogEvent | undefined> {
		let event = await this.next();
		while (event?.type === "ping") event = await this.next();
		return event;
	}
}

function say(message: string): void {
	platform.core.logs.append(...logOf(platform, APP, "hello"), { time: TIME, level: "info", message });
}

async function open(closing = new AbortController(), path = PATH) {
	const api = createApi({
		core: platform.core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
		closing: closing.signal,
	});
	const { core, clock } = platform;
	const { token, id } = await core.tokens.create({ scopes: ["read"], app: APP }, clock.now());
	const headers = { authorization: `Bearer ${token}` };
	const response = await api(new Request(ORIGIN + path, { headers }));
	const reader = new Reader(response);
	if (!closing.signal.aborted)
		expect(await reader.next()).toMatchObject({ type: "ping", position: POSITION });
	return { reader, response, id };
}

test("a log stream sends new lines, and a ping every 15 s", async () => {
	const { reader } = await open();
	say("one");
	expect(await reader.next()).toEqual({
		type: "line",
		function: "hello",
		line: { time: TIME, level: "info", message: "one", position: POSITION },
	});
	vi.advanceTimersByTime(15_000);
	expect(await reader.next()).toMatchObject({ type: "ping", position: POSITION });
});

test("a log stream ends when the token is revoked", async () => {
	const { reader, id } = await open();
	await platform.core.tokens.revoke(id, platform.clock.now());
	vi.advanceTimersByTime(15_000);
	expect(await reader.tell()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
});

test("a log stream ends when the platform closes, also before it has begun", async () => {
	const closing = new AbortController();
	const { reader } = await open(closing);
	closing.abort();
	expect(await reader.tell()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
	const { reader: late } = await open(closing);
	expect(await late.next()).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
});

test("a log stream ends and releases everything if the lines cannot be read", async () => {
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

test("a log stream releases everything when the client disconnects", async () => {
	const { reader } = await open();
	await reader.cancel();
	expect(vi.getTimerCount()).toBe(0);
});

test("a log stream omits lines for a client that reads too slowly, and reports how many", async () => {
	const { reader } = await open();
	const message = "x".repeat(10_000);
	for (let index = 0; index < 1_000; index++) say(message);
	let read = 0;
	let event = await reader.tell();
	for (; event?.type === "line"; event = await reader.tell()) {
		read++;
		// When the client has room again, it gets the number of dropped lines.
		if (read === 50) say("after");
	}
	expect(event).toEqual({ type: "dropped", lines: expect.any(Number) });
	const dropped = event?.type === "dropped" ? event.lines : 0;
	expect(read + dropped).toBe(1_000);
	expect(dropped).toBeGreaterThan(500);
	expect(await reader.tell()).toMatchObject({ type: "line", line: { message: "after" } });
});

describe("a client that continues at its position", () => {
	const messageOf = (event: LogEvent | undefined) =>
		event?.type === "line" ? event.line.message : undefined;
	const resume = (position: string, query = "function=hello") =>
		`/v1/apps/${APP}/logs/stream?${query}&limit=0&after=${position}`;

	/** The position at which all lines were sent. */
	function present(): string {
		return platform.core.logs.position();
	}

	/** Opens a stream from which the client reads nothing, not even the first ping. */
	async function again(path: string): Promise<Reader> {
		const api = createApi({
			core: platform.core,
			hosts: { bound: "127.0.0.1", names: [] },
			listenUrl: "http://127.0.0.1:8080",
		});
		const headers = { authorization: `Bearer ${platform.token}` };
		return new Reader(await api(new Request(ORIGIN + path, { headers })));
	}

	test("gets all later lines in order, whatever the limit, and none twice", async () => {
		say("before");
		const position = present();
		const messages = Array.from({ length: 1_500 }, (_, index) => `since ${index}`);
		for (const message of messages) say(message);
		for (const query of ["function=hello", ""]) {
			const reader = await again(resume(position, query));
			for (const message of messages) expect(messageOf(await reader.next())).toBe(message);
			expect(await reader.next()).toMatchObject({ type: "ping", position: present() });
			await reader.cancel();
		}
	});

	test("gets more lines than one batch holds: the platform waits until it has read", async () => {
		const position = present();
		const message = "y".repeat(10_000);
		for (let index = 0; index < 150; index++) {
			say(message);
			// The lines that wait for the disk are limited, too.
			if (index % 50 === 0) await platform.core.logs.read(...logOf(platform, APP, "hello"), { limit: 1 });
		}
		const reader = await again(resume(position));
		let read = 0;
		let event = await reader.next();
		for (; event?.type === "line"; event = await reader.next()) read++;
		expect([read, event?.type]).toEqual([150, "ping"]);
		await reader.cancel();
	});

	test("gets the number of lines that do not fit into one response", async () => {
		const position = present();
		for (let index = 0; index < 10_100; index++) {
			say(`${index}`);
			if (index % 1_000 === 0) await platform.core.logs.read(...logOf(platform, APP, "hello"), { limit: 1 });
		}
		const reader = await again(resume(position));
		expect(await reader.next()).toEqual({ type: "dropped", lines: 100 });
		expect(messageOf(await reader.next())).toBe("100");
		await reader.cancel();
	});

	test("gets an error for an invalid position", async () => {
		const { core } = platform;
		const hosts = { bound: "127.0.0.1", names: [] };
		const api = createApi({ core, hosts, listenUrl: "http://127.0.0.1:8080" });
		const headers = { authorization: `Bearer ${platform.token}` };
		expect((await api(new Request(ORIGIN + resume("yesterday"), { headers }))).status).toBe(400);
	});
});
