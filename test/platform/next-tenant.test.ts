/** What is left of an app, or a function, for the next one of its name: nothing, whoever deleted it and however. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../src/platform/api/api.ts";
import { backupPlatform } from "../../src/platform/backup/backup.ts";
import { restorePlatform } from "../../src/platform/backup/restore.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { TestClient } from "./client-fixture.ts";
import { logOf, openTestCoreIn, type TestCore, type TestPlace, testPlace } from "./core-fixture.ts";
import { ask } from "./runtime/harness.ts";
import { newTestIdentity, TestVault } from "./vault-fixture.ts";

const CANARY = "canary-of-the-first-tenant";
/** Says what is there, and what leaves everything behind that a function can. */
const LOOK = `
	const hit = await (await caches.open("c")).match("http://kept.example/x");
	return Response.json({ stored: localStorage.getItem("k"), cached: hit ? await hit.text() : null, local: Deno.env.get("LOCAL") ?? null });`;
const FILL = `
	localStorage.setItem("k", "${CANARY}");
	await (await caches.open("c")).put("http://kept.example/x", new Response("${CANARY}"));
	await Deno.writeTextFile(Deno.env.get("TMPDIR") ?? "kept", "${CANARY}").catch(() => Deno.writeTextFile("kept", "${CANARY}"));
	console.log("${CANARY}");`;
const source = (isFirst: boolean) =>
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
const NOTHING = { stored: null, cached: null, local: null };

const identity = newTestIdentity();
let place: TestPlace;
let opened: TestCore;
beforeEach(async () => {
	place = testPlace();
	opened = await openTestCoreIn(place, { identity });
});
afterEach(async () => {
	await opened[Symbol.asyncDispose]();
	place[Symbol.dispose]();
});

function send(path: string, init: RequestInit): Promise<Response> {
	const { core } = opened;
	const api = createApi({
		core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
	});
	return api(new Request(`http://127.0.0.1${path}`, init));
}

const client = () => new TestClient(send, opened.token);

/** A call of the Base44 CLI's. */
async function base44(method: string, path: string, body?: object): Promise<Response> {
	const { token } = await opened.core.tokens.create({ scopes: ["base44"], app: "shop" }, opened.clock.now());
	const json = body === undefined ? {} : { body: JSON.stringify(body) };
	const headers = { api_key: token, "content-type": "application/json" };
	return await send(`/api/apps/shop/${path}`, { method, headers, ...json });
}

async function link(vault = new TestVault()): Promise<void> {
	await client().createApp("shop", vault.add(identity, "reader", "platform"));
}

async function deploy(isFirst: boolean): Promise<void> {
	const files = { "functions/pay/index.ts": source(isFirst), "functions/pay/function.jsonc": AUTOMATION };
	const [result] = await client().deploy("shop", files);
	expect(result).toMatchObject({ type: "function", result: { status: "deployed" } });
}

async function call(path = "/"): Promise<unknown> {
	const instance = await opened.core.instance("shop", "pay");
	if (instance === undefined) throw new Error("pay does not run.");
	return JSON.parse((await ask(instance.socketPath, path)).body) as unknown;
}

/** Fills what can be filled, and stops the process: what it stored is looked at by another. */
async function fill(): Promise<void> {
	await base44("POST", "secrets", { LOCAL: CANARY });
	expect(await call("/fill")).toMatchObject({ stored: CANARY, cached: CANARY, local: CANARY });
	opened.core.metrics.answered({ app: "shop", function: "pay" }, { status: 200, ms: 1 });
	opened.core.functionsOf(opened.core.apps.get("shop")).slot("pay").stopIdle(0);
	// It is all there for the same function's next process: else this test would say nothing.
	expect(await call()).toEqual({ stored: CANARY, cached: CANARY, local: CANARY });
	const lines = await opened.core.logs.read(...logOf(opened, "shop", "pay"), { limit: 10 });
	expect(lines.map(({ message }) => message)).toContain("[LOCAL]");
}

/** A file's bytes; none where it is gone by now, as those of a process that ends. */
function bytesOf(path: string): Buffer {
	try {
		return statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
	} catch {
		return Buffer.alloc(0);
	}
}

/** Every file of the platform's, its functions' too, with a text in it. */
function filesWith(text: string): string[] {
	const { dataDirectory } = place.config;
	let run = join(dataDirectory, "run");
	try {
		run = readlinkSync(join(run, "place"));
	} catch {
		// All of it lies in the data directory.
	}
	const paths = [dataDirectory, run].flatMap((folder) =>
		readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
			join(entry.parentPath, entry.name),
		),
	);
	return paths.filter((path) => bytesOf(path).includes(text));
}

async function uidOf(): Promise<string | undefined> {
	const { pid = 0 } = (await opened.core.instance("shop", "pay")) ?? {};
	return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
}

/** The next function of that name finds nothing, counts from nothing, and is another user. */
async function expectNothing(before: { uid: string | undefined }): Promise<void> {
	expect(await call()).toEqual(NOTHING);
	expect(await opened.core.logs.read(...logOf(opened, "shop", "pay"), { limit: 10 })).toEqual([]);
	expect((await opened.core.metrics.text()).text).not.toContain(
		'coffer_requests_total{app="shop",function="pay"',
	);
	expect(opened.core.automations.of("shop", "pay")).toMatchObject([{ runs: 0, lastDueMs: undefined }]);
	if (process.getuid?.() === 0) expect(await uidOf()).not.toBe(before.uid);
}

