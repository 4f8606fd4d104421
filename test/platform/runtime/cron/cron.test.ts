/** `Deno.cron` in a function's process: what it registers, what it refuses, and how its runs end. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type Harness, launch, openRuntime } from "../harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

const SIGNAL = new AbortController().signal;

describe("Deno.cron", () => {
	test("registers its jobs when the function is ready, in both forms of a schedule, in UTC", async () => {
		const instance = await harness.runtime.start(
			launch(`
				Deno.cron("text", "*/20 8-9 * * MON-FRI", () => {});
				Deno.cron("numbers of days", "0 0 1 JAN 1", { backoffSchedule: [10, 20] }, () => {});
				Deno.serve(() => new Response("served"));
				Deno.cron("object", { hour: { every: 6 }, dayOfWeek: { exact: [1, 7] } }, () => {});
				Deno.cron("monthly", { month: { start: 11, end: 2 } }, () => {});`),
		);
		expect(instance.crons.registered).toEqual([
			{ name: "text", schedule: "0,20,40 8,9 * * 1,2,3,4,5" },
			{ name: "numbers of days", schedule: "0 0 1 1 0", backoff: [10, 20] },
			{ name: "object", schedule: "0 0,6,12,18 * * 0,6" },
			// Deno begins such a range one value earlier.
			{ name: "monthly", schedule: "0 0 1 1,2,10,11,12 *" },
		]);
		await instance.stop();
	});

	test("a run ends as its handler ends, and a job does not run twice at the same time", async () => {
		const instance = await harness.runtime.start(
			launch(`
				let end;
				const control = new AbortController();
				Deno.cron("good", "* * * * *", async () => { console.log("ran"); });
				Deno.cron("bad", "* * * * *", () => { throw new Error("no luck"); });
				Deno.cron("slow", "* * * * *", () => new Promise((resolve) => { end = resolve; }));
				const gone = Deno.cron("gone", "* * * * *", { signal: control.signal }, () => {});
				export default async () => { end(); control.abort(); await gone; return new Response("ended"); };`),
		);
		const run = (name: string) => instance.crons.run(name, SIGNAL);
		expect([await run("good"), await run("bad"), await run("none")]).toEqual(["ok", "failed", "unknown"]);
		const first = run("slow");
		expect(await run("slow")).toBe("busy");
		expect((await ask(instance.socketPath)).body).toBe("ended");
		expect(await first).toBe("ok");
		expect(await run("gone")).toBe("unknown");
		const unended = run("slow");
		await instance.stop({ graceMs: 0 });
		expect(await unended).toBe("exited");
		const lines = (await harness.lines("pay")).map(({ message }) => message);
		expect(lines).toEqual(expect.arrayContaining(["ran", "Exception in cron handler bad Error: no luck"]));
	});

	test("a function that only has cron jobs runs, and answers requests with 404", async () => {
		const code = `Deno.cron("only", "0 0 * * *", () => {});`;
		const instance = await harness.runtime.start(launch(code));
		expect(await instance.crons.run("only", SIGNAL)).toBe("ok");
		expect((await ask(instance.socketPath)).status).toBe(404);
		await instance.stop();
		const late = await harness.runtime.start(
			launch(`${code} setTimeout(() => Deno.serve(() => new Response("late")), 20);`),
		);
		expect((await ask(late.socketPath)).body).toBe("late");
		await late.stop();
	});

	test("refuses what Deno refuses, and what comes after the start", async () => {
		const calls = [
			`Deno.cron()`,
			`Deno.cron("a")`,
			`Deno.cron("a", "* * * * *")`,
			`Deno.cron("a", "* * * * *", () => {}, () => {})`,
			`Deno.cron("a".repeat(65), "* * * * *", () => {})`,
			`Deno.cron("a/b", "* * * * *", () => {})`,
			`Deno.cron("a", "* * * *", () => {})`,
			`Deno.cron("a", "60 * * * *", () => {})`,
			`Deno.cron("a", "* * * * 0", () => {})`,
			`Deno.cron("a", { minute: { end: 3 } }, () => {})`,
			`Deno.cron("a", "* * * * *", { backoffSchedule: [1, 2, 3, 4, 5, 6] }, () => {})`,
			`Deno.cron("a", "0 0 L * *", () => {})`,
			`(Deno.cron("a", "* * * * *", () => {}), Deno.cron("a", "* * * * *", () => {}))`,
		];
		const thunks = calls.map((call) => `() => ${call}`).join(",\n");
		const instance = await harness.runtime.start(
			launch(`
				const attempt = (call) => { try { call(); return "accepted"; } catch (error) { return error.name + ": " + error.message; } };
				const said = [${thunks}].map(attempt);
				export default () => Response.json([...said, attempt(() => Deno.cron("late", "* * * * *", () => {}))]);`),
		);
		expect(JSON.parse((await ask(instance.socketPath)).body)).toEqual([
			"TypeError: Cannot create cron job, a unique name is required: received 'undefined'",
			"TypeError: Cannot create cron job, a schedule is required: received 'undefined'",
			"TypeError: Cannot create cron job: a handler is required",
			"TypeError: Cannot create cron job, a single handler is required: two handlers were specified",
			"TypeError: Cron name cannot exceed 64 characters: current length 65",
			"TypeError: Invalid cron name: only alphanumeric characters, whitespace, hyphens, and underscores are allowed",
			"TypeError: Invalid cron schedule",
			"TypeError: Invalid cron schedule",
			"TypeError: Invalid cron schedule",
			"TypeError: Invalid cron schedule: start=undefined, end=3, every=undefined",
			"TypeError: Invalid backoff schedule",
			'TypeError: Invalid cron schedule: L, W and # are not supported by the platform, but "0 0 L * *" has them',
			"TypeError: Cron with this name already exists",
			'TypeError: Cannot create cron job "late": the function serves already, and the platform reads its cron jobs when it starts. Call Deno.cron at the top level of a module, before an await.',
		]);
		await instance.stop();
	});
});
