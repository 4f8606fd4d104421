import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { type Api, createApi } from "../../../src/platform/api/api.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { MESSAGE_LIMITS, staleSchema } from "../../../src/protocol/messages.ts";
import { ROUTES, type Route, routePath, type Scope } from "../../../src/protocol/routes.ts";
import { linesOf, TestClient } from "../client-fixture.ts";
import { openTestCore, type TestCore } from "../core-fixture.ts";
import { TestVault } from "../vault-fixture.ts";

const ORIGIN = "http://127.0.0.1:8081";
const APP = "shop";
const BLOB = utf8("export const one = 1;");
const SCOPES: readonly Scope[] = ["read", "sync", "deploy", "admin"];

let platform: TestCore;
let api: Api;
let client: TestClient;
let vault: TestVault;

beforeAll(async () => {
	platform = await openTestCore();
	vault = new TestVault().add(platform.identity, "reader", "platform");
	api = createApi({
		core: platform.core,
		hosts: { bound: "127.0.0.1", names: ["coffer.example.com"] },
		listenUrl: "http://127.0.0.1:8080",
	});
	client = new TestClient((path, init) => api(new Request(ORIGIN + path, init)), platform.token);
	const { revision, head } = await client.createApp(APP, vault);
	const record = vault.record("A", 1, "a");
	await client.send(APP, vault.change(APP, { revision, head }, [record], { header: vault.header }));
	await client.deploy(APP, { "functions/hello/index.ts": "export default () => new Response('hello');" });
});

afterAll(async () => await platform[Symbol.asyncDispose]());

/** A request that each route answers with success. */
async function good(name: keyof typeof ROUTES): Promise<{ path: string; body?: unknown }> {
	const { revision, head } = await client.showApp(APP);
	const version = (platform.core.apps.get(APP).state.records.get("B")?.version ?? 0) + 1;
	const parameters = { app: APP, hash: blobHash(BLOB) };
	const path = routePath(ROUTES[name], parameters);
	if (name === "createApp") return { path, body: { vaultId: vault.vaultId, environment: "production" } };
	if (name === "appendChange") {
		return { path, body: vault.change(APP, { revision, head }, [vault.record("B", version, "b")]) };
	}
	if (name === "putBlob") return { path, body: BLOB };
	if (name === "deploy") return { path, body: { files: [], functions: [], prune: false } };
	if (name === "readLogs") return { path: `${path}?function=hello` };
	if (name === "deleteFunctions") {
		await client.deploy(APP, { "functions/gone/index.ts": "export default () => new Response();" });
		return { path: `${path}?name=gone` };
	}
	if (name === "deleteApp") {
		await client.createApp("doomed", vault);
		return { path: "/v1/apps/doomed" };
	}
	return { path };
}