/** Ways to delete the function alone, and whether it is the app's last. */
const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
	"by the control API": () => client().call(ROUTES.deleteFunctions, { app: "shop" }, undefined, "?name=pay"),
	"by the Base44 CLI": () => base44("DELETE", "backend-functions/pay"),
	"by pruning": () => client().deploy("shop", { "functions/other/index.ts": source(false) }, true),
};

describe("a deleted function", () => {
	test.each(Object.keys(WAYS))("leaves nothing to the next one of its name: %s", async (way) => {
		await link();
		await deploy(true);
		await fill();
		const before = { uid: await uidOf() };
		await WAYS[way]?.();
		expect(filesWith(CANARY)).toEqual([]);
		await base44("DELETE", "secrets?secret_name=LOCAL");
		await deploy(false);
		await expectNothing(before);
	});
});

describe("a deleted app", () => {
	async function first(): Promise<{ uid: string | undefined }> {
		await link();
		await deploy(true);
		await fill();
		return { uid: await uidOf() };
	}

	/** Another vault takes the name. */
	async function next(): Promise<void> {
		await link(new TestVault(newTestIdentity()));
		await deploy(false);
	}

	test("leaves nothing to the next one of its name, and nothing on the disk", async () => {
		const before = await first();
		const { token } = await opened.core.tokens.create({ scopes: ["read"], app: "shop" }, opened.clock.now());
		const stream = await send("/v1/apps/shop/logs/stream?function=pay", {
			headers: { authorization: `Bearer ${opened.token}` },
		});
		const told = stream.body?.getReader();
		expect(Buffer.from((await told?.read())?.value ?? []).toString()).toContain('"type":"line"');
		expect((await client().call(ROUTES.deleteApp, { app: "shop" })).status).toBe(204);
		// An open stream ends, also that of a token for all apps: the next app's lines are not told there.
		for (;;) if ((await told?.read())?.done !== false) break;
		expect(filesWith(CANARY)).toEqual([]);
		await next();
		await expectNothing(before);
		expect(opened.core.tokens.authenticate(token, opened.clock.now())).toBeUndefined();
	});

	test("leaves nothing where the platform dies before all is removed", async () => {
		const before = await first();
		const { token } = await opened.core.tokens.create({ scopes: ["read"], app: "shop" }, opened.clock.now());
		opened.core.logs.forget = () => Promise.reject(new Error("The power failed."));
		await expect(opened.core.deleteApp("shop")).rejects.toThrow("The power failed.");
		expect(filesWith(CANARY).length).toBeGreaterThan(0);
		await opened[Symbol.asyncDispose]();
		opened = await openTestCoreIn(place, { identity });
		expect(filesWith(CANARY)).toEqual([]);
		expect(opened.core.tokens.authenticate(token, opened.clock.now())).toBeUndefined();
		await next();
		await expectNothing(before);
	});

	test("leaves nothing after a backup of it was restored", async () => {
		using original = place;
		await first();
		const backup = join(original.root, "backup");
		const { dataDirectory } = original.config;
		await backupPlatform({ dataDirectory, target: backup, version: "1", nowMs: 1 });
		await opened[Symbol.asyncDispose]();
		place = testPlace();
		await restorePlatform({ backup, dataDirectory: place.config.dataDirectory });
		opened = await openTestCoreIn(place, { identity });
		expect(await call()).toEqual({ ...NOTHING, local: CANARY });
		await opened.core.deleteApp("shop");
		expect(filesWith(CANARY)).toEqual([]);
		await next();
		await expectNothing({ uid: undefined });
	});

	test("keeps its name until all of it is gone, and one that is made meanwhile waits for that", async () => {
		await first();
		let free = () => {};
		const held = new Promise<void>((resolve) => {
			free = resolve;
		});
		const forget = opened.core.logs.forget.bind(opened.core.logs);
		opened.core.logs.forget = async (...of) => {
			await held;
			await forget(...of);
		};
		const order: string[] = [];
		const deleting = opened.core.deleteApp("shop").then(() => order.push("deleted"));
		const creating = link(new TestVault(newTestIdentity())).then(() => order.push("created"));
		// Another name is not held up.
		await client().createApp("other", new TestVault().add(identity, "reader", "platform"));
		order.push("other");
		free();
		await Promise.all([deleting, creating]);
		expect(order).toEqual(["other", "deleted", "created"]);
		await deploy(false);
		expect(await call()).toEqual(NOTHING);
	});

	test("takes nothing more in for what was under way", async () => {
		await first();
		const app = opened.core.apps.get("shop");
		await opened.core.deleteApp("shop");
		await next();
		expect(() => opened.core.functionsOf(app)).toThrow(expect.objectContaining({ code: "APP_NOT_FOUND" }));
		const late = opened.core.store.putBlob(app.life, Buffer.from(CANARY));
		await expect(late).rejects.toMatchObject({ code: "BLOB_OWNER_GONE", exit: 4 });
		await expect(app.record(() => undefined)).rejects.toMatchObject({ code: "APP_NOT_FOUND" });
		expect(filesWith(CANARY)).toEqual([]);
	});
});

test("an app's blobs are nobody else's: neither to be built from, nor to be asked after", async () => {
	await link();
	await deploy(true);
	await client().createApp("other", new TestVault().add(identity, "reader", "platform"));
	const [, file] =
		opened.core.apps
			.get("shop")
			.state.functions.get("pay")
			?.deployment.sources?.files.find(([path]) => path.endsWith("index.ts")) ?? [];
	const body = {
		files: [["functions/pay/index.ts", file]],
		functions: [{ name: "pay", entry: "functions/pay/index.ts" }],
		prune: false,
	};
	const answer = await client().call(ROUTES.deploy, { app: "other" }, body);
	expect(JSON.parse(await answer.text())).toEqual({ type: "missing", hashes: [file] });
});
