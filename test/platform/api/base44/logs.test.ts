/** The Base44 CLI's logs: which lines, in which order, and how a stream begins and ends. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApi } from "../../../../src/platform/api/api.ts";
import { logOf } from "../../fixtures/core.ts";
import { APP, api, ORIGIN, platform, useApi } from "../api-fixture.ts";

useApi();

const BASE = `/api/apps/${APP}/functions-mgmt`;
const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;

async function newToken() {
	return await platform.core.tokens.create({ scopes: ["base44"], app: APP }, platform.clock.now());
}

async function get(path: string, by = api): Promise<Response> {
	const { token } = await newToken();
	return await by(new Request(ORIGIN + BASE + path, { headers: { api_key: token } }));
}

describe("stored log lines", () => {
	const SENT = ["one", "two", "three", "four"];
	beforeEach(async () => {
		await platform.core.logs.forget(...logOf(platform, APP, "hello"));
		for (const [index, message] of SENT.entries()) {
			const level = message === "three" ? "error" : "info";
			platform.core.logs.append(...logOf(platform, APP, "hello"), { time: at(index + 1), level, message });
		}
	});

	test.each([
		["", ["four", "three", "two", "one"]],
		["?order=asc", SENT],
		["?limit=2", ["four", "three"]],
		["?limit=2&order=asc", ["one", "two"]],
		["?level=error", ["three"]],
		["?level=debug", []],
		[`?since=${at(2)}&until=${at(3)}&order=asc`, ["two", "three"]],
	])("%s", async (query, messages) => {
		const lines = (await (await get(`/hello/logs${query}`)).json()) as { message: string }[];
		expect(lines.map(({ message }) => message)).toEqual(messages);
		for (const line of lines) expect(Object.keys(line).sort()).toEqual(["level", "message", "time"]);
	});

	test.each(["level=loud", "limit=0", "limit=1001", "order=up", "since=yesterday"])(
		"refuses %s, with a sentence that the CLI shows",
		async (query) => {
			const answer = await get(`/hello/logs?${query}`);
			expect([answer.status, await answer.json()]).toEqual([
				400,
				expect.objectContaining({ message: expect.stringContaining(query.split("=")[0] ?? "") }),
			]);
		},
	);

	test("answers 404 for a function that does not exist", async () => {
		expect((await get("/nobody/logs")).status).toBe(404);
		expect((await get("/logs/stream?function=hello,nobody")).status).toBe(404);
	});
});

/** The events of a stream, one by one. */
function eventsOf(response: Response): () => Promise<string | undefined> {
	if (response.body === null) throw new Error("There is no body.");
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	return async () => {
		while (!rest.includes("\n\n")) {
			const { done, value } = await reader.read();
			if (done) return undefined;
			rest += value;
		}
		const [event = ""] = rest.split("\n\n", 1);
		rest = rest.slice(event.length + 2);
		return event;
	};
}

describe("a log stream", () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	});
	afterEach(() => {
		vi.useRealTimers();
	});
	const write = (message: string) =>
		platform.core.logs.append(...logOf(platform, APP, "hello"), { time: at(1), level: "info", message });

	test("begins at once, and sends new lines and pings", async () => {
		write("before");
		const response = await get("/logs/stream");
		expect(response.headers.get("content-type")).toBe("text/event-stream");
		const next = eventsOf(response);
		expect(await next()).toBe(": ping");
		write("now");
		expect(await next()).toBe(`data:{"time":"${at(1)}","level":"info","function":"hello","message":"now"}`);
		vi.advanceTimersByTime(15_000);
		expect(await next()).toBe(": ping");
	});

	test("ends with a reason when the token is revoked, and tells the CLI not to retry", async () => {
		const { token, id } = await newToken();
		const request = new Request(`${ORIGIN}${BASE}/logs/stream?function=hello`, {
			headers: { api_key: token },
		});
		const next = eventsOf(await api(request));
		await next();
		await platform.core.tokens.revoke(id, platform.clock.now());
		expect(await next()).toBe('event: end\ndata:{"reason":"token_invalid","retriable":false}');
		expect(await next()).toBeUndefined();
	});

	test("ends with a reason when the platform closes, and tells the CLI to retry", async () => {
		const closing = new AbortController();
		const hosts = { bound: "127.0.0.1", names: [] };
		const other = createApi({
			core: platform.core,
			hosts,
			listenUrl: "http://127.0.0.1:8080",
			closing: closing.signal,
		});
		const next = eventsOf(await get("/logs/stream", other));
		await next();
		closing.abort();
		expect(await next()).toBe('event: end\ndata:{"reason":"platform_closing","retriable":true}');
		expect(await next()).toBeUndefined();
	});
});

describe("refuses requests that the CLI does not make", () => {
	test.each([
		["no token", {}, 401],
		["a token of Coffer's own", { api_key: "own" }, 403],
		["a token of nobody", { api_key: `b44k_${"A".repeat(43)}` }, 401],
	])("%s", async (_, headers: Record<string, string>, status) => {
		const own = headers["api_key"] === "own" ? { api_key: platform.token } : headers;
		const answer = await api(new Request(`${ORIGIN}/api/apps/${APP}/secrets`, { headers: own }));
		expect(answer.status).toBe(status);
	});

	test("another route of Base44's API, and an invalid app id", async () => {
		const { token } = await platform.core.tokens.create({ scopes: ["base44"] }, platform.clock.now());
		const headers = { api_key: token };
		for (const [path, status] of [
			["/api/apps/shop/entities", 404],
			["/api/apps/Not_An_Id/secrets", 400],
		] as const)
			expect((await api(new Request(ORIGIN + path, { headers }))).status).toBe(status);
		expect(platform.core.apps.list().map(({ id }) => id)).toEqual([APP]);
	});
});
