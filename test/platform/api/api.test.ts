import { describe, expect, test } from "vitest";
import { ROUTES, type Route, routePath, type Scope } from "../../../src/protocol/routes.ts";
import { api, expectProblem, ORIGIN, PARAMETERS, platform, send, useApi } from "./api-fixture.ts";
import { good } from "./expected-routes.ts";

useApi();

const SCOPES: readonly Scope[] = ["read", "sync", "deploy", "admin"];
const ALL = Object.entries(ROUTES) as [keyof typeof ROUTES, Route][];
const CLOSED = ALL.filter(([, route]) => route.scope !== undefined);

describe("every route", () => {
	test.each(ALL)(
		"%s answers a good request, and forbids caches to store the response",
		async (name, route) => {
			const { path, body } = await good(name);
			const response = await send(route, path, route.scope && platform.token, body);
			// Some responses never end.
			expect(response.status, response.ok ? "" : await response.clone().text()).toBeLessThan(300);
			expect(response.headers.get("cache-control")).toBe("no-store");
			await response.body?.cancel();
		},
	);

	test.each(CLOSED)("%s requires a token", async (_, route) => {
		const path = routePath(route, PARAMETERS);
		const response = await send(route, path, undefined);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
		await expectProblem(response, 401, "TOKEN_MISSING");
		await expectProblem(await send(route, path, `${platform.token.slice(0, -1)}x`), 401, "TOKEN_INVALID");
	});

	test.each(CLOSED)("%s requires its scope", async (name, route) => {
		const scopes = SCOPES.filter((scope) => scope !== route.scope && scope !== "admin");
		const { token } = await platform.core.tokens.create({ scopes }, platform.clock.now());
		const { path, body } = await good(name);
		await expectProblem(await send(route, path, token, body), 403, "TOKEN_SCOPE");
	});

	test.each(CLOSED.filter(([, { forTokensOfApps }]) => forTokensOfApps !== true))(
		"%s refuses a token for another app",
		async (name, route) => {
			const grant = { scopes: ["admin"] as const, app: "elsewhere" };
			const { token } = await platform.core.tokens.create(grant, platform.clock.now());
			const { path, body } = await good(name);
			await expectProblem(await send(route, path, token, body), 403, "TOKEN_SCOPE");
		},
	);

	test.each(CLOSED.filter(([, { path }]) => path.includes(":app")))(
		"%s answers 404 for an app that does not exist",
		async (name, route) => {
			if (name === "createApp")
				return expect((await send(route, "/v1/apps/..", platform.token, {})).status).toBe(404);
			const { path, body } = await good(name);
			const elsewhere = path.replace(/\/apps\/[a-z]+/, "/apps/nowhere");
			await expectProblem(await send(route, elsewhere, platform.token, body), 404, "APP_NOT_FOUND");
		},
	);

	test.each(ALL)("%s accepts no other method", async (_, route) => {
		const path = routePath(route, PARAMETERS);
		const response = await send({ ...route, method: "PATCH" as "PUT" }, path, platform.token);
		expect(response.headers.get("allow")).toContain(route.method);
		await expectProblem(response, 405, "METHOD_NOT_ALLOWED");
	});

	test.each(ALL)("%s refuses web pages and foreign host names", async (_, route) => {
		const url = ORIGIN + routePath(route, PARAMETERS);
		for (const origin of ["https://evil.example", "null", ORIGIN]) {
			const request = new Request(url, { method: route.method, headers: { origin } });
			await expectProblem(await api(request), 403, "ORIGIN_REFUSED");
		}
		const request = new Request(url, { method: route.method, headers: { host: "evil.example" } });
		await expectProblem(await api(request), 421, "HOST_UNKNOWN");
	});
});

describe("missing apps and functions", () => {
	test.each(["/", "/v1", "/v1/apps/shop/values", "/v2/apps", "/healthz/x", "//v1/apps"])(
		"%s gets a 404",
		async (path) => {
			await expectProblem(await send(ROUTES.health, path, platform.token), 404, "ROUTE_NOT_FOUND");
		},
	);
});

describe("host headers", () => {
	test.each(["127.0.0.1:1", "localhost", "[::1]:8081", "coffer.example.com", "COFFER.example.com:443"])(
		"%s is a host of the platform",
		async (host) => {
			const request = new Request(`${ORIGIN}/healthz`, { headers: { host } });
			expect((await api(request)).status).toBe(200);
		},
	);

	test.each([
		"10.0.0.1",
		"localhost.evil.example",
		"127.0.0.1.nip.io",
		"coffer.example.com.evil",
		"a b",
		"x@localhost",
	])("%s is not a host of the platform", async (host) => {
		const request = new Request(`${ORIGIN}/healthz`, { headers: { host } });
		await expectProblem(await api(request), 421, "HOST_UNKNOWN");
	});
});

describe("failed attempts", () => {
	test("end in 429 for that address alone, until a minute has passed; a valid token is always accepted", async () => {
		const attempt = async (address: string, token: string) => {
			const headers = { authorization: `Bearer ${token}` };
			return (await api(new Request(`${ORIGIN}/v1/apps`, { headers }), address)).status;
		};
		const statuses: number[] = [];
		for (let count = 0; count < 25; count++) statuses.push(await attempt("10.0.0.9", `wrong-${count}`));
		expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
		expect(await attempt("10.0.0.9", platform.token)).toBe(200);
		expect(await attempt("10.0.0.10", "wrong")).toBe(401);
		platform.clock.atMs += 59_999;
		expect(await attempt("10.0.0.9", "wrong")).toBe(429);
		platform.clock.atMs += 1;
		expect(await attempt("10.0.0.9", "wrong")).toBe(401);
	});
});
