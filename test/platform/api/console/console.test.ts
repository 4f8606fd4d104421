/** The routes of the web console: which requests of browsers get in. */
import { describe, expect, test } from "vitest";
import { createApi } from "../../../../src/platform/api/api.ts";
import type { GrantedScope } from "../../../../src/platform/tokens/token-grant.ts";
import { ROUTES, routePath } from "../../../../src/protocol/routes.ts";
import {
	APP,
	api,
	client,
	expectProblem,
	ORIGIN,
	platform,
	sessions,
	useApi,
	vault,
} from "../api-fixture.ts";

useApi();

const SESSION = ORIGIN + ROUTES.openConsoleSession.path;

async function codeFor(scopes: readonly GrantedScope[], app?: string): Promise<{ code: string; id: string }> {
	const { id } = await platform.core.tokens.create({ scopes, app }, platform.clock.now());
	return { id, code: sessions.createCode({ id, scopes, app }).code };
}

function open(code: string, headers: Record<string, string> = { origin: ORIGIN }): Promise<Response> {
	const json = { "content-type": "application/json", host: "127.0.0.1:8081" };
	return api(
		new Request(SESSION, {
			method: "POST",
			headers: { ...json, ...headers },
			body: JSON.stringify({ code }),
		}),
	);
}

/** The headers that a page of the console sends. */
async function login(
	scopes: readonly GrantedScope[] = ["read"],
	app?: string,
): Promise<Record<string, string>> {
	const answer = await open((await codeFor(scopes, app)).code);
	const { proof } = (await answer.json()) as { proof: string };
	const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
	return { cookie: `theme=dark; ${cookie}`, "x-coffer-console": proof, "sec-fetch-site": "same-origin" };
}

const get = (path: string, headers: Record<string, string>, method = "GET") =>
	api(new Request(ORIGIN + path, { method, headers }));

