import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import type { AppFunctions } from "../../../src/platform/redeploy/reconcile.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import type { RedeployResult } from "../../../src/protocol/messages.ts";
import { statusesOf, TestClient } from "../client-fixture.ts";
import { openTestCore, type TestCore } from "../core-fixture.ts";
import { TestVault } from "../vault-fixture.ts";

let platform: TestCore;
let client: TestClient;

beforeAll(async () => {
	platform = await openTestCore();
	const hosts = { bound: "127.0.0.1", names: [] };
	const api = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080" });
	client = new TestClient((path, init) => api(new Request(`http://127.0.0.1${path}`, init)), platform.token);
});

afterAll(async () => await platform[Symbol.asyncDispose]());

/** An app of its own for each test. */
class TestApp {
	readonly id: string;
	readonly vault = new TestVault();
	readonly versions = new Map<string, number>();

	private constructor(id: string) {
		this.id = id;
	}

	static async open(id: string, secrets: Record<string, string>): Promise<TestApp> {
		const app = new TestApp(id);
		app.vault.add(platform.identity, "reader", "platform");
		await client.createApp(id, app.vault);
		await app.set(secrets, true);
		return app;
	}

	get functions(): AppFunctions {
		return platform.core.functionsOf(platform.core.apps.get(this.id));
	}

	get head() {
		return platform.core.apps.get(this.id).state.head;
	}

	/** @param secrets undefined deletes */
	async set(secrets: Record<string, string | undefined>, withHeader = false): Promise<RedeployResult[]> {
		const records = Object.entries(secrets).map(([name, value]) => {
			const version = (this.versions.get(name) ?? 0) + 1;
			this.versions.set(name, version);
			return this.vault.record(name, version, value);
		});
		const content = withHeader ? { header: this.vault.header } : {};
		const events = await client.send(this.id, this.vault.change(this.id, this.head, records, content));
		return events.flatMap((event) => (event.type === "redeployed" ? [event.result] : []));
	}

	async deploy(sources: Record<string, string>) {
		const files = Object.entries(sources).map(([name, text]) => [`functions/${name}/index.ts`, text]);
		return await client.deploy(this.id, Object.fromEntries(files));
	}

	async show(name: string) {
		return (await client.functions(this.id)).find((known) => known.name === name);
	}

	async fetch(name: string, path = "/"): Promise<string> {
		const instance = await this.functions.instance(name);
		if (instance === undefined) throw new Error(`${name} does not run`);
		return await get(instance, path);
	}
}

function get(instance: Instance, path: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const outgoing = request(
			{ socketPath: instance.socketPath, path, headers: { host: "function" } },
			(answer) => {
				let body = "";
				answer.setEncoding("utf8");
				answer.on("data", (text: string) => {
					body += text;
				});
				answer.on("end", () => resolve(body));
			},
		);
		outgoing.on("error", reject);
		outgoing.end();
	});
}

const SHOW = (name: string) => `Deno.serve(() => new Response(Deno.env.get("${name}") ?? "none"));`;
const PICKY = `if (Deno.env.get("MODE") === "bad") throw new Error("MODE is bad");\n${SHOW("MODE")}`;

