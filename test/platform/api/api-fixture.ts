/** One platform for a test file, with an app that has a secret and a function. */
import { afterAll, beforeAll, expect } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { type Api, createApi } from "../../../src/platform/api/api.ts";
import type { ConsoleSessions } from "../../../src/platform/console/sessions.ts";
import { openWebConsole } from "../../../src/platform/console/web-console.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import type { Route } from "../../../src/protocol/routes.ts";
import { TestClient } from "../fixtures/client.ts";
import { openTestCore, type TestCore } from "../fixtures/core.ts";
import { TestVault } from "../fixtures/vault.ts";

export const ORIGIN = "http://127.0.0.1:8081";
export const APP = "shop";
export const BLOB = utf8("export const one = 1;");
/** For every route's path. */
export const PARAMETERS = {
	app: APP,
	hash: blobHash(BLOB),
	host: "shop.example",
	id: "tok_0123456789abcdef",
};

/** Made by `useApi` before a file's tests. */
export let platform: TestCore;
export let api: Api;
export let client: TestClient;
export let vault: TestVault;
/** The sessions of the web console. */
export let sessions: ConsoleSessions;

/** Opens the platform before the tests of the calling file, and closes it after them. */
export function useApi(): void {
	beforeAll(async () => {
		platform = await openTestCore();
		vault = new TestVault().add(platform.identity, "reader", "platform");
		const webConsole = openWebConsole(platform.core, platform.identity);
		sessions = webConsole.sessions;
		api = createApi({
			webConsole,
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
}

export async function send(
	route: Route,
	path: string,
	token: string | undefined,
	body?: unknown,
	type?: string,
) {
	const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
	const isBytes = body instanceof Uint8Array;
	if (body !== undefined)
		headers.set("content-type", type ?? (isBytes ? "application/octet-stream" : "application/json"));
	const text = isBytes || typeof body === "string" || body === undefined ? body : JSON.stringify(body);
	const init = {
		method: route.method,
		headers,
		body: (text ?? null) as NonNullable<RequestInit["body"]> | null,
	};
	return await api(new Request(ORIGIN + path, init), `test-${Math.random()}`);
}

export async function expectProblem(response: Response, status: number, code: string): Promise<void> {
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(response.headers.get("cache-control")).toBe("no-store");
	const body = await response.text();
	expect(body).not.toMatch(/node_modules|\.ts:|at \w+ \(|coffer-core-/);
	expect(JSON.parse(body)).toMatchObject({ status, code });
	expect(response.status).toBe(status);
}
