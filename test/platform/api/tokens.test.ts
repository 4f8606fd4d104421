/** Tokens over the control API: lists of tokens, refused requests, and the effects of a revocation. */
import { describe, expect, test } from "vitest";
import { MESSAGE_LIMITS } from "../../../src/protocol/messages.ts";
import { ROUTES, routePath, type Scope } from "../../../src/protocol/routes.ts";
import { APP, api, client, expectProblem, ORIGIN, platform, send, useApi, vault } from "./api-fixture.ts";

useApi();

const create = (body: object) => send(ROUTES.createToken, "/v1/tokens", platform.token, body);
const grant = async (scopes: readonly Scope[]) =>
	await platform.core.tokens.create({ scopes }, platform.clock.now());

/** The next line of a response that is still being written. */
function lineReader(response: Response): () => Promise<Record<string, unknown> | undefined> {
	const reader = (response.body as ReadableStream<Uint8Array>).getReader();
	return async () => {
		const { value } = await reader.read();
		return value && (JSON.parse(Buffer.from(value).toString("utf8")) as Record<string, unknown>);
	};
}

describe("a new token", () => {
	test("is valid until it expires by the platform's clock, and is shown once", async () => {
		const answer = await create({ scopes: ["read", "read"], app: APP, expires: { inMs: 1000 } });
		expect(answer.status).toBe(201);
		const { token, ...described } = (await answer.json()) as { token: string; id: string };
		const nowMs = platform.clock.now();
		expect(described).toEqual({
			id: expect.stringMatching(/^tok_/),
			scopes: ["read"],
			app: APP,
			expiresAtMs: nowMs + 1000,
			createdAtMs: nowMs,
		});
		const show = () => send(ROUTES.showApp, routePath(ROUTES.showApp, { app: APP }), token);
		expect((await show()).status).toBe(200);
		const listed = await (await send(ROUTES.listTokens, "/v1/tokens", platform.token)).text();
		expect(JSON.parse(listed)).toMatchObject({ tokens: expect.arrayContaining([described]) });
		expect(listed).not.toContain(token.slice(-20));
		platform.clock.atMs += 1000;
		await expectProblem(await show(), 401, "TOKEN_INVALID");
	});

	test.each([
		[{ scopes: [], app: null, expires: null }, "MESSAGE_INVALID"],
		[{ scopes: ["root"], app: null, expires: null }, "MESSAGE_INVALID"],
		[{ scopes: ["read"], app: "Shop", expires: null }, "MESSAGE_INVALID"],
		[{ scopes: ["read"], app: null, expires: { inMs: 0 } }, "MESSAGE_INVALID"],
		[{ scopes: ["read"], app: null, expires: { inMs: 1, atMs: 1 } }, "MESSAGE_INVALID"],
		[{ scopes: ["read"], app: null, expires: null, id: "tok_0" }, "MESSAGE_INVALID"],
		[{ scopes: ["read"], app: null, expires: { atMs: 1 } }, "TOKEN_EXPIRED_ALREADY"],
	])("%j is refused", async (body, code) => {
		const before = platform.core.tokens.list();
		await expectProblem(await create(body), 400, code);
		expect(platform.core.tokens.list()).toEqual(before);
	});
});

describe("a revoked token", () => {
	test("is refused, and cannot be revoked again", async () => {
		const { id, token } = await grant(["read"]);
		const revoke = () => send(ROUTES.revokeToken, routePath(ROUTES.revokeToken, { id }), platform.token);
		expect((await revoke()).status).toBe(204);
		await expectProblem(await send(ROUTES.listApps, "/v1/apps", token), 401, "TOKEN_INVALID");
		await expectProblem(await revoke(), 404, "TOKEN_NOT_FOUND");
	});

	test("ends a response that is being sent, and does not interrupt changes that were accepted", async () => {
		const { id, token } = await grant(["sync"]);
		const { revision, head } = await client.showApp(APP);
		const functions = platform.core.functionsOf(platform.core.apps.get(APP));
		const redeploy = functions.redeploy.bind(functions);
		// Waits until the token is revoked, and then calls the real function.
		let open: () => void = () => undefined;
		const gate = new Promise<void>((resolve) => {
			open = resolve;
		});
		const redeployed = new Promise<readonly string[]>((resolve) => {
			functions.redeploy = async (...parameters) => {
				await gate;
				const outcome = await redeploy(...parameters);
				resolve(outcome.untouched);
				return outcome;
			};
		});
		const path = routePath(ROUTES.appendChange, { app: APP });
		const change = vault.change(APP, { revision, head }, [vault.record("Z", 1, "z")]);
		const next = lineReader(await send(ROUTES.appendChange, path, token, change));
		expect(await next()).toMatchObject({ type: "accepted", revision: revision + 1 });
		await platform.core.tokens.revoke(id, platform.clock.now());
		expect(await next()).toMatchObject({ type: "problem", problem: { code: "TOKEN_INVALID", status: 401 } });
		expect(await next()).toBeUndefined();
		functions.redeploy = redeploy;
		open();
		expect(await redeployed).toContain("hello");
		expect((await client.showApp(APP)).revision).toBe(revision + 1);
	});

	test("has no effect with a body that was still being sent", async () => {
		const { id, token } = await grant(["sync"]);
		const { revision, head } = await client.showApp(APP);
		const change = JSON.stringify(vault.change(APP, { revision, head }, [vault.record("Y", 1, "y")]));
		expect(change.length).toBeLessThan(MESSAGE_LIMITS.bodyBytes);
		const body = new ReadableStream<Uint8Array>({
			pull: async (controller) => {
				await platform.core.tokens.revoke(id, platform.clock.now());
				controller.enqueue(Buffer.from(change));
				controller.close();
			},
		});
		const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
		const init = { method: "POST", headers, body, duplex: "half" };
		const request = new Request(ORIGIN + routePath(ROUTES.appendChange, { app: APP }), init as RequestInit);
		await expectProblem(await api(request), 401, "TOKEN_INVALID");
		expect((await client.showApp(APP)).revision).toBe(revision);
	});
});