describe("a start that fails", () => {
	test("leaves the old version serving, and says the function's own error", async () => {
		const app = await TestApp.open("fails", { MODE: "good" });
		await app.deploy({ picky: PICKY });
		const before = await app.show("picky");
		const [failed] = await app.set({ MODE: "bad" });
		expect(failed).toMatchObject({ function: "picky", status: "failed" });
		expect(failed?.error).toContain("MODE is bad");
		expect(await app.show("picky")).toMatchObject({ state: "live", pid: before?.pid });
		expect((await app.show("picky"))?.error).toContain("MODE is bad");
		expect(await app.fetch("picky")).toBe("good");
		expect(await app.set({ MODE: "better" })).toMatchObject([{ function: "picky", status: "live" }]);
		expect(await app.fetch("picky")).toBe("better");
		expect((await app.show("picky"))?.error).toBeUndefined();
	});

	test("of a new version leaves the one before deployed", async () => {
		const app = await TestApp.open("newer", { MODE: "good" });
		await app.deploy({ picky: SHOW("MODE") });
		const before = await app.show("picky");
		const events = await app.deploy({ picky: 'throw new Error("broken build");' });
		expect(statusesOf(events)).toEqual({ picky: "failed" });
		expect(JSON.stringify(events)).toContain("broken build");
		expect(await app.show("picky")).toMatchObject({
			state: "live",
			pid: before?.pid,
			deployment: before?.deployment,
		});
		expect(statusesOf(await app.deploy({ picky: SHOW("MODE") }))).toEqual({ picky: "deployed" });
	});

	test("of the first version is tried again by a change of what it reads, and by nothing else", async () => {
		const app = await TestApp.open("first", { MODE: "bad" });
		expect(statusesOf(await app.deploy({ picky: PICKY }))).toEqual({ picky: "failed" });
		expect(await app.show("picky")).toMatchObject({ state: "failed", pid: null });
		expect(await app.set({ OTHER: "x" })).toEqual([]);
		expect((await app.show("picky"))?.state).toBe("failed");
		expect(await app.set({ MODE: "good" })).toMatchObject([{ status: "live" }]);
		expect(await app.fetch("picky")).toBe("good");
		expect(platform.core.apps.get("first").state.functions.get("picky")?.error).toBeUndefined();
	});
});

describe("what a function gets", () => {
	test("is what it reads, and no other secret; a deleted one is gone", async () => {
		const app = await TestApp.open("least", { MINE: "mine", YOURS: "yours" });
		const all =
			'const mine = Deno.env.get("MINE"); export default () => Response.json([mine ?? null, Object.keys(process.env)]);';
		await app.deploy({ own: `import process from "node:process";\n${all}`, yours: SHOW("YOURS") });
		const names = async () => JSON.parse(await app.fetch("own")) as [string | null, string[]];
		const { dynamic } = (await app.show("own")) ?? { dynamic: [] };
		// The whole environment is listed, so all of it is handed over.
		expect(dynamic).not.toEqual([]);
		expect(await names()).toEqual(["mine", expect.arrayContaining(["MINE", "YOURS"])]);
		expect(await app.fetch("yours")).toBe("yours");
		const results = await app.set({ YOURS: undefined });
		expect(results.map((result) => result.function).sort()).toEqual(["own", "yours"]);
		expect(results.find((result) => result.function === "own")?.reasons).toMatchObject([{ how: "dynamic" }]);
		expect(await app.fetch("yours")).toBe("none");
		expect((await names())[1]).not.toContain("YOURS");
	});

	test("does not change with a reseal or a tombstone of what never was", async () => {
		const app = await TestApp.open("tombstone", { MINE: "mine" });
		await app.deploy({ own: SHOW("NEVER") });
		const before = await app.show("own");
		expect(await app.set({ NEVER: undefined })).toEqual([]);
		expect((await app.show("own"))?.pid).toBe(before?.pid);
	});
});

