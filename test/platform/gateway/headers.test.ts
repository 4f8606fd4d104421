import { describe, expect, test } from "vitest";
import {
	forwardedRequestHeaders,
	forwardedResponseHeaders,
	isRequestId,
} from "../../../src/platform/gateway/headers.ts";

const client = {
	...{ address: "198.51.100.7", prefix: "/shop/pay", requestId: "r-1", isTrusted: false },
	scheme: "http" as "http" | "https",
};
const SAID = [
	"x-forwarded-for",
	"198.51.100.7",
	"x-forwarded-proto",
	"http",
	"x-forwarded-host",
	"shop.example",
	"x-forwarded-prefix",
	"/shop/pay",
	"x-request-id",
	"r-1",
];

describe("to the function", () => {
	test("end-to-end headers keep order, spelling and repetition", () => {
		const raw = [
			"Host",
			"shop.example",
			"X-Twice",
			"1",
			"x-twice",
			"2",
			"Cookie",
			"a=b",
			"Content-Length",
			"3",
		];
		expect(forwardedRequestHeaders(raw, client)).toEqual([...raw, ...SAID]);
	});

	test("only the platform can set the headers of an automation", () => {
		const raw = [
			"X-Coffer-Automation",
			"report",
			"x-coffer-due",
			"2027-03-01T09:00:00.000Z",
			"x-coffer",
			"1",
		];
		expect(forwardedRequestHeaders(raw, client).slice(0, 4)).toEqual(["x-coffer", "1", ...SAID.slice(0, 2)]);
	});

	test("hop-by-hop headers, and headers that Connection names, are not forwarded", () => {
		const raw = [
			"Host",
			"shop.example",
			"Connection",
			"close, X-Private",
			"connection",
			"x-other ",
			"X-Private",
			"1",
			"x-other",
			"2",
			"Keep-Alive",
			"timeout=5",
			"TE",
			"trailers",
			"Trailer",
			"x",
			"Upgrade",
			"h2c",
			"Transfer-Encoding",
			"chunked",
			"Proxy-Authorization",
			"Basic x",
			"Proxy-Connection",
			"close",
			"Expect",
			"100-continue",
		];
		expect(forwardedRequestHeaders(raw, client)).toEqual(["Host", "shop.example", ...SAID]);
	});

	test("Connection cannot remove Host, Content-Length or the gateway's own headers", () => {
		const raw = [
			"Host",
			"shop.example",
			"Content-Length",
			"3",
			"Connection",
			"host, content-length, x-forwarded-for, x-request-id",
		];
		expect(forwardedRequestHeaders(raw, client)).toEqual([
			"Host",
			"shop.example",
			"Content-Length",
			"3",
			...SAID,
		]);
	});

	test("a client's own x-forwarded headers count only if the operator trusts the client", () => {
		const raw = [
			"Host",
			"shop.example",
			"X-Forwarded-For",
			"192.0.2.1",
			"x-forwarded-for",
			"192.0.2.2",
			"X-Forwarded-Proto",
			"https",
			"X-Forwarded-Host",
			"public.example",
			"X-Forwarded-Prefix",
			"/other",
			"Forwarded",
			"for=192.0.2.1",
			"X-Request-Id",
			"r-1",
		];
		expect(forwardedRequestHeaders(raw, client)).toEqual(["Host", "shop.example", ...SAID]);
		expect(forwardedRequestHeaders(raw, { ...client, isTrusted: true })).toEqual([
			"Host",
			"shop.example",
			"forwarded",
			"for=192.0.2.1",
			"x-forwarded-for",
			"192.0.2.1, 192.0.2.2, 198.51.100.7",
			"x-forwarded-proto",
			"https",
			"x-forwarded-host",
			"public.example",
			"x-forwarded-prefix",
			"/shop/pay",
			"x-request-id",
			"r-1",
		]);
	});
});

describe("to the client", () => {
	test("repeated headers stay, hop-by-hop headers are removed, the request id is added", () => {
		const raw = [
			"Set-Cookie",
			"a=1",
			"set-cookie",
			"b=2",
			"Connection",
			"x-hop",
			"X-Hop",
			"1",
			"Transfer-Encoding",
			"chunked",
		];
		expect(forwardedResponseHeaders(raw, "r-1")).toEqual([
			"Set-Cookie",
			"a=1",
			"set-cookie",
			"b=2",
			"x-request-id",
			"r-1",
		]);
	});

	test("a request id that the function sends stays", () => {
		expect(forwardedResponseHeaders(["X-Request-Id", "mine"], "r-1")).toEqual(["X-Request-Id", "mine"]);
	});
});

test("a client's request id is passed on only if it is safe in a log", () => {
	expect(["a", "A.b-c_9", "x".repeat(128)].every(isRequestId)).toBe(true);
	expect(["", "x".repeat(129), "a b", "a\nb", "é", undefined, ["a"]].some(isRequestId)).toBe(false);
});
