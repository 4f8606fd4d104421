/** What every driver of the runtime does. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createDenoRuntime } from "../../../src/platform/runtime/open-deno.ts";
import { openRemoteRuntime } from "../data-plane/fixture.ts";
import { ask, type Harness, isAlive, launch, openRuntime } from "./harness.ts";

const HELLO = `export default () => new Response("hello");`;
const READS = `Deno.serve(() => new Response(String(Deno.env.get("LATER"))));`;

const ended = (pid: number) => expect(isAlive(pid)).toBe(false);

describe.each([
	{ driver: "with processes of its own", open: createDenoRuntime },
	{ driver: "with the processes of a data plane", open: openRemoteRuntime },
])("a runtime $driver", ({ open }) => {
	let harness: Harness;
	beforeAll(async () => {
		harness = await openRuntime({ startTimeoutMs: 5_000 }, open);
	});
	afterAll(() => harness.close());

	test("stops at once if no request is in progress, for all callers, and leaves no file", async () => {
		const instance = await harness.runtime.start(launch(HELLO));
		const first = instance.stop();
		expect(instance.stop({ graceMs: 1 })).toBe(first);
		expect(instance.acquire()).toBeUndefined();
		await first;
		ended(instance.pid);
		expect(await instance.exited).toEqual({ code: null, signal: "SIGTERM", stderr: "" });
	});

	test("finishes the requests in progress before it stops", async () => {
		const code = `export default async () => { await new Promise((resolve) => setTimeout(resolve, 200)); return new Response("done"); };`;
		const instance = await harness.runtime.start(launch(code));
		const release = instance.acquire();
		expect(instance.inFlight).toBe(1);
		const answer = ask(instance.socketPath).finally(() => {
			release?.();
			release?.();
		});
		const stopped = instance.stop();
		expect((await answer).body).toBe("done");
		await stopped;
		expect(instance.inFlight).toBe(0);
		ended(instance.pid);
	});

	test("stops after the grace period, although a request is in progress", async () => {
		const instance = await harness.runtime.start(launch(HELLO));
		instance.acquire();
		await instance.stop({ graceMs: 50 });
		ended(instance.pid);
	});

	test("that ends unexpectedly reports its exit status or signal", async () => {
		const code = `export default () => { console.error("oh no"); setTimeout(() => { throw new Error("late crash"); }, 0); return new Response("ok"); };`;
		const instance = await harness.runtime.start(launch(code));
		await ask(instance.socketPath);
		const { code: status, stderr } = await instance.exited;
		expect(status).toBe(1);
		expect(stderr).toContain("oh no");
		expect(stderr).toContain("late crash");
		expect(instance.acquire()).toBeUndefined();
		await instance.stop();
	});

	test("starts a function with its environment, files and cron jobs", async () => {
		const code = `Deno.cron("job", "0 0 * * *", () => { console.log("the job ran"); });
			const text = await Deno.readTextFile(new URL(import.meta.url.replace(/\\.js$/, "/note.txt")));
			export default () => new Response(text + Deno.env.get("NAME"));`;
		const files = { list: [["note.txt", "h1"]] as const, read: async () => new TextEncoder().encode("for ") };
		const instance = await harness.runtime.start(launch(code, { NAME: "ann" }, { files }));
		expect((await ask(instance.socketPath)).body).toBe("for ann");
		expect(instance.crons.registered).toEqual([{ name: "job", schedule: "0 0 * * *" }]);
		expect(await instance.crons.run("job", new AbortController().signal)).toBe("ok");
		await vi.waitFor(async () => expect((await harness.lines("pay")).at(-1)?.message).toBe("the job ran"));
		await instance.stop();
	});

	test("rejects a start whose files cannot be read, and leaves no process", async () => {
		const read = () => Promise.reject(new Error("it is gone"));
		const files = { list: [["note.txt", "h1"]] as const, read };
		await expect(harness.runtime.start(launch(HELLO, {}, { files }))).rejects.toThrow();
	});

	test("rejects a start with the error of the function, without values of its environment", async () => {
		const failing = launch(`throw new Error("bad key " + Deno.env.get("KEY"))`, { KEY: "a-secret-value" });
		const error = await harness.runtime.start(failing).catch((caught: unknown) => caught);
		expect(error).toMatchObject({ code: "FUNCTION_START_FAILED", exit: 1 });
		expect(String(error)).toContain("bad key [KEY]");
	});

	test("reports what a process reads, and that it is on probation until its first response", async () => {
		const reads: string[] = [];
		const onRead = (variable: string) => reads.push(variable);
		const instance = await harness.runtime.start(launch(READS, {}, { onRead }));
		const { probation } = instance;
		expect(probation).toBeDefined();
		await ask(instance.socketPath);
		await probation?.settleReads();
		expect(reads).toContain("LATER");
		let superseded = 0;
		probation?.onSuperseded(() => superseded++);
		probation?.supersede();
		expect(superseded).toBe(1);
		instance.answered();
		expect(instance.probation).toBeUndefined();
		await instance.stop();
	});

	test("reports that the last request has ended, and an instance that does not respond", async () => {
		let idle = 0;
		const onIdle = () => idle++;
		const settings = { timeoutSeconds: 7 };
		const instance = await harness.runtime.start(launch(HELLO, {}, { onIdle, settings }));
		const sinceMs = performance.now();
		instance.acquire()?.();
		await vi.waitFor(() => expect(idle).toBeGreaterThan(0));
		expect(instance.inFlight).toBe(0);
		expect(Math.abs(instance.lastActiveMs - sinceMs)).toBeLessThan(5_000);
		for (let count = 0; count < 3; count++) instance.timedOut();
		expect(await instance.stuck).toEqual({
			reason: "unanswered",
			why: "3 requests in a row got no response within 7 s",
		});
		await instance.stop();
	});

	test("writes lines of the platform to the log, and redacts as the log does", async () => {
		const instance = await harness.runtime.start(launch(HELLO, { KEY: "a-secret-value" }));
		instance.log("the platform says a-secret-value");
		const line = { level: "error", message: "the platform says a-secret-value" };
		await vi.waitFor(async () => expect((await harness.lines("pay")).at(-1)).toMatchObject(line));
		expect(instance.redact("/x/a-secret-value/y", 100)).toBe("/x/[KEY]/y");
		await instance.stop();
	});

	test("forgets the stored data of a function", async () => {
		const code = `localStorage.setItem("n", String(Number(localStorage.getItem("n")) + 1)); export default () => new Response(localStorage.getItem("n"));`;
		const count = async () => {
			const instance = await harness.runtime.start(launch(code, {}, { function: "stored" }));
			const { body } = await ask(instance.socketPath);
			await instance.stop();
			return body;
		};
		expect([await count(), await count()]).toEqual(["1", "2"]);
		await harness.runtime.forget({ app: "shop", function: "stored" });
		expect(await count()).toBe("1");
	});

	test("closing ends all instances at once: those that answer, drain or start", async () => {
		const other = await openRuntime({}, open);
		const [busy, draining] = await Promise.all([1, 2].map(() => other.runtime.start(launch(HELLO))));
		busy?.acquire();
		draining?.acquire();
		const stopped = draining?.stop();
		const starting = other.runtime.start(
			launch("await new Promise((resolve) => setTimeout(resolve, 60_000));"),
		);
		const failed = expect(starting).rejects.toMatchObject({ code: "FUNCTION_START_FAILED" });
		await other.close();
		await Promise.all([stopped, failed]);
		ended(busy?.pid ?? 0);
		ended(draining?.pid ?? 0);
	});
});