async function send(route: Route, path: string, token: string | undefined, body?: unknown, type?: string) {
	const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
	const isBytes = body instanceof Uint8Array;
	if (body !== undefined)
		headers.set("content-type", type ?? (isBytes ? "application/octet-stream" : "application/json"));
	const text = isBytes || typeof body === "string" || body === undefined ? body : JSON.stringify(body);
	const init = { method: route.method, headers, body: (text ?? null) as BodyInit | null };
	return await api(new Request(ORIGIN + path, init), `test-${Math.random()}`);
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(response.headers.get("cache-control")).toBe("no-store");
	const body = await response.text();
	expect(body).not.toMatch(/node_modules|\.ts:|at \w+ \(|coffer-core-/);
	expect(JSON.parse(body)).toMatchObject({ status, code });
	expect(response.status).toBe(status);
}

const ALL = Object.entries(ROUTES) as [keyof typeof ROUTES, Route][];
const CLOSED = ALL.filter(([, route]) => route.scope !== undefined);
const WITH_BODY = CLOSED.filter(([name]) =>
	["createApp", "appendChange", "putBlob", "deploy"].includes(name),
);
const JSON_ROUTES = WITH_BODY.filter(([name]) => name !== "putBlob");

describe("every route", () => {
	test.each(ALL)("%s answers a good request, and nobody may keep the answer", async (name, route) => {
		const { path, body } = await good(name);
		const response = await send(route, path, route.scope && platform.token, body);
		expect(response.status, await response.clone().text()).toBeLessThan(300);
		expect(response.headers.get("cache-control")).toBe("no-store");
	});

	test.each(CLOSED)("%s asks for a token", async (_, route) => {
		const path = routePath(route, { app: APP, hash: blobHash(BLOB) });
		const response = await send(route, path, undefined);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
		await expectProblem(response, 401, "TOKEN_MISSING");
		await expectProblem(await send(route, path, `${platform.token.slice(0, -1)}x`), 401, "TOKEN_INVALID");
	});

	test.each(CLOSED)("%s asks for its scope", async (name, route) => {
		const scopes = SCOPES.filter((scope) => scope !== route.scope && scope !== "admin");
		const { token } = await platform.core.tokens.create({ scopes }, platform.clock.now());
		const { path, body } = await good(name);
		await expectProblem(await send(route, path, token, body), 403, "TOKEN_SCOPE");
	});

	test.each(CLOSED)("%s refuses a token that is for another app", async (name, route) => {
		const grant = { scopes: ["admin"] as const, app: "elsewhere" };
		const { token } = await platform.core.tokens.create(grant, platform.clock.now());
		const { path, body } = await good(name);
		await expectProblem(await send(route, path, token, body), 403, "TOKEN_SCOPE");
	});

	test.each(CLOSED.filter(([, { path }]) => path.includes(":app")))(
		"%s answers 404 for an app that is not there",
		async (name, route) => {
			if (name === "createApp")
				return expect((await send(route, "/v1/apps/..", platform.token, {})).status).toBe(404);
			const { path, body } = await good(name);
			const elsewhere = path.replace(/\/apps\/[a-z]+/, "/apps/nowhere");
			await expectProblem(await send(route, elsewhere, platform.token, body), 404, "APP_NOT_FOUND");
		},
	);

	test.each(ALL)("%s takes no other method", async (_, route) => {
		const path = routePath(route, { app: APP, hash: blobHash(BLOB) });
		const response = await send({ ...route, method: "PATCH" as "PUT" }, path, platform.token);
		expect(response.headers.get("allow")).toContain(route.method);
		await expectProblem(response, 405, "METHOD_NOT_ALLOWED");
	});

	test.each(ALL)("%s refuses web pages and foreign host names", async (_, route) => {
		const url = ORIGIN + routePath(route, { app: APP, hash: blobHash(BLOB) });
		for (const origin of ["https://evil.example", "null", ORIGIN]) {
			const request = new Request(url, { method: route.method, headers: { origin } });
			await expectProblem(await api(request), 403, "ORIGIN_REFUSED");
		}
		const request = new Request(url, { method: route.method, headers: { host: "evil.example" } });
		await expectProblem(await api(request), 421, "HOST_UNKNOWN");
	});
});

describe("a body", () => {
	test.each(WITH_BODY)("of another type is refused by %s", async (name, route) => {
		const { path, body } = await good(name);
		const response = await send(route, path, platform.token, body, "text/plain");
		await expectProblem(response, 415, "MEDIA_TYPE_UNSUPPORTED");
	});

	test.each(JSON_ROUTES)("that is not JSON is refused by %s", async (name, route) => {
		const { path } = await good(name);
		for (const body of ["", "{", '{"a":1}}', "\ufeff{}", utf8('"\\').slice(0, 2)]) {
			await expectProblem(
				await send(route, path, platform.token, body, "application/json"),
				400,
				"JSON_INVALID",
			);
		}
		const latin1 = new Uint8Array([0x22, 0xe9, 0x22]);
		await expectProblem(
			await send(route, path, platform.token, latin1, "application/json"),
			400,
			"JSON_INVALID",
		);
	});

	test.each(JSON_ROUTES)("that nests as deep as its size allows is refused by %s", async (name, route) => {
		const { path } = await good(name);
		const body = '{"a":['.repeat(name === "createApp" ? 10_000 : 1_000_000);
		await expectProblem(
			await send(route, path, platform.token, body, "application/json"),
			400,
			"JSON_INVALID",
		);
	});

	test.each(JSON_ROUTES)(
		"of another shape is refused by %s, and what it held is not repeated",
		async (name, route) => {
			const { path, body } = await good(name);
			for (const wrong of [null, [], "canary-value", { ...(body as object), extra: "canary-value" }, {}]) {
				const response = await send(route, path, platform.token, wrong ?? "null", "application/json");
				expect(await response.clone().text()).not.toContain("canary-value");
				await expectProblem(response, 400, wrong === "canary-value" ? "JSON_INVALID" : "MESSAGE_INVALID");
			}
		},
	);

	test.each(WITH_BODY)("that is too large is cut off while %s reads it", async (name, route) => {
		const { path } = await good(name);
		let sent = 0;
		const chunk = new Uint8Array(1024 * 1024);
		const body = new ReadableStream<Uint8Array>({
			pull(controller) {
				sent += chunk.length;
				controller.enqueue(chunk);
			},
		});
		const type = name === "putBlob" ? "application/octet-stream" : "application/json";
		const headers = { authorization: `Bearer ${platform.token}`, "content-type": type };
		const init = { method: route.method, headers, body, duplex: "half" } as RequestInit;
		await expectProblem(await api(new Request(ORIGIN + path, init)), 413, "BODY_TOO_LARGE");
		expect(sent).toBeLessThan(MESSAGE_LIMITS.blobBytes + 4 * chunk.length);
	});
});

describe("what there is not", () => {
	test.each(["/", "/v1", "/v1/apps/shop/secrets", "/v2/apps", "/healthz/x", "//v1/apps"])(
		"%s is 404",
		async (path) => {
			await expectProblem(await send(ROUTES.health, path, platform.token), 404, "ROUTE_NOT_FOUND");
		},
	);
});

describe("hosts", () => {
	test.each(["127.0.0.1:1", "localhost", "[::1]:8081", "coffer.example.com", "COFFER.example.com:443"])(
		"%s is one of ours",
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
	])("%s is not", async (host) => {
		const request = new Request(`${ORIGIN}/healthz`, { headers: { host } });
		await expectProblem(await api(request), 421, "HOST_UNKNOWN");
	});
});

