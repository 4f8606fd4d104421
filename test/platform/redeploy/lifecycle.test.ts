import { describe, expect, test, vi } from "vitest";
import { statusesOf } from "../fixtures/client.ts";
import { client, get, platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

describe("a version that is replaced", () => {
	test("finishes its requests, gets no new ones, and ends", async () => {
		const app = await TestApp.open("drain", { KEY: "old" });
		await app.deploy({ slow: SHOW("KEY") });
		const old = await app.functions.instance("slow");
		const release = old?.acquire();
		await app.set({ KEY: "new" });
		expect(await app.fetch("slow")).toBe("new");
		expect(old?.acquire()).toBeUndefined();
		expect(old && (await get(old, "/"))).toBe("old");
		release?.();
		expect(await old?.exited).toMatchObject({ signal: "SIGTERM" });
	});
});

describe("a deployment without changes", () => {
	test("is not built if the sources are the same, and restarts nothing if the bundle is the same", async () => {
		const app = await TestApp.open("same", { KEY: "v" });
		await app.deploy({ one: SHOW("KEY") });
		const before = await app.show("one");
		const builds = vi.spyOn(platform.builder, "build");
		expect(statusesOf(await app.deploy({ one: SHOW("KEY") }))).toEqual({ one: "unchanged" });
		expect(builds).toHaveBeenCalledTimes(0);
		const commented = `// Says what the key is.\n${SHOW("KEY")}`;
		expect(statusesOf(await app.deploy({ one: commented }))).toEqual({ one: "unchanged" });
		expect(builds).toHaveBeenCalledTimes(1);
		expect(statusesOf(await app.deploy({ one: commented }))).toEqual({ one: "unchanged" });
		expect(builds).toHaveBeenCalledTimes(1);
		const after = await app.show("one");
		expect(after).toMatchObject({ pid: before?.pid, deployment: before?.deployment });
		expect(after?.references).toMatchObject([{ name: "KEY", line: 2 }]);
		builds.mockRestore();
	});
});

describe("a function whose process ends", () => {
	test("is started again after growing delays", async () => {
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

describe("a function without requests", () => {
	test("is stopped, and the next request starts it with the present secrets", async () => {
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
		expect(() => platform.core.apps.get("doomed")).toThrow("no app 'doomed'");
	});
});