describe("changes that come together", () => {
	test("end with the last value, in fewer starts than changes", async () => {
		const app = await TestApp.open("burst", { COUNT: "0" });
		await app.deploy({ count: SHOW("COUNT") });
		const starts = vi.spyOn(platform.core.runtime, "start");
		const live = platform.core.apps.get("burst");
		const waiting: Promise<unknown>[] = [];
		for (let count = 1; count <= 8; count++) {
			const change = app.vault.change("burst", app.head, [app.vault.record("COUNT", count + 1, `${count}`)]);
			await live.append(change);
			waiting.push(app.functions.redeploy(change.operation, (result) => expect(result.status).toBe("live")));
		}
		await Promise.all(waiting);
		expect(await app.fetch("count")).toBe("8");
		expect(starts.mock.calls.length).toBeLessThan(8);
		starts.mockRestore();
	});

	test("reach a version that was starting when they came", async () => {
		const app = await TestApp.open("race", { KEY: "old", OTHER: "x" });
		await app.deploy({ racer: SHOW("OTHER") });
		const { start } = platform.core.runtime;
		// The change is accepted after the new version's secrets were read, and before it is the present one.
		const starts = vi.spyOn(platform.core.runtime, "start").mockImplementationOnce(async (launch) => {
			await app.set({ KEY: "new" });
			return await start.call(platform.core.runtime, launch);
		});
		expect(statusesOf(await app.deploy({ racer: SHOW("KEY") }))).toEqual({ racer: "deployed" });
		expect(starts.mock.calls.map(([launch]) => launch.environment.get("KEY"))).toEqual(["old", "new"]);
		expect(await app.fetch("racer")).toBe("new");
		starts.mockRestore();
	});
});

describe("a function that ends by itself", () => {
	test("is started again, later each time", async () => {
		const app = await TestApp.open("crash", { KEY: "v" });
		const source = `Deno.serve((r) => new URL(r.url).pathname === "/exit" ? Deno.exit(7) : new Response(Deno.env.get("KEY")));`;
		await app.deploy({ frail: source });
		const delays: number[] = [];
		for (let crash = 0; crash < 4; crash++) {
			const instance = await app.functions.instance("frail");
			await expect(app.fetch("frail", "/exit")).rejects.toThrow();
			expect(await instance?.exited).toMatchObject({ code: 7 });
			expect(await app.show("frail")).toMatchObject({ state: "failed", pid: null });
			const next = platform.clock.tasks.shift();
			delays.push(next?.delayMs ?? -1);
			next?.task();
			expect(await app.fetch("frail")).toBe("v");
		}
		expect(delays).toEqual([500, 1000, 2000, 4000]);
	});
});

describe("a function that nobody calls", () => {
	test("is stopped, and started by the next request with the secrets of then", async () => {
		const app = await TestApp.open("idle", { KEY: "before" });
		await app.deploy({ lazy: SHOW("KEY") });
		const instance = await app.functions.instance("lazy");
		app.functions.stopIdle(1);
		await instance?.exited;
		expect(await app.show("lazy")).toMatchObject({ state: "idle", pid: null });
		expect(await app.set({ KEY: "after" })).toMatchObject([{ function: "lazy", status: "idle" }]);
		expect((await app.show("lazy"))?.state).toBe("idle");
		expect(await app.fetch("lazy")).toBe("after");
		expect((await app.show("lazy"))?.state).toBe("live");
	});

	test("is not stopped while it serves", async () => {
		const app = await TestApp.open("busy", { KEY: "v" });
		await app.deploy({ busy: SHOW("KEY") });
		const instance = await app.functions.instance("busy");
		const release = instance?.acquire();
		app.functions.stopIdle(1);
		expect((await app.show("busy"))?.state).toBe("live");
		release?.();
	});
});

describe("deleting", () => {
	test("ends the process of a function, and of every function of an app", async () => {
		const app = await TestApp.open("doomed", { KEY: "v" });
		await app.deploy({ one: SHOW("KEY"), two: SHOW("KEY"), three: SHOW("KEY") });
		const [one, two, three] = await Promise.all(
			["one", "two", "three"].map((name) => app.functions.instance(name)),
		);
		const events = await app.deploy({ two: SHOW("KEY") });
		expect(events.at(-1)).toEqual({ type: "done", pruned: [] });
		await app.functions.delete(["one"]);
		await one?.exited;
		const pruned = await client.deploy("doomed", { "functions/two/index.ts": SHOW("KEY") }, true);
		expect(pruned.at(-1)).toEqual({ type: "done", pruned: ["three"] });
		await three?.exited;
		await platform.core.deleteApp("doomed");
		await two?.exited;
		expect(() => platform.core.apps.get("doomed")).toThrow("no such app");
	});
});
