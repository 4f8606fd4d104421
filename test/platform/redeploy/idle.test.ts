import { expect, test, vi } from "vitest";
import { client, platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

const PID = `Deno.serve(() => new Response(String(Deno.pid)));`;
const MINUTE_MS = 60_000;

test("a burst of requests to an idle function starts one process, at whatever time during its start they arrive", async () => {
	const app = await TestApp.open("burst", { KEY: "v" });
	await app.deploy({ one: PID });
	const before = await app.functions.instance("one");
	app.functions.stopIdle(0);
	await before?.exited;
	const starts = vi.spyOn(platform.core.runtime, "start");
	let isStarted = false;
	const asking: Promise<string>[] = [];
	const ask = () => asking.push(app.fetch("one"));
	for (let request = 0; request < 25; request++) ask();
	void asking[0]?.then(() => {
		isStarted = true;
	});
	// The other requests come one by one, from before the secrets are read until it serves, and never more
	// than fit into its queue.
	for (let turn = 0; !isStarted; turn++) {
		if (turn % 50 === 0 && asking.length < 100) ask();
		await new Promise((resolve) => setImmediate(resolve));
	}
	while (asking.length < 100) ask();
	const pids = new Set(await Promise.all(asking));
	expect([...pids]).toEqual([String((await app.show("one"))?.pid)]);
	expect(starts).toHaveBeenCalledTimes(1);
	expect(pids).not.toContain(String(before?.pid));
	starts.mockRestore();
});

test("each function becomes idle after its own time, and a pinned function never does", async () => {
	const app = await TestApp.open("times", { KEY: "v" });
	const settings = {
		soon: '{"idleSeconds": 2}',
		late: '{"idleSeconds": 3600}',
		never: '{"idleSeconds": "never"}',
	};
	const files = Object.entries(settings).flatMap(([name, text]) => [
		[`functions/${name}/index.ts`, SHOW("KEY")],
		[`functions/${name}/function.jsonc`, text],
	]);
	await client.deploy(app.id, { ...Object.fromEntries(files), "functions/silent/index.ts": SHOW("KEY") });
	const states = async () =>
		Object.fromEntries((await client.functions(app.id)).map(({ name, state }) => [name, state]));
	const clock = platform.clock;
	const startMs = clock.atMs;
	const activeMs = async (name: string) => (await app.functions.instance(name))?.lastActiveMs ?? 0;
	clock.atMs = (await activeMs("soon")) + 1_000;
	expect(app.functions.stopIdle(5 * MINUTE_MS)).toBeCloseTo(1_000);
	expect(await states()).toEqual({ soon: "live", late: "live", never: "live", silent: "live" });
	// Not exactly in milliseconds, because the clock of instances has fractions.
	clock.atMs += 1_001;
	app.functions.stopIdle(5 * MINUTE_MS);
	expect(await states()).toEqual({ soon: "idle", late: "live", never: "live", silent: "live" });
	clock.atMs = (await activeMs("silent")) + 5 * MINUTE_MS + 1;
	app.functions.stopIdle(5 * MINUTE_MS);
	expect(await states()).toEqual({ soon: "idle", late: "live", never: "live", silent: "idle" });
	clock.atMs += 100_000 * MINUTE_MS;
	expect(app.functions.stopIdle(5 * MINUTE_MS)).toBe(Number.POSITIVE_INFINITY);
	expect(await states()).toEqual({ soon: "idle", late: "idle", never: "live", silent: "idle" });
	clock.atMs = startMs;
});
