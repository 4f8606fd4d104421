/** Spare processes: processes that are started before a function needs them. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mayChangeUser } from "../../../src/platform/machine/users.ts";
import { deferred } from "../../../src/platform/runtime/process/deferred.ts";
import { SpareProcesses } from "../../../src/platform/runtime/spare-processes.ts";
import { ask, type Harness, isAlive, launch, openRuntime, sparesOf } from "./harness.ts";

const SHOW = `export default () => { console.log("key is " + Deno.env.get("KEY")); return new Response(Deno.pid + " " + Deno.env.get("KEY")); };`;

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime({ spares: 1 });
});
afterAll(() => harness.close());

const ownerOf = async (pid: number) => (await stat(`/proc/${pid}`)).uid;

describe("a function that starts while a spare process is ready", () => {
	test("gets the spare process, with its own environment, log and user, and leaves no file", async () => {
		const [spare = 0] = await sparesOf(harness, 1);
		const instance = await harness.runtime.start(launch(SHOW, { KEY: "value-1" }, { function: "first" }));
		expect(instance).toMatchObject({ pid: spare, deployment: "d1", inFlight: 0 });
		expect((await ask(instance.socketPath)).body).toBe(`${spare} value-1`);
		await vi.waitFor(async () =>
			expect((await harness.lines("first")).map(({ message }) => message)).toEqual(["key is [KEY]"]),
		);
		const [next = 0] = await sparesOf(harness, 2).then((pids) => pids.filter((pid) => pid !== spare));
		const other = await harness.runtime.start(launch(SHOW, { KEY: "value-2" }, { function: "second" }));
		expect((await ask(other.socketPath)).body).toBe(`${next} value-2`);
		if (mayChangeUser()) expect(await ownerOf(other.pid)).not.toBe(await ownerOf(instance.pid));
		const folder = join(instance.socketPath, "..");
		// Deno's compiled code would not be read again, so it is not stored.
		const stored = await readdir(join(folder, mayChangeUser() ? "f" : "", "deno"));
		expect(stored.filter((name) => name.startsWith("v8_code_cache"))).toEqual([]);
		expect(stored).not.toEqual([]);
		await instance.stop({ graceMs: 0 });
		await vi.waitFor(() => expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" }));
		await other.stop({ graceMs: 0 });
	});

	test("gets a new process if its settings limit memory or network, and the spare process is kept", async () => {
		const [spare = 0] = await sparesOf(harness, 1);
		for (const settings of [{ memoryMB: 256 }, { network: [] }]) {
			const instance = await harness.runtime.start(launch(SHOW, { KEY: "v" }, { settings }));
			expect(instance.pid).not.toBe(spare);
			await instance.stop({ graceMs: 0 });
		}
		expect(await sparesOf(harness, 1)).toEqual([spare]);
	});

	test("reports why it failed in the spare process, as in any process", async () => {
		await sparesOf(harness, 1);
		const start = harness.runtime.start(launch(`throw new Error("no table");`, {}, { function: "bad" }));
		await expect(start).rejects.toMatchObject({
			code: "FUNCTION_START_FAILED",
			message: expect.stringMatching(/shop\/bad exited with status 1.*\n[\s\S]*no table[\s\S]*bad\.js:1:/),
		});
	});

	test("ends the spare process if its bundle cannot be written, and a later function gets another one", async () => {
		const [spare = 0] = await sparesOf(harness, 1);
		const place = await readlink(join(harness.directory, "place")).catch(() => harness.directory);
		const [folder = ""] = (await readdir(join(place, "i"))).filter((name) =>
			existsSync(join(place, "i", name, "main.js")),
		);
		await mkdir(join(place, "i", folder, "b.js.new"));
		await expect(harness.runtime.start(launch(SHOW))).rejects.toMatchObject({ code: "EISDIR" });
		expect(isAlive(spare)).toBe(false);
		const instance = await harness.runtime.start(launch(SHOW, { KEY: "after" }));
		expect((await ask(instance.socketPath)).body).toMatch(/ after$/);
		await instance.stop({ graceMs: 0 });
	});

	test("starts although the spare process was killed", async () => {
		const [spare = 0] = await sparesOf(harness, 1);
		process.kill(spare, "SIGKILL");
		await vi.waitFor(() => expect(isAlive(spare)).toBe(false));
		const instance = await harness.runtime.start(launch(SHOW, { KEY: "still" }));
		expect((await ask(instance.socketPath)).body).toMatch(/ still$/);
		await instance.stop({ graceMs: 0 });
	});
});

test("closing the runtime ends the spare processes and leaves no file", async () => {
	const own = await openRuntime({ spares: 2 });
	const pids = await sparesOf(own, 2);
	await own.runtime.close();
	expect(pids.map(isAlive)).toEqual([false, false]);
	expect(await readdir(own.directory)).toEqual([]);
	await own.close();
});

describe("the number of spare processes", () => {
	const quiet = { process: { exited: new Promise<void>(() => {}) } };
	const options = (countMax: number, start: () => Promise<typeof quiet>) => ({
		countMax,
		compatibilityKey: () => "same",
		start,
		discard: async () => {},
	});

	test("is reached one process after the other, and none is made if none is asked for", async () => {
		vi.useFakeTimers();
		const start = vi.fn(async () => ({ ...quiet }));
		const spares = new SpareProcesses(options(2, start));
		await vi.advanceTimersByTimeAsync(60);
		expect(start).toHaveBeenCalledTimes(1);
		await vi.advanceTimersByTimeAsync(5_000);
		expect(start).toHaveBeenCalledTimes(2);
		expect(spares.take("other")).toBeUndefined();
		expect(spares.take("same")).toBeDefined();
		spares.refill();
		await vi.advanceTimersByTimeAsync(5_000);
		expect(start).toHaveBeenCalledTimes(3);
		new SpareProcesses(options(0, start));
		await vi.advanceTimersByTimeAsync(5_000);
		expect(start).toHaveBeenCalledTimes(3);
		await spares.close();
		vi.useRealTimers();
	});

	test("is reached only when no function starts any more", async () => {
		vi.useFakeTimers();
		const start = vi.fn(async () => ({ ...quiet }));
		const spares = new SpareProcesses(options(1, start));
		const gates = [deferred(), deferred()];
		const starts = gates.map(({ promise }) => spares.during(() => promise));
		await vi.advanceTimersByTimeAsync(1_000);
		gates[0]?.resolve();
		await starts[0];
		await vi.advanceTimersByTimeAsync(1_000);
		expect(start).not.toHaveBeenCalled();
		gates[1]?.resolve();
		await starts[1];
		await vi.advanceTimersByTimeAsync(60);
		expect(start).toHaveBeenCalledTimes(1);
		await spares.close();
		vi.useRealTimers();
	});

	test("is reached soon if the pool is empty, and later while it has a process", async () => {
		vi.useFakeTimers();
		const start = vi.fn(async () => ({ ...quiet }));
		const spares = new SpareProcesses(options(2, start));
		await vi.advanceTimersByTimeAsync(5_000);
		const takeOne = () => spares.during(async () => spares.take("same"));
		await takeOne();
		await vi.advanceTimersByTimeAsync(100);
		expect(start).toHaveBeenCalledTimes(2);
		await takeOne();
		await vi.advanceTimersByTimeAsync(100);
		expect(start).toHaveBeenCalledTimes(3);
		await vi.advanceTimersByTimeAsync(200);
		expect(start).toHaveBeenCalledTimes(4);
		await spares.close();
		vi.useRealTimers();
	});

	test("is tried again only after a pause if no process can be made", async () => {
		vi.useFakeTimers();
		const start = vi.fn(async () => await Promise.reject(new Error("no memory")));
		const spares = new SpareProcesses(options(1, start));
		await vi.advanceTimersByTimeAsync(30_000);
		expect(start).toHaveBeenCalledTimes(1);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(start).toHaveBeenCalledTimes(2);
		await spares.close();
		vi.useRealTimers();
	});
});
