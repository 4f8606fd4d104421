/** The next app or function with the name of a deleted one finds nothing of it, however it was deleted. */
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backupPlatform } from "../../src/platform/backup/backup.ts";
import { restorePlatform } from "../../src/platform/backup/restore.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { logOf, testPlace } from "./fixtures/core.ts";
import {
	base44,
	CANARY,
	call,
	client,
	deploy,
	expectNothing,
	fill,
	identity,
	leftFiles,
	link,
	NOTHING,
	send,
	source,
	uidOf,
	useWorld,
	world,
} from "./fixtures/next-tenant.ts";
import { newTestIdentity, TestVault } from "./fixtures/vault.ts";

useWorld();

/** Ways to delete only the function. */
const DELETIONS: Readonly<Record<string, () => Promise<unknown>>> = {
	"by the control API": () => client().call(ROUTES.deleteFunctions, { app: "shop" }, undefined, "?name=pay"),
	"by the Base44 CLI": () => base44("DELETE", "backend-functions/pay"),
	"by pruning": () => client().deploy("shop", { "functions/other/index.ts": source(false) }, true),
};

describe("a function that was deleted", () => {
	test.each(Object.keys(DELETIONS))("leaves no data to the next function of its name: %s", async (way) => {
		await link();
		await deploy(true);
		await fill();
		const before = { uid: await uidOf() };
		await DELETIONS[way]?.();
		expect(leftFiles()).toEqual([]);
		await base44("DELETE", "secrets?secret_name=LOCAL");
		await deploy(false);
		await expectNothing(before);
	});
});

test("counters start at zero for a function that is created while the earlier one is being stopped", async () => {
	await link();
	await deploy(true);
	const { core } = world.opened;
	core.metrics.answered({ app: "shop", function: "pay" }, { status: 200, ms: 1 });
	const functions = core.functionsOf(core.apps.get("shop"));
	const supervisor = functions.supervisor("pay");
	const close = supervisor.close.bind(supervisor);
	let free = () => {};
	const held = new Promise<void>((resolve) => {
		free = resolve;
	});
	supervisor.close = async (graceMs) => {
		await held;
		await close(graceMs);
	};
	const firstDeployment = core.apps.get("shop").functionLifetime("pay")?.function;
	const deleting = functions.delete(["pay"]);
	await deploy(false);
	free();
	await deleting;
	// A request to the deleted app that is answered late.
	core.answered({ app: "shop", function: "pay", firstDeployment }, 200, [[1, 1]]);
	expect(await call()).toEqual(NOTHING);
	const isCounted = async () =>
		(await core.metrics.text()).text.includes('coffer_requests_total{app="shop",function="pay"');
	expect(await isCounted()).toBe(false);
	core.answered(
		{
			app: "shop",
			function: "pay",
			firstDeployment: core.apps.get("shop").functionLifetime("pay")?.function,
		},
		200,
		[[1, 1]],
	);
	expect(await isCounted()).toBe(true);
});

