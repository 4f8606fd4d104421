/** Automations of deployed functions, on a platform with real processes. The test controls the clock. */

import { describe, expect, test } from "vitest";
import { logOf } from "../fixtures/core.ts";
import { platform, TestApp, useCore } from "../redeploy/app-fixture.ts";

useCore();

const MINUTE_MS = 60_000;

/** A function that writes its requests to its log, and lists them in its responses. */
const ECHO = `const seen: string[] = [];
Deno.serve(async (request) => {
	if (request.method === "GET") return Response.json(seen);
	const header = (name: string) => request.headers.get(name);
	const { pathname, host } = new URL(request.url);
	seen.push([request.method, host + pathname, header("x-coffer-automation"), header("x-coffer-due"), await request.text()].join(" "));
	return new Response("", { status: 201 });
});`;

const cron = (name: string, more: object = {}) => ({
	name,
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "* * * * *",
	...more,
});
const once = (name: string, atMs: number, more: object = {}) => ({
	name,
	type: "scheduled",
	schedule_mode: "one-time",
	one_time_date: new Date(atMs).toISOString(),
	...more,
});
const files = (name: string, automations: readonly object[], code = ECHO) => ({
	[`functions/${name}/index.ts`]: code,
	[`functions/${name}/function.jsonc`]: JSON.stringify({ automations }),
});

/** Sets the clock forward, and runs everything that waited for it. */
function pass(forMs: number): void {
	const { clock } = platform;
	clock.atMs += forMs;
	for (const { task } of clock.tasks.splice(0)) task();
}

const storedLines = (log: [string, string] | undefined) =>
	platform.core.logs.read(...(log ?? ["", ""]), { limit: 100 });

async function lines(app: string, name: string): Promise<string[]> {
	return (await storedLines(logOf(platform, app, name)))
		.map(({ level, message }) => `${level} ${message}`)
		.filter((line) => line.includes("automation"));
}

/** Waits for this many lines of a function's automations. @returns the lines */
async function automationLines(app: string, name: string, count: number): Promise<string[]> {
	await expect.poll(async () => (await lines(app, name)).length, { timeout: 60_000 }).toBe(count);
	return await lines(app, name);
}

const start = () => platform.core.automations.start({ host: "127.0.0.1:8080", timeoutMs: 10_000 });

