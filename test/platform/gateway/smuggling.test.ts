/** Requests that two parsers could read differently: the gateway and the function read the same requests, or none. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "./fixtures/harness.ts";
import { exchange, statusesOf } from "./fixtures/raw.ts";
import { dialTls, useCertificates } from "./fixtures/secure.ts";
import { smugglingCases } from "./fixtures/smuggling-cases.ts";

/** A function that lists the complete requests it got since the last time the list was read. */
const RECORDER = `
	const seen = [];
	export default async (request) => {
		const { pathname, search } = new URL(request.url);
		if (pathname === "/seen") return Response.json(seen.splice(0));
		const headers = Object.fromEntries(request.headers);
		seen.push({ path: pathname + search, body: await request.text(), headers });
		return new Response("served");
	};`;

const LAST = "GET /shop/echo/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

const certificates = useCertificates();
let stage: Stage;
/** A gateway with TLS in front of the same function. */
let secure: Stage;
beforeAll(async () => {
	stage = await openStage();
	const instance = await stage.start("echo", RECORDER);
	secure = await openStage({ tls: certificates.tls });
	secure.current.set("echo", instance);
});
afterAll(async () => {
	await secure.close();
	await stage.close();
});

interface Seen {
	path: string;
	body: string;
	headers: Record<string, string>;
}

async function seen(): Promise<Seen[]> {
	const response = await fetch(`http://127.0.0.1:${stage.port}/shop/echo/seen`);
	return (await response.json()) as Seen[];
}

async function send(bytes: string, isSecure = false): Promise<{ statuses: number[]; seen: Seen[] }> {
	const all = bytes + LAST;
	const answer = await (isSecure ? exchange(secure.port, all, dialTls) : exchange(stage.port, all));
	return { statuses: statusesOf(answer), seen: await seen() };
}

const CASES = smugglingCases("/shop/echo");

test("there are at least 60 cases", () => expect(CASES.length).toBeGreaterThanOrEqual(60));

describe.each([
	["without TLS", false],
	["over TLS", true],
])("%s", (_, isSecure) => {
	test.each(CASES)("$name: both read the same requests, or it is refused", async ({ bytes, outcome }) => {
		const { statuses, seen } = await send(bytes, isSecure);
		const read = seen.map(({ path, body }) => [path, body]);
		if (outcome === "refused") {
			expect(read).toEqual([]);
			expect(statuses).toEqual([expect.toSatisfy((status: number) => status >= 400 && status < 500)]);
		} else {
			expect(read).toEqual([...outcome, ["/last", ""]]);
			expect(statuses).toEqual(read.map(() => 200));
		}
	});
});

describe("an accepted request", () => {
	const get = (lines: readonly string[], target = "/shop/echo/first") =>
		`GET ${target} HTTP/1.1\r\n${["Host: h", ...lines].join("\r\n")}\r\n\r\n`;

	test("with an absolute target is routed by its path, and its host does not replace the Host header", async () => {
		const { seen } = await send(get([], "http://evil.example/shop/echo/first"));
		expect(seen.map(({ path }) => path)).toEqual(["/first", "/last"]);
		expect(JSON.stringify(seen)).not.toContain("evil.example");
	});

	test("reaches the function without hop-by-hop headers and headers that Connection names", async () => {
		const lines = ["Connection: keep-alive, X-Inner", "X-Inner: 1", "TE: trailers", "Keep-Alive: timeout=9"];
		const { seen } = await send(get([...lines, "Proxy-Connection: keep-alive", "X-Outer: 2"]));
		const headers = seen[0]?.headers ?? {};
		expect(headers["x-outer"]).toBe("2");
		for (const name of ["x-inner", "te", "keep-alive", "proxy-connection", "upgrade"])
			expect(headers).not.toHaveProperty(name);
	});

	test("keeps its Content-Length even if Connection names it", async () => {
		const body = "GET /shop/echo/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
		const lines = ["Connection: content-length", `Content-Length: ${body.length}`];
		const { seen } = await send(get(lines).replace("GET", "POST") + body);
		expect(seen.map((one) => [one.path, one.body])).toEqual([
			["/first", body],
			["/last", ""],
		]);
	});

	test("cannot upgrade to HTTP/2", async () => {
		const lines = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
		const { seen, statuses } = await send(get(lines));
		expect(statuses).toEqual([501]);
		expect(seen).toEqual([]);
	});
});
