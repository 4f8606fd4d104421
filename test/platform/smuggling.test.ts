/** Requests that two HTTP parsers could read differently, to the control API. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ControlListener } from "../../src/platform/api/control-listener.ts";
import { exchange, statusesOf } from "./gateway/fixtures/raw.ts";
import { smugglingCases } from "./gateway/fixtures/smuggling-cases.ts";

const LAST = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/** In the order of their arrival; without the body if it is incomplete. */
const seen: { path: string; body?: string }[] = [];
const whole = () => seen.filter(({ body }) => body !== undefined).map(({ path, body }) => [path, body]);
// The requests that the listener reads. Authentication does not matter here.
const listener = new ControlListener(async (request) => {
	const { pathname } = new URL(request.url);
	const one: (typeof seen)[number] = { path: pathname };
	seen.push(one);
	one.body = await request.text();
	return new Response("served");
});
let port: number;
beforeAll(async () => {
	({ port } = await listener.listen({ host: "127.0.0.1", port: 0 }));
});
afterAll(() => listener.close(0));

describe.each(smugglingCases(""))("$name", ({ bytes, outcome }) => {
	test(outcome === "refused" ? "is refused, and the connection ends" : "is read in one way", async () => {
		seen.splice(0);
		const statuses = statusesOf(await exchange(port, bytes + LAST));
		if (outcome === "refused") {
			expect(whole()).toEqual([]);
			expect(statuses).toEqual([expect.toSatisfy((status: number) => status >= 400 && status < 500)]);
		} else {
			expect(whole()).toEqual([...outcome, ["/last", ""]]);
			expect(statuses).toEqual(seen.map(() => 200));
		}
	});
});
