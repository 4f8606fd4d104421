/** The routes of the web console: which requests of browsers get in, and what they read. */
import { beforeAll, describe, expect, test } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import type { GrantedScope } from "../../../src/platform/tokens/token-grant.ts";
import type { AppEventMessage, History, SecretList } from "../../../src/protocol/console.ts";
import { ROUTES, routePath } from "../../../src/protocol/routes.ts";
import { APP, api, client, expectProblem, ORIGIN, platform, sessions, useApi, vault } from "./api-fixture.ts";

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
			if (method === "GET" || scope === undefined) continue;
			const answer = await get(
				routePath({ method, path, scope }, { app: APP, hash: "x", host: "x", id: "x" }),
				headers,
				method,
			);
			await expectProblem(answer, 403, "CONSOLE_ONLY_READS");
		}
		expect(platform.core.apps.find(APP)).toBeDefined();
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
		await expectProblem(await get(path, { ...headers, origin: ORIGIN }), 403, "ORIGIN_REFUSED");
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

/** Reads events until one fits. */
async function eventsUntil(
	answer: Response,
	isLast: (event: AppEventMessage) => boolean,
): Promise<AppEventMessage[]> {
	const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
	const seen: AppEventMessage[] = [];
	let text = "";
	while (!seen.some(isLast)) {
		const { done, value } = await reader.read();
		if (done) break;
		text += value;
		const blocks = text.split("\n\n");
		text = blocks.pop() ?? "";
		seen.push(
			...blocks.filter((block) => block.startsWith("data: ")).map((block) => JSON.parse(block.slice(6))),
		);
	}
	await reader.cancel();
	return seen;
}

describe("what the console reads", () => {
	const token = () => ({ authorization: `Bearer ${platform.token}` });
	const set = async (name: string, version: number, text: string) => {
		const { revision, head } = await client.showApp(APP);
		await client.send(APP, vault.change(APP, { revision, head }, [vault.record(name, version, text)]));
	};

	beforeAll(async () => {
		const code = "export default () => new Response(Deno.env.get('LIVE') ?? 'none');";
		await client.deploy(APP, { "functions/reader/index.ts": code });
	});

	test("a change while it is rolled out: planned, starting, serving, drained", async () => {
		const answer = await get(`/v1/apps/${APP}/events`, token());
		expect(answer.headers.get("content-type")).toBe("text/event-stream");
		const events = eventsUntil(answer, (event) => event.type === "function" && event.phase === "drained");
		await set("LIVE", 1, "one");
		const { revision } = await client.showApp(APP);
		const phase = (name: string) => ({
			type: "function",
			function: "reader",
			phase: name,
			atMs: platform.clock.now(),
		});
		expect(await events).toEqual([
			{ type: "hello", revision: revision - 1, atMs: platform.clock.now() },
			{ type: "change", revision, names: ["LIVE"], planned: ["reader"], atMs: platform.clock.now() },
			...["starting", "serving", "drained"].map(phase),
		]);
	});

	test("a function that fails, with its own error, and its deletion", async () => {
		const answer = await get(`/v1/apps/${APP}/events`, token());
		const events = eventsUntil(answer, (event) => event.type === "function" && event.phase === "deleted");
		const code =
			"if (Deno.env.get('LIVE') === 'bad') throw new Error('no such key'); export default () => new Response();";
		await client.deploy(APP, { "functions/picky/index.ts": code });
		await set("LIVE", 2, "bad");
		await platform.core.functionsOf(platform.core.apps.get(APP)).delete(["picky"]);
		const failures = (await events).filter((event) => event.type === "function" && event.phase === "failed");
		expect(failures).toMatchObject([{ function: "picky", error: expect.stringContaining("no such key") }]);
	});

	test("secrets with versions and authors, and a history with what was redeployed, without any value", async () => {
		await set("LIVE", 3, "three");
		const listed = await get(`/v1/apps/${APP}/secrets`, token());
		const text = await listed.text();
		const { revision, secrets, members } = JSON.parse(text) as SecretList;
		expect(secrets.find(({ name }) => name === "LIVE")).toMatchObject({
			...{ kind: "live", origin: "vault", version: 3, revision, by: members[0]?.name },
		});
		const sealed = platform.core.apps.get(APP).state.records.get("LIVE")?.sealed ?? "";
		expect(text).not.toContain(sealed);
		const page = await (await get(`/v1/apps/${APP}/history`, token())).text();
		expect(page).not.toContain(sealed);
		const history = JSON.parse(page) as History;
		expect(history.entries[0]).toMatchObject({
			...{ revision, atMs: platform.clock.now(), members: false },
			records: [{ name: "LIVE", version: 3, kind: "live" }],
			redeployed: [{ function: "reader", status: "live" }],
		});
		expect(history.entries.map((entry) => entry.revision)).toEqual(
			Array.from({ length: revision }, (_, index) => revision - index),
		);
		const first = await get(`/v1/apps/${APP}/history?before=2`, token());
		expect((await first.json()) as History).toMatchObject({
			more: false,
			entries: [{ revision: 1, members: true }],
		});
	});

	test("a history of several pages has each entry once", async () => {
		for (let version = 1; version <= 60; version++) await set("PAGED", version, "x");
		const { revision } = await client.showApp(APP);
		const seen: number[] = [];
		let before = revision + 1;
		for (let more = true; more; ) {
			const answer = await get(`/v1/apps/${APP}/history?before=${before}`, token());
			const page = (await answer.json()) as History;
			seen.push(...page.entries.map((entry) => entry.revision));
			before = page.entries.at(-1)?.revision ?? 1;
			more = page.more;
		}
		expect(seen).toEqual(Array.from({ length: revision }, (_, index) => revision - index));
	});

	test("figures of all functions, or of those that are named", async () => {
		const { firstDeployment } = platform.core.apps.get(APP).state.functions.get("reader") ?? {};
		platform.core.answered({ app: APP, function: "reader", firstDeployment }, { ms: 20, status: 200 });
		const all = await (await get(`/v1/apps/${APP}/figures`, token())).json();
		expect(all).toMatchObject({
			stepMs: 300_000,
			functions: [
				{ function: "hello", points: [] },
				{ function: "reader", points: [{ requests: 1, errors: 0 }] },
			],
		});
		const hour = await (await get(`/v1/apps/${APP}/figures?function=reader&step=3600000`, token())).json();
		expect(hour).toMatchObject({
			stepMs: 3_600_000,
			functions: [{ function: "reader", points: [{ requests: 1 }] }],
		});
		await expectProblem(
			await get(`/v1/apps/${APP}/figures?function=none`, token()),
			404,
			"FUNCTION_NOT_FOUND",
		);
	});
});
