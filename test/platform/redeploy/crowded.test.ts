import { expect, test } from "vitest";
import { client, get, platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore({ processesMax: 2 });

const states = async (app: TestApp) =>
	Object.fromEntries((await client.functions(app.id)).map(({ name, state }) => [name, state]));

/** A request like one of the gateway, which counts its begin and its end. */
async function call(app: TestApp, name: string): Promise<string> {
	const instance = await app.functions.instance(name);
	const release = instance?.acquire();
	if (instance === undefined || release === undefined) throw new Error(`${name} does not run`);
	const answer = await get(instance, "/");
	release();
	return answer;
}

/** Resolves when a function waits for capacity. */
async function waiting(): Promise<void> {
	await expect.poll(() => platform.clock.tasks.filter(({ delayMs }) => delayMs === 10_000)).toHaveLength(1);
}

/** Ends the wait for capacity. */
function timeIsUp(): void {
	for (const { task, delayMs } of [...platform.clock.tasks]) if (delayMs === 10_000) task();
}

test("more functions than may run at the same time all answer, because the least recently called one is stopped", async () => {
	const app = await TestApp.open("crowded", { KEY: "v" });
	await app.deploy({ a: SHOW("KEY"), b: SHOW("KEY") });
	await call(app, "b");
	await call(app, "a");
	await app.deploy({ c: SHOW("KEY") });
	expect(await states(app)).toEqual({ a: "live", b: "idle", c: "live" });
	for (const name of ["b", "a", "c", "a"]) expect(await call(app, name)).toBe("v");
	expect(await states(app)).toEqual({ a: "live", b: "idle", c: "live" });
	// A redeploy keeps its function's place, and an idle function has none.
	const before = (await app.show("a"))?.pid;
	const redeployed = await app.set({ KEY: "w" });
	const statuses = Object.fromEntries(redeployed.map((result) => [result.function, result.status]));
	expect(statuses).toEqual({ a: "live", b: "idle", c: "live" });
	expect((await app.show("a"))?.pid).not.toBe(before);
	expect(await call(app, "b")).toBe("w");
	await app.functions.delete(["a", "b", "c"]);
});

test("a function that serves a request is not stopped, and another one starts as soon as the request has ended", async () => {
	const app = await TestApp.open("busy", { KEY: "v" });
	await app.deploy({ a: SHOW("KEY"), b: SHOW("KEY") });
	const release = (await app.functions.instance("a"))?.acquire();
	const releaseOther = (await app.functions.instance("b"))?.acquire();
	const refused = app.deploy({ c: SHOW("KEY") });
	await waiting();
	timeIsUp();
	const error = expect.stringContaining("limit of 2 functions");
	expect(await refused).toMatchObject([{ result: { name: "c", status: "failed", error } }, { type: "done" }]);
	const deployed = app.deploy({ c: SHOW("KEY") });
	await waiting();
	release?.();
	expect(await deployed).toMatchObject([{ result: { name: "c", status: "deployed" } }, { type: "done" }]);
	expect(await states(app)).toEqual({ a: "idle", b: "live", c: "live" });
	releaseOther?.();
	await app.functions.delete(["a", "b", "c"]);
});

test("an idle function that gets no capacity stays idle, and its caller gets the reason", async () => {
	const app = await TestApp.open("idle", { KEY: "v" });
	await app.deploy({ a: SHOW("KEY"), b: SHOW("KEY") });
	await app.deploy({ c: SHOW("KEY") });
	const idle = (await client.functions(app.id)).find(({ state }) => state === "idle")?.name ?? "";
	const busy = ["a", "b", "c"].filter((name) => name !== idle);
	const releases: (() => void)[] = [];
	for (const name of busy) releases.push((await app.functions.instance(name))?.acquire() ?? (() => {}));
	const asked = expect(app.functions.instance(idle)).rejects.toMatchObject({ code: "PLATFORM_FULL" });
	await waiting();
	timeIsUp();
	await asked;
	expect((await app.show(idle))?.state).toBe("idle");
	for (const release of releases) release();
	expect(await call(app, idle)).toBe("v");
	await app.functions.delete(["a", "b", "c"]);
});

test("a pinned function is not stopped", async () => {
	const app = await TestApp.open("pinned", { KEY: "v" });
	const settings = '{"idleSeconds": "never"}';
	await client.deploy(app.id, {
		"functions/a/index.ts": SHOW("KEY"),
		"functions/a/function.jsonc": settings,
	});
	await app.deploy({ b: SHOW("KEY"), c: SHOW("KEY") });
	for (const name of ["b", "c"]) expect(await call(app, name)).toBe("v");
	expect(await states(app)).toEqual({ a: "live", b: "idle", c: "live" });
	await app.functions.delete(["a", "b", "c"]);
});
