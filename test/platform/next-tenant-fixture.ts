/**
 * A platform with an app (the first tenant) that stores data in every possible place, and a search for that
 * data after the app is deleted.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { createApi } from "../../src/platform/api/api.ts";
import { TestClient } from "./client-fixture.ts";
import { logOf, openTestCoreIn, type TestCore, type TestPlace, testPlace } from "./core-fixture.ts";
import { ask } from "./runtime/harness.ts";
import { newTestIdentity, TestVault } from "./vault-fixture.ts";

export const CANARY = "canary-of-the-first-tenant";
/** A text that the first tenant writes. It is not a secret, so the log does not redact it. */
const LINE = "line-of-the-first-tenant";
/** The functions: one stores data in every possible place, one reports the data that it finds. */
const LOOK = `
	const hit = await (await caches.open("c")).match("http://kept.example/x");
	return Response.json({ stored: localStorage.getItem("k"), cached: hit ? await hit.text() : null, local: Deno.env.get("LOCAL") ?? null });`;
const FILL = `
	localStorage.setItem("k", "${CANARY}");
	await (await caches.open("c")).put("http://kept.example/x", new Response("${CANARY}"));
	await Deno.writeTextFile(Deno.env.get("TMPDIR") ?? "kept", "${CANARY}").catch(() => Deno.writeTextFile("kept", "${CANARY}"));
	console.log("${CANARY}", "${LINE}");`;
export const source = (isFirst: boolean) =>
	`export default async (request) => {${isFirst ? `if (request.url.endsWith("/fill")) {${FILL}}` : ""}${LOOK}};`;
const AUTOMATION = JSON.stringify({
	automations: [
		{
			name: "tick",
			type: "scheduled",
			schedule_mode: "recurring",
			schedule_type: "cron",
			cron_expression: "* * * * *",
		},
	],
});
export const NOTHING = { stored: null, cached: null, local: null };

export const identity = newTestIdentity();
/** The platform of the running test. A test may replace it. */
class World {
	place: TestPlace = testPlace();
	#opened: TestCore | undefined;

	get opened(): TestCore {
		if (this.#opened === undefined) throw new Error("No platform is open.");
		return this.#opened;
	}

	async open(): Promise<void> {
		this.#opened = await openTestCoreIn(this.place, { identity });
	}

	/** Stops the platform. */
	async close(): Promise<void> {
		await this.#opened?.[Symbol.asyncDispose]();
		this.#opened = undefined;
	}
}

/** Made by `useWorld` before each test. */
export let world: World;

/** Opens a platform before each test of the calling file, and closes it after the test. */
export function useWorld(): void {
	beforeEach(async () => {
		world = new World();
		await world.open();
	});
	afterEach(async () => {
		await world.close();
		world.place[Symbol.dispose]();
	});
}

export function send(path: string, init: RequestInit): Promise<Response> {
	const { core } = world.opened;
	const api = createApi({
		core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
	});
	return api(new Request(`http://127.0.0.1${path}`, init));
}

export const client = () => new TestClient(send, world.opened.token);

/** A request as the Base44 CLI sends it. */
export async function base44(method: string, path: string, body?: object): Promise<Response> {
	const { token } = await world.opened.core.tokens.create(
		{ scopes: ["base44"], app: "shop" },
		world.opened.clock.now(),
	);
	const json = body === undefined ? {} : { body: JSON.stringify(body) };
	const headers = { api_key: token, "content-type": "application/json" };
	return await send(`/api/apps/shop/${path}`, { method, headers, ...json });
}

export async function link(vault = new TestVault()): Promise<void> {
	await client().createApp("shop", vault.add(identity, "reader", "platform"));
}

export async function deploy(isFirst: boolean): Promise<void> {
	const files = { "functions/pay/index.ts": source(isFirst), "functions/pay/function.jsonc": AUTOMATION };
	const [result] = await client().deploy("shop", files);
	expect(result).toMatchObject({ type: "function", result: { status: "deployed" } });
}

export async function call(path = "/"): Promise<unknown> {
	const instance = await world.opened.core.instance("shop", "pay");
	if (instance === undefined) throw new Error("pay does not run.");
	return JSON.parse((await ask(instance.socketPath, path)).body) as unknown;
}

/** Stores data in every place and stops the process, so that another process must read it. */
export async function fill(): Promise<void> {
	await base44("POST", "secrets", { LOCAL: CANARY });
	expect(await call("/fill")).toMatchObject({ stored: CANARY, cached: CANARY, local: CANARY });
	world.opened.core.metrics.answered({ app: "shop", function: "pay" }, { status: 200, ms: 1 });
	world.opened.core.functionsOf(world.opened.core.apps.get("shop")).supervisor("pay").stopIdle(0);
	// The same function's next process finds all of the data. Otherwise this test would prove nothing.
	expect(await call()).toEqual({ stored: CANARY, cached: CANARY, local: CANARY });
	// Lines come through a pipe, later than the responses.
	await vi.waitFor(async () => {
		const lines = await world.opened.core.logs.read(...logOf(world.opened, "shop", "pay"), { limit: 10 });
		expect(lines.map(({ message }) => message)).toContain(`[LOCAL] ${LINE}`);
	});
}

/** A file's bytes; empty if it has been removed meanwhile, for example by a process that ends. */
function bytesOf(path: string): Buffer {
	try {
		return statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
	} catch {
		return Buffer.alloc(0);
	}
}

/** All files of the platform and its functions that contain data of the first tenant. */
export function leftFiles(): string[] {
	const { dataDirectory } = world.place.config;
	let run = join(dataDirectory, "run");
	try {
		run = readlinkSync(join(run, "place"));
	} catch {
		// All of it is in the data directory.
	}
	const paths = [dataDirectory, run].flatMap((folder) =>
		readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
			join(entry.parentPath, entry.name),
		),
	);
	return paths.filter((path) => [CANARY, LINE].some((text) => bytesOf(path).includes(text)));
}

export async function uidOf(): Promise<string | undefined> {
	const { pid = 0 } = (await world.opened.core.instance("shop", "pay")) ?? {};
	return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
}

/** The next function of that name finds no data, its counts start at zero, and it runs as another user. */
export async function expectNothing(before: { uid: string | undefined }): Promise<void> {
	expect(await call()).toEqual(NOTHING);
	expect(await world.opened.core.logs.read(...logOf(world.opened, "shop", "pay"), { limit: 10 })).toEqual([]);
	expect((await world.opened.core.metrics.text()).text).not.toContain(
		'coffer_requests_total{app="shop",function="pay"',
	);
	expect(world.opened.core.automations.of("shop", "pay")).toMatchObject([{ runs: 0, lastDueMs: undefined }]);
	if (process.getuid?.() === 0) expect(await uidOf()).not.toBe(before.uid);
}