describe("a session of the console", () => {
	test("has a cookie that scripts and other sites cannot use, and with TLS only over TLS", async () => {
		const plain = (await open((await codeFor(["read"])).code)).headers.get("set-cookie") ?? "";
		expect(plain).toMatch(
			/^coffer-console-[\w-]{8}=\S+; Path=\/v1; Max-Age=43200; HttpOnly; SameSite=Strict$/,
		);
		const tls = await open((await codeFor(["read"])).code, { origin: "https://127.0.0.1:8081" });
		expect(tls.headers.get("set-cookie")).toMatch(/; SameSite=Strict; Secure$/);
	});

	test("reads what its token may read, and nothing else", async () => {
		const headers = await login(["read"]);
		expect((await get(`/v1/apps/${APP}/functions`, headers)).status).toBe(200);
		await expectProblem(await get(`/v1/apps/${APP}/secrets`, headers), 403, "TOKEN_SCOPE");
		const bound = await login(["admin"], "elsewhere");
		await expectProblem(await get(`/v1/apps/${APP}/functions`, bound), 403, "TOKEN_SCOPE");
		const shown = await (await get(ROUTES.showConsoleSession.path, bound)).json();
		expect(shown).toMatchObject({ scopes: ["admin"], app: "elsewhere", node: "" });
	});

	test("writes nothing, whatever its token may do", async () => {
		const headers = await login(["admin"]);
		for (const { method, path, scope } of Object.values(ROUTES)) {
			if (method === "GET" || scope === undefined || path === ROUTES.fillSecretRequest.path) continue;
			const answer = await get(
				routePath({ method, path, scope }, { app: APP, hash: "x", host: "x", id: "x" }),
				headers,
				method,
			);
			await expectProblem(answer, 403, "CONSOLE_ONLY_READS");
		}
		expect(platform.core.apps.find(APP)).toBeDefined();
	});

	test("fills in requests, from its own page only, and only if its token may sync", async () => {
		const entry = vault.request("WANTED", "It is missing");
		await client.call(ROUTES.sendSecretRequests, { app: APP }, { entries: [entry] });
		const path = routePath(ROUTES.fillSecretRequest, { app: APP, id: entry.slice(0, 16) });
		const bytes = (count: number) => Buffer.alloc(count, 7).toString("base64url");
		const keys = [{ box: vault.writer.publicKeys.box, enc: bytes(32), key: bytes(48) }];
		const body = JSON.stringify({ value: bytes(272), keys });
		const fill = (headers: Record<string, string>) =>
			api(
				new Request(ORIGIN + path, {
					method: "POST",
					headers: { "content-type": "application/json", host: "127.0.0.1:8081", ...headers },
					body,
				}),
			);
		const own = { ...(await login(["read", "sync"])), origin: ORIGIN };
		expect((await fill(own)).status).toBe(204);
		const without = (name: string) => Object.fromEntries(Object.entries(own).filter(([key]) => key !== name));
		await expectProblem(await fill(without("cookie")), 401, "CONSOLE_SESSION_ENDED");
		await expectProblem(await fill(without("x-coffer-console")), 401, "TOKEN_MISSING");
		await expectProblem(await fill(without("origin")), 403, "ORIGIN_REFUSED");
		for (const origin of ["http://127.0.0.1:8080", "https://evil.example", "null"])
			await expectProblem(await fill({ ...own, origin }), 403, "ORIGIN_REFUSED");
		for (const site of ["same-site", "cross-site", "none"])
			await expectProblem(await fill({ ...own, "sec-fetch-site": site }), 403, "ORIGIN_REFUSED");
		const reader = { ...(await login(["read"])), origin: ORIGIN };
		await expectProblem(await fill(reader), 403, "TOKEN_SCOPE");
		const elsewhere = { ...(await login(["admin"], "elsewhere")), origin: ORIGIN };
		await expectProblem(await fill(elsewhere), 403, "TOKEN_SCOPE");
	});

	test("needs the cookie and the proof, and no other page can use it", async () => {
		const headers = await login();
		const path = `/v1/apps/${APP}/functions`;
		const without = (name: string) =>
			Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
		await expectProblem(await get(path, without("cookie")), 401, "CONSOLE_SESSION_ENDED");
		await expectProblem(await get(path, without("x-coffer-console")), 401, "TOKEN_MISSING");
		for (const site of ["same-site", "cross-site", "none"])
			await expectProblem(await get(path, { ...headers, "sec-fetch-site": site }), 403, "ORIGIN_REFUSED");
		await expectProblem(
			await get(path, { ...headers, host: "127.0.0.1:8081", origin: ORIGIN }),
			403,
			"ORIGIN_REFUSED",
		);
		expect((await get(path, without("sec-fetch-site"))).status).toBe(200);
	});

	test("is opened from its own origin only", async () => {
		const { code } = await codeFor(["read"]);
		for (const origin of ["null", "http://127.0.0.1:8080", "http://evil.example", `${ORIGIN}.evil.example`])
			await expectProblem(await open(code, { origin }), 403, "ORIGIN_REFUSED");
		expect((await open(code)).status).toBe(201);
		await expectProblem(await open(code), 401, "CONSOLE_CODE_INVALID");
	});

	test("ends when its token is revoked, also in an answer without an end", async () => {
		const { code, id } = await codeFor(["read"]);
		const answer = await open(code);
		const { proof } = (await answer.json()) as { proof: string };
		const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
		const headers = { cookie, "x-coffer-console": proof };
		const events = await get(`/v1/apps/${APP}/events`, headers);
		await platform.core.tokens.revoke(id, platform.clock.now());
		expect(await events.text()).toMatch(/^data: \{"type":"hello",.*\}\n\n$/);
		await expectProblem(await get("/v1/apps", headers), 401, "CONSOLE_SESSION_ENDED");
	});

	test("is closed by a cookie without a value", async () => {
		const answer = await get(ROUTES.closeConsoleSession.path, await login(), "DELETE");
		expect([answer.status, answer.headers.get("set-cookie")]).toEqual([
			204,
			expect.stringMatching(/^coffer-console-[\w-]{8}=; Path=\/v1; Max-Age=0; HttpOnly; SameSite=Strict$/),
		]);
	});

	test("counts failures, and wrong proofs are refused after 20 of them", async () => {
		const headers = { ...(await login()), "x-coffer-console": "guess" };
		const ask = () => api(new Request(`${ORIGIN}/v1/apps`, { headers }), "203.0.113.9");
		for (let attempt = 0; attempt < 20; attempt++)
			await expectProblem(await ask(), 401, "CONSOLE_SESSION_ENDED");
		await expectProblem(await ask(), 429, "TOO_MANY_REQUESTS");
	});
});

test("a platform without the console has neither pages nor sessions", async () => {
	const off = createApi({
		core: platform.core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
	});
	await expectProblem(await off(new Request(`${ORIGIN}/console/`)), 404, "ROUTE_NOT_FOUND");
	await expectProblem(
		await off(new Request(`${ORIGIN}/v1/apps`, { headers: await login() })),
		401,
		"TOKEN_MISSING",
	);
});
