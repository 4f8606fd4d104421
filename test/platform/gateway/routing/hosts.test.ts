/** Requests to the hosts of apps: which function gets them, and that no other app is reachable. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { appOfHost } from "../../../../src/platform/gateway/syntax/host.ts";
import { call, openStage, type Stage } from "../fixtures/harness.ts";

const HOSTS = new Map([
	["shop.example", "shop"],
	["www.shop.example", "shop"],
	["blog.example", "blog"],
]);
const of = (target: string, ...headers: string[]) => appOfHost(HOSTS, { target, headers });

test.each([
	["shop.example", "shop"],
	["SHOP.Example", "shop"],
	["shop.example.", "shop"],
	["shop.example:8080", "shop"],
	["shop.example.:80", "shop"],
	["shop.example:", "shop"],
	["www.shop.example", "shop"],
	["shop.example.evil", undefined],
	["a.shop.example", undefined],
	["shop.example..", undefined],
	["127.0.0.1:8080", undefined],
	["[::1]:8080", undefined],
	["", undefined],
])("the host %s belongs to %s", (host, app) => {
	expect(of("/x", "accept", "*/*", "HOST", host)).toEqual({ app });
	expect(of(`http://${host}/x`, "Host", host)).toEqual({ app });
});

test("a target and a Host header that name different apps are ambiguous", () => {
	expect(of("http://shop.example/x", "host", "blog.example")).toBe("ambiguous");
	expect(of("http://other.example/x", "host", "blog.example")).toBe("ambiguous");
	expect(of("HTTP://shop.example?x", "host", "other.example")).toBe("ambiguous");
	expect(of("https://shop.example:8/x", "host", "www.shop.example")).toEqual({ app: "shop" });
	expect(of("http://shop.example/x")).toBe("ambiguous");
	expect(of("/x")).toEqual({ app: undefined });
	expect(
		appOfHost(new Map(), { target: "http://shop.example/x", headers: ["host", "blog.example"] }),
	).toEqual({
		app: undefined,
	});
});

let stage: Stage;
const logged: (string | undefined)[][] = [];
const hosts = new Map<string, string>();
beforeAll(async () => {
	stage = await openStage({
		hosts,
		functions: (app) => (app === "shop" || app === "blog" ? new Set(["echo"]) : undefined),
		settings: (app) => ({ nameInPath: app === "blog" }),
		onRequest: ({ app, function: name }, { path }) => void logged.push([app, name, path]),
	});
	await stage.start(
		"echo",
		`Deno.serve(({ url, headers }) => new Response([new URL(url).pathname, headers.get("x-forwarded-prefix"),
			headers.get("x-forwarded-host"), headers.get("host")].join(" ")));`,
	);
});
afterAll(async () => await stage.close());

const ask = async (path: string, host: string) => {
	const { body, status } = await call({ port: stage.port, path, headers: { host } });
	return status === 200 ? body : status;
};

test("a host that is added and removed while the gateway serves", async () => {
	expect(await ask("/echo/x", "Shop.example:80")).toBe(404);
	hosts.set("shop.example", "shop");
	expect(await ask("/echo/x", "Shop.example:80")).toBe("/x /echo Shop.example:80 Shop.example:80");
	expect(await ask("/shop/echo/x", "127.0.0.1")).toBe("/x /shop/echo 127.0.0.1 127.0.0.1");
	hosts.delete("shop.example");
	expect(await ask("/echo/x", "shop.example")).toBe(404);
});

test("under its host, only the app is reachable", async () => {
	for (const [host, app] of HOSTS) hosts.set(host, app);
	for (const path of ["/blog/echo", "/shop/echo", "//blog/echo", "/%62log/echo", "/"])
		expect(await ask(path, "shop.example")).toBe(404);
	expect(await ask("/echo/../blog/echo", "shop.example")).toBe(400);
	expect(await ask("http://blog.example/echo", "shop.example")).toBe(400);
	expect(await ask("http://shop.example/echo", "shop.example")).toBe("/ /echo shop.example shop.example");
	expect(await ask("/echo/y", "blog.example")).toBe("/echo/y / blog.example blog.example");
});

test("a path that matches no function is logged without its long segments", async () => {
	hosts.set("shop.example", "shop");
	logged.length = 0;
	await ask(`/${"s".repeat(60)}/pay/x`, "shop.example");
	expect(logged).toEqual([["shop", undefined, "/…/pay/…"]]);
});
