import { describe, expect, test } from "vitest";
import { client, platform, SHOW, TestApp } from "./app-fixture.ts";

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
