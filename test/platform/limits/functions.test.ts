/** Functions in real Deno processes under the limits of this machine: their groups, and what happens at a limit. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ask, type Harness, launch, openRuntime, sparesOf } from "../runtime/harness.ts";
import { groupFoldersOf, groupsOf } from "./programs.ts";

const HELLO = 'export default () => new Response("hello");';

/** A function that starts workers until one fails, and then ends all of them. */
const GROWING = `
export default () => {
	const workers = [];
	try {
		for (;;) workers.push(new Worker("data:text/javascript,", { type: "module" }));
	} catch (error) {
		return new Response(workers.length + " " + error.message);
	} finally {
		for (const worker of workers) worker.terminate();
	}
};`;
/** A small number of threads, so that the function reaches the limit soon. */
const THREADS = 60;

const none = await openRuntime();
const { driver } = none.runtime.limits;
await none.close();

let harness: Harness;
const onLimitFailure = vi.fn();
beforeAll(async () => {
	harness = await openRuntime({ spares: 1, onLimitFailure });
});
afterAll(async () => {
	await harness.close();
	expect(onLimitFailure).not.toHaveBeenCalled();
});

/** Limits a function's group to its present number of threads plus a count. */
async function allowMore(pid: number, count: number): Promise<{ settled(): Promise<void> }> {
	const folders = await groupFoldersOf(pid);
	const folder = folders.find((one) => existsSync(join(one, "pids.max"))) ?? "";
	const threads = async () => Number(await readFile(join(folder, "pids.current"), "latin1"));
	const before = await threads();
	await writeFile(join(folder, "pids.max"), String(before + count));
	// The threads of a worker that was terminated end later.
	return { settled: () => vi.waitFor(async () => expect(await threads()).toBeLessThan(before + 10), 30_000) };
}

describe.each(driver === "priority" ? [] : [driver])("by %s", () => {
	test("a function that starts threads without end gets errors; that function, others and the platform continue", async () => {
		const own = { function: "growing", settings: { memoryMB: 1024 } };
		const growing = await harness.runtime.start(launch(GROWING, {}, own));
		const neighbour = await harness.runtime.start(launch(HELLO, {}, { function: "neighbour" }));
		const { settled } = await allowMore(growing.pid, THREADS);
		for (let again = 0; again < 2; again++) {
			await settled();
			const [, count, why] = /^(\d+) (.*)$/.exec((await ask(growing.socketPath)).body) ?? [];
			expect(Number(count)).toBeGreaterThan(0);
			expect(Number(count)).toBeLessThanOrEqual(THREADS);
			expect(why).toMatch(/^Resource temporarily unavailable/);
			expect((await ask(neighbour.socketPath)).body).toBe("hello");
		}
		const another = await harness.runtime.start(launch(HELLO, {}, { function: "another" }));
		expect((await ask(another.socketPath)).body).toBe("hello");
		for (const instance of [growing, neighbour, another]) await instance.stop({ graceMs: 0 });
	});

	test("functions of an app share its group, the platform is in none, and groups of ended functions are removed", async () => {
		const start = (app: string, name: string) =>
			harness.runtime.start(launch(HELLO, {}, { app, function: name, settings: { memoryMB: 256 } }));
		const all = await Promise.all([start("shop", "pay"), start("shop", "ship"), start("blog", "pay")]);
		const apps = await Promise.all(all.map(async ({ pid }) => (await groupsOf(pid)).map(dirname)));
		expect(apps[0]).toEqual(apps[1]);
		expect(apps[0]?.[0]).toMatch(/\/app-shop$/);
		expect(apps[2]?.[0]).toMatch(/\/app-blog$/);
		expect((await groupsOf("self")).filter((group) => group.includes("/app-"))).toEqual([]);
		const folders = (await Promise.all(all.map(({ pid }) => groupFoldersOf(pid)))).flat();
		for (const instance of all) await instance.stop({ graceMs: 0 });
		await vi.waitFor(() => expect(folders.filter((folder) => existsSync(dirname(folder)))).toEqual([]));
	});

	test("a spare process moves to the app's group when it is assigned to a function", async () => {
		const [spare = 0] = await sparesOf(harness, 1);
		await vi.waitFor(async () => expect((await groupsOf(spare))[0]).toMatch(/\/spare\/[^/]+$/));
		const instance = await harness.runtime.start(launch(HELLO));
		expect(instance.pid).toBe(spare);
		await vi.waitFor(async () => {
			for (const group of await groupsOf(spare)) expect(group).toMatch(/\/app-shop\/[^/]+$/);
		});
		await instance.stop({ graceMs: 0 });
	});

	test("a platform removes its groups when it closes", async () => {
		const other = await openRuntime();
		const { pid } = await other.runtime.start(launch(HELLO));
		const roots = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
		expect(roots.length).toBeGreaterThan(0);
		await other.close();
		expect(roots.filter(existsSync)).toEqual([]);
	});
});