describe("an automation", () => {
	test("runs an idle function with its arguments when it is due, and each time again", async () => {
		start();
		const app = await TestApp.open("runs", {});
		await app.deployFiles(files("echo", [cron("every minute ü", { function_args: { a: [1, "ü"] } })]));
		const slot = app.functions.supervisor("echo");
		slot.stopIdle(0);
		expect(slot.state).toBe("idle");
		const [before] = (await app.show("echo"))?.automations ?? [];
		const firstMs = Math.ceil((platform.clock.atMs + 1) / MINUTE_MS) * MINUTE_MS;
		expect(before).toEqual({
			name: "every minute ü",
			type: "scheduled",
			active: true,
			nextMs: firstMs,
			lastMs: null,
			runs: 0,
		});
		pass(firstMs - platform.clock.atMs - 1);
		pass(1);
		const [line] = await automationLines("runs", "echo", 1);
		expect(line).toMatch(/^info automation "every minute ü": answered 201 after \d+ ms$/);
		const at = new Date(firstMs).toISOString();
		const name = encodeURIComponent("every minute ü");
		expect(JSON.parse(await app.fetch("echo"))).toEqual([`POST 127.0.0.1:8080/ ${name} ${at} {"a":[1,"ü"]}`]);
		pass(MINUTE_MS);
		await automationLines("runs", "echo", 2);
		const [after] = (await app.show("echo"))?.automations ?? [];
		expect(after).toMatchObject({ lastMs: firstMs + MINUTE_MS, nextMs: firstMs + 2 * MINUTE_MS, runs: 2 });
	});

	test("that is added, changed or removed restarts nothing", async () => {
		start();
		const app = await TestApp.open("edited", {});
		await app.deployFiles(files("echo", []));
		const pid = (await app.show("echo"))?.pid;
		const deploy = async (automations: readonly object[]) => {
			const [event] = await app.deployFiles(files("echo", automations));
			expect((await app.show("echo"))?.pid).toBe(pid);
			return event?.type === "function" ? event.result.status : event;
		};
		expect(await deploy([cron("a", { cron_expression: "0 0 1 1 *" })])).toBe("deployed");
		expect(await deploy([cron("a", { cron_expression: "0 0 1 1 *" })])).toBe("unchanged");
		expect(await deploy([cron("a")])).toBe("deployed");
		pass(MINUTE_MS);
		await automationLines("edited", "echo", 1);
		expect(await deploy([])).toBe("deployed");
		pass(MINUTE_MS);
		pass(MINUTE_MS);
		expect(await lines("edited", "echo")).toHaveLength(1);
		expect((await app.show("echo"))?.automations).toEqual([]);
	});

	test("that fails is reported, and not retried", async () => {
		start();
		const app = await TestApp.open("fails", {});
		const soonMs = platform.clock.atMs + MINUTE_MS;
		await app.deployFiles({
			...files("teapot", [once("tea", soonMs)], `Deno.serve(() => new Response("", { status: 418 }));`),
			...files("dead", [once("end", soonMs)], "Deno.serve(() => Deno.exit(3));"),
			...files("slow", [once("wait", soonMs)], "Deno.serve(() => new Promise(() => {}));"),
			"functions/slow/function.jsonc": JSON.stringify({
				timeoutSeconds: 1,
				automations: [once("wait", soonMs)],
			}),
		});
		pass(MINUTE_MS);
		expect(await automationLines("fails", "teapot", 1)).toEqual([
			expect.stringMatching(/^error automation "tea": answered 418 after \d+ ms$/),
		]);
		expect(await automationLines("fails", "dead", 1)).toEqual([
			expect.stringMatching(/^error automation "end": failed after \d+ ms: The function closed or reset/),
		]);
		expect(await automationLines("fails", "slow", 1)).toEqual([
			expect.stringMatching(/^error automation "wait": failed after \d+ ms: .*no response within the time/),
		]);
		pass(MINUTE_MS);
		expect(await lines("fails", "teapot")).toHaveLength(1);
		expect((await app.show("teapot"))?.automations).toMatchObject([{ nextMs: null, runs: 1 }]);
		const { text } = await platform.core.metrics.text();
		expect(text).toContain('coffer_automation_runs_total{app="fails",function="teapot",outcome="failed"} 1');
	});

	test("is skipped while its earlier run is in progress", async () => {
		start();
		const app = await TestApp.open("long", {});
		const code = `let end = () => {};
Deno.serve(async (request) => {
	if (request.method === "GET") return end(), new Response("ended");
	await new Promise<void>((resolve) => (end = resolve));
	return new Response("done");
});`;
		await app.deployFiles(files("long", [cron("a")], code));
		pass(MINUTE_MS);
		await expect.poll(() => app.functions.supervisor("long").instance?.inFlight, { timeout: 60_000 }).toBe(1);
		pass(MINUTE_MS);
		expect(await automationLines("long", "long", 1)).toEqual([
			'error automation "a": skipped: the previous run is still in progress',
		]);
		await app.fetch("long");
		expect((await automationLines("long", "long", 2))[1]).toMatch(/answered 200/);
		expect((await app.show("long"))?.automations).toMatchObject([{ runs: 1 }]);
	});

	test("does not run after the deletion of its function or app", async () => {
		start();
		const app = await TestApp.open("deleted", {});
		await app.deployFiles({ ...files("one", [cron("a")]), ...files("two", [cron("a")]) });
		const [one, two] = ["one", "two"].map((name) => logOf(platform, "deleted", name));
		await app.functions.delete(["one"]);
		pass(MINUTE_MS);
		await automationLines("deleted", "two", 1);
		expect(await storedLines(one)).toEqual([]);
		const other = await TestApp.open("other", {});
		await other.deployFiles(files("one", [cron("a")]));
		await platform.core.deleteApp("deleted");
		pass(MINUTE_MS);
		await automationLines("other", "one", 1);
		expect(await storedLines(two)).toEqual([]);
	});
});