describe("failed attempts", () => {
	test("end in 429 for that address alone, until a minute is over; a valid token always passes", async () => {
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

describe("changes", () => {
	test("are paged, and come back as they were sent", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("C")?.version ?? 0) + 1;
		const change = vault.change(APP, { revision, head }, [vault.record("C", version, "c")]);
		const [accepted, done] = await client.send(APP, change);
		expect(accepted).toMatchObject({ type: "accepted", revision: revision + 1, since: [] });
		expect(done).toMatchObject({ type: "done", untouched: expect.arrayContaining(["hello"]) });
		const response = await client.call(ROUTES.readChanges, { app: APP }, undefined, `?after=${revision}`);
		const page = (await response.json()) as { head: string; entries: unknown[] };
		expect(page.entries).toEqual([{ revision: revision + 1, head: page.head, change }]);
	});

	test.each(["-1", "x", "1.5", "1e3", "99999999999999999999", ""])("after=%s is refused", async (after) => {
		const response = await client.call(ROUTES.readChanges, { app: APP }, undefined, `?after=${after}`);
		await expectProblem(response, 400, "REQUEST_INVALID");
	});

	test("that are stale come back with what came since", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("D")?.version ?? 0) + 1;
		const base = { revision, head };
		await client.send(APP, vault.change(APP, base, [vault.record("D", version, "mine")]));
		const late = vault.change(APP, base, [vault.record("D", version, "late")]);
		const response = await client.call(ROUTES.appendChange, { app: APP }, late);
		const problem = (await response.clone().json()) as object;
		await expectProblem(response, 409, "CHANGE_STALE");
		const stale = staleSchema.parse(problem);
		expect(stale.entries.map((entry) => entry.revision)).toEqual([revision + 1]);
		expect(stale.revision).toBe(revision + 1);
	});

	test("sent twice get the first answer and are one entry", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("E")?.version ?? 0) + 1;
		const change = vault.change(APP, { revision, head }, [vault.record("E", version, "e")]);
		const [first, second] = await Promise.all([client.send(APP, change), client.send(APP, change)]);
		expect(second).toEqual(first);
		expect((await client.showApp(APP)).revision).toBe(revision + 1);
	});
});

describe("apps and functions", () => {
	test("an app that is bound to another vault is not handed out", async () => {
		const body = { vaultId: new TestVault().vaultId, environment: "production" };
		await expectProblem(await client.call(ROUTES.createApp, { app: APP }, body), 409, "APP_TAKEN");
	});

	test.each(["Shop", "-shop", "shop_1", "a".repeat(64), "__proto__", "%2e%2e"])(
		"the id %s is refused",
		async (app) => {
			const body = { vaultId: vault.vaultId, environment: "production" };
			const response = await client.call(ROUTES.createApp, { app }, body);
			await expectProblem(response, 400, "MESSAGE_INVALID");
		},
	);

	test("deleting one that is not there deletes nothing", async () => {
		const response = await client.call(
			ROUTES.deleteFunctions,
			{ app: APP },
			undefined,
			"?name=hello&name=nobody",
		);
		await expectProblem(response, 404, "FUNCTION_NOT_FOUND");
		expect((await client.functions(APP)).map(({ name }) => name)).toContain("hello");
	});

	test.each(["../etc", "a/../b", "a//b", "/a", "a/", ".hidden", "a b", "a%2fb", "a\nb"])(
		"a function cannot be called %j",
		async (name) => {
			const files = [["functions/x/index.ts", blobHash(BLOB)]];
			await client.call(ROUTES.putBlob, { app: APP, hash: blobHash(BLOB) }, BLOB);
			const body = { files, functions: [{ name, entry: "functions/x/index.ts" }], prune: false };
			const lines = await linesOf(await client.call(ROUTES.deploy, { app: APP }, body));
			expect(lines).toEqual([
				{ type: "problem", problem: expect.objectContaining({ code: "UPLOAD_FUNCTION_INVALID" }) },
			]);
		},
	);

	test("a blob must have the hash that it is sent under", async () => {
		const response = await client.call(ROUTES.putBlob, { app: APP, hash: blobHash(utf8("other")) }, BLOB);
		await expectProblem(response, 422, "BLOB_HASH_MISMATCH");
	});
});