describe("an app that was deleted", () => {
	async function first(): Promise<{ uid: string | undefined }> {
		await link();
		await deploy(true);
		await fill();
		return { uid: await uidOf() };
	}

	/** Another vault uses the name. */
	async function next(): Promise<void> {
		await link(new TestVault(newTestIdentity()));
		await deploy(false);
	}

	test("leaves no data to the next app of its name, and none on the disk", async () => {
		const before = await first();
		const { token } = await world.opened.core.tokens.create(
			{ scopes: ["read"], app: "shop" },
			world.opened.clock.now(),
		);
		const stream = await send("/v1/apps/shop/logs/stream?function=pay", {
			headers: { authorization: `Bearer ${world.opened.token}` },
		});
		const reader = stream.body?.getReader();
		expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"type":"line"');
		expect((await client().call(ROUTES.deleteApp, { app: "shop" })).status).toBe(204);
		// An open stream ends, also that of a token for all apps, so it does not get the next app's lines.
		for (;;) if ((await reader?.read())?.done !== false) break;
		expect(leftFiles()).toEqual([]);
		await next();
		await expectNothing(before);
		expect(world.opened.core.tokens.authenticate(token, world.opened.clock.now())).toBeUndefined();
	});

	test("leaves no data if the platform is killed before all is removed", async () => {
		const before = await first();
		const { token } = await world.opened.core.tokens.create(
			{ scopes: ["read"], app: "shop" },
			world.opened.clock.now(),
		);
		// So that some of its data is on the disk.
		await world.opened.core.logs.close();
		world.opened.core.logs.forgetAll = () => Promise.reject(new Error("The power failed."));
		await expect(world.opened.core.deleteApp("shop")).rejects.toThrow("The power failed.");
		expect(leftFiles().length).toBeGreaterThan(0);
		await world.close();
		await world.open();
		expect(leftFiles()).toEqual([]);
		expect(world.opened.core.tokens.authenticate(token, world.opened.clock.now())).toBeUndefined();
		await next();
		await expectNothing(before);
	});

	test("leaves no data after a restore of its backup", async () => {
		using original = world.place;
		await first();
		const backup = join(original.root, "backup");
		const { dataDirectory } = original.config;
		await backupPlatform({ dataDirectory, target: backup, version: "1", nowMs: 1 });
		await world.close();
		world.place = testPlace();
		await restorePlatform({ backup, dataDirectory: world.place.config.dataDirectory });
		await world.open();
		expect(await call()).toEqual({ ...NOTHING, local: CANARY });
		await world.opened.core.deleteApp("shop");
		expect(leftFiles()).toEqual([]);
		await next();
		await expectNothing({ uid: undefined });
	});

	test("keeps its name until all data is removed, and a new app of that name waits for that", async () => {
		await first();
		let free = () => {};
		const held = new Promise<void>((resolve) => {
			free = resolve;
		});
		const forget = world.opened.core.logs.forgetAll.bind(world.opened.core.logs);
		world.opened.core.logs.forgetAll = async (...of) => {
			await held;
			await forget(...of);
		};
		const order: string[] = [];
		const deleting = world.opened.core.deleteApp("shop").then(() => order.push("deleted"));
		const creating = link(new TestVault(newTestIdentity())).then(() => order.push("created"));
		// Another name need not wait.
		await client().createApp("other", new TestVault().add(identity, "reader", "platform"));
		order.push("other");
		free();
		await Promise.all([deleting, creating]);
		expect(order).toEqual(["other", "deleted", "created"]);
		await deploy(false);
		expect(await call()).toEqual(NOTHING);
	});

	test("leaves no data of a function whose first deployment was running", async () => {
		await link();
		const app = world.opened.core.apps.get("shop");
		const record = app.record.bind(app);
		// The function runs, but the app is deleted before that is recorded.
		const starting = new Promise<void>((resolve) => {
			app.record = async (make) => {
				resolve();
				if (!app.retired.aborted) await once(app.retired, "abort");
				await record(make);
			};
		});
		const files = { "functions/pay/index.ts": `console.log("${CANARY}");\n${source(false)}` };
		const deploying = client().deploy("shop", files);
		await starting;
		await world.opened.core.deleteApp("shop");
		await deploying;
		expect(leftFiles()).toEqual([]);
		await next();
		expect(await world.opened.core.logs.read(...logOf(world.opened, "shop", "pay"), { limit: 9 })).toEqual(
			[],
		);
	});

	test("accepts nothing from operations that were running", async () => {
		await first();
		const app = world.opened.core.apps.get("shop");
		await world.opened.core.deleteApp("shop");
		await next();
		expect(() => world.opened.core.functionsOf(app)).toThrow(
			expect.objectContaining({ code: "APP_NOT_FOUND" }),
		);
		const late = world.opened.core.store.putBlob(app.lifetimeId, Buffer.from(CANARY));
		await expect(late).rejects.toMatchObject({ code: "BLOB_OWNER_GONE", exit: 4 });
		await expect(app.record(() => undefined)).rejects.toMatchObject({ code: "APP_NOT_FOUND" });
		expect(leftFiles()).toEqual([]);
	});
});

test("no other app can build from an app's blobs, or find out whether they exist", async () => {
	await link();
	await deploy(true);
	await client().createApp("other", new TestVault().add(identity, "reader", "platform"));
	const [, file] =
		world.opened.core.apps
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
