/**
 * Every route with every kind of token. `expected-routes.ts` has the expected permissions, independently of
 * the route table.
 */
import { describe, expect, test } from "vitest";
import type { GrantedScope } from "../../../src/platform/tokens/token-grant.ts";
import { ROUTES, type Route } from "../../../src/protocol/routes.ts";
import { APP, api, client, ORIGIN, platform, send, useApi, vault } from "./api-fixture.ts";
import { EXPECTED, good, type RouteName } from "./expected-routes.ts";

useApi();

const SCOPES: readonly GrantedScope[] = ["read", "sync", "deploy", "admin", "base44"];
const OPEN: readonly RouteName[] = [
	...(["health", "ready", "platform", "openApi"] as const),
	...(["openConsoleSession", "closeConsoleSession"] as const),
];
const GUARDED = (Object.keys(ROUTES) as RouteName[]).filter((name) => !OPEN.includes(name));

/** Routes of the Base44 CLI, with the status that its own token gets. */
const BASE44: readonly (readonly [
	method: Route["method"],
	path: string,
	body: object | undefined,
	status: number,
])[] = [
	["GET", "secrets", undefined, 200],
	["POST", "secrets", {}, 200],
	["DELETE", "secrets?secret_name=NONE", undefined, 404],
	["GET", "backend-functions", undefined, 200],
	["PUT", "backend-functions/x", {}, 400],
	["DELETE", "backend-functions/none", undefined, 404],
	["GET", "functions-mgmt/logs/stream", undefined, 200],
	["GET", "functions-mgmt/none/logs", undefined, 404],
];

async function token(scopes: readonly GrantedScope[], app?: string): Promise<string> {
	return (await platform.core.tokens.create({ scopes, app }, platform.clock.now())).token;
}

/** The status of a request that is correct apart from the token. A response that never ends is aborted. */
async function status(name: RouteName, given: string | undefined): Promise<number> {
	const { path, body } = await good(name);
	const answer = await send(ROUTES[name], path, given, body);
	await answer.body?.cancel();
	return answer.status;
}

async function base44(
	[method, path, body]: (typeof BASE44)[number],
	headers: Record<string, string>,
	app = APP,
): Promise<number> {
	const json = body === undefined ? {} : { "content-type": "application/json" };
	const init = {
		method,
		headers: { ...headers, ...json },
		body: body === undefined ? null : JSON.stringify(body),
	};
	const request = new Request(`${ORIGIN}/api/apps/${app}/${path}`, init);
	const answer = await api(request, `test-${Math.random()}`);
	await answer.body?.cancel();
	return answer.status;
}

test("the table in this file has every route", () => {
	expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(ROUTES).sort());
});

describe.each(GUARDED)("%s", (name) => {
	const { scopes: may, forEveryApp = false, forOneApp } = EXPECTED[name];
	const target = name === "deleteApp" ? "doomed" : APP;

	test.each(SCOPES)("accepts a token with the scope %s alone", async (scope) => {
		const isAllowed = may.includes(scope);
		// These routes do not accept the other form of token at all.
		const refused = scope === "base44" ? [401, 403] : [403];
		const answers = [await status(name, await token([scope]))];
		if (isAllowed) expect(answers[0]).toBeLessThan(300);
		else expect(refused).toContain(answers[0]);
		if (scope === "base44") return;
		const own = await status(name, await token([scope], target));
		if (isAllowed && forOneApp) expect(own).toBeLessThan(300);
		else expect(own).toBe(403);
		const other = await status(name, await token([scope], "another"));
		if (isAllowed && forEveryApp) expect(other).toBeLessThan(300);
		else expect(other).toBe(403);
	});

	test("refuses an expired or malformed token, and one for a deleted app", async () => {
		const all: GrantedScope[] = ["admin", "deploy", "read", "sync"];
		const revoked = await platform.core.tokens.create({ scopes: all }, platform.clock.now());
		await platform.core.tokens.revoke(revoked.id, platform.clock.now());
		const expiresAtMs = platform.clock.now() + 1;
		const expired = await platform.core.tokens.create({ scopes: all, expiresAtMs }, platform.clock.now());
		platform.clock.atMs += 1;
		await client.createApp("lost", vault);
		const lost = await token(all, "lost");
		await platform.core.deleteApp("lost");
		await client.createApp("lost", vault);
		for (const given of [undefined, "coffer_", revoked.token, expired.token, lost])
			expect(await status(name, given)).toBe(401);
		await platform.core.deleteApp("lost");
	});
});

test.each(OPEN)("%s requires no token", async (name) => {
	expect(await status(name, undefined)).toBeLessThan(300);
});

describe.each(BASE44)("%s %s of Base44's API", (...route) => {
	test("accepts its token for this app, and refuses those for other and deleted apps, and tokens of the other kind", async () => {
		const key = async (app: string) => ({ api_key: await token(["base44"], app) });
		expect(await base44(route, await key(APP))).toBe(route[3]);
		expect(await base44(route, await key("another"))).toBe(403);
		// A token for no app yet does not get an existing app.
		expect(await base44(route, { api_key: await token(["base44"]) })).toBe(403);
		const lost = await key("lost44");
		expect(await base44(BASE44[0] as (typeof BASE44)[number], lost, "lost44")).toBe(200);
		await platform.core.deleteApp("lost44");
		await client.createApp("lost44", vault);
		expect(await base44(route, lost, "lost44")).toBe(401);
		await platform.core.deleteApp("lost44");
		expect(await base44(route, {})).toBe(401);
		for (const scope of SCOPES) {
			const other = await token([scope], APP);
			expect(await base44(route, { authorization: `Bearer ${other}` })).toBe(401);
			if (scope !== "base44") expect(await base44(route, { api_key: other })).toBe(403);
		}
	});
});
