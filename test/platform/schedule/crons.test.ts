/** Cron jobs of the code (`Deno.cron`) as automations of deployed functions. The test controls the clock. */
import { expect, test } from "vitest";
import { logOf } from "../fixtures/core.ts";
import { platform, TestApp, useCore } from "../redeploy/app-fixture.ts";

useCore();

const MINUTE_MS = 60_000;

/** Sets the clock forward, and runs all tasks that wait for it. */
function pass(forMs: number): void {
	const { clock } = platform;
	clock.atMs += forMs;
	for (const { task } of clock.tasks.splice(0)) task();
}

async function lines(app: string, name: string): Promise<string[]> {
	const stored = await platform.core.logs.read(...logOf(platform, app, name), { limit: 100 });
	return stored.map(({ level, message }) => `${level} ${message}`).filter((line) => !line.includes("at "));
}

/** Waits until a line of a function contains a text. @returns the function's lines */
async function linesWith(app: string, name: string, text: string): Promise<string[]> {
	await expect.poll(async () => (await lines(app, name)).join("\n"), { timeout: 60_000 }).toContain(text);
	return await lines(app, name);
}

test("a cron job of the code is listed, runs an idle function when it is due, and ends with the code", async () => {
	platform.core.automations.start({ host: "127.0.0.1:8080", timeoutMs: 10_000 });
	const app = await TestApp.open("crons", { REPORT_TO: "ops@example" });
	const path = "functions/report/index.ts";
	const file = (name: string) => ({
		"functions/report/function.jsonc": JSON.stringify({
			automations: [{ name, type: "entity", entity_name: "Order", event_types: ["create"] }],
		}),
	});
	const code = `Deno.cron("daily", "0 0 * * SUN", () => {});
Deno.cron("every minute", "* * * * *", async () => {
	console.log("to " + Deno.env.get("REPORT_TO"));
});
export default () => new Response("served");`;
	await app.deployFiles({ ...file("order"), [path]: code });
	const shown = await app.show("report");
	expect(shown?.references.map(({ name }) => name)).toEqual(["REPORT_TO"]);
	const nextMs = Math.ceil((platform.clock.atMs + 1) / MINUTE_MS) * MINUTE_MS;
	const listed = { type: "scheduled", active: true, lastMs: null, runs: 0 };
	expect(shown?.automations).toMatchObject([
		{ name: "order", type: "entity" },
		{ ...listed, name: "daily" },
		{ ...listed, name: "every minute", nextMs },
	]);
	app.functions.supervisor("report").stopIdle(0);
	pass(nextMs - platform.clock.atMs);
	// The platform redacts the value of the secret. The function's own line comes through a pipe.
	await linesWith("crons", "report", "info to [REPORT_TO]");
	const ran = await linesWith("crons", "report", 'automation "every minute"');
	expect(ran.filter((line) => line.includes("automation"))).toEqual([
		expect.stringMatching(/^info automation "every minute": succeeded after \d+ ms$/),
	]);
	// The files of the function change, and its process stays.
	const [conflict] = await app.deployFiles({ ...file("daily"), [path]: code });
	expect(conflict).toMatchObject({
		result: {
			status: "failed",
			error: expect.stringContaining('The cron job "daily" of the code has the same name'),
		},
	});
	await app.deployFiles({ ...file("order"), [path]: "export default () => new Response();" });
	expect((await app.show("report"))?.automations?.map(({ name }) => name)).toEqual(["order"]);
	pass(MINUTE_MS);
	expect(await lines("crons", "report")).toHaveLength(2);
});

test("a failed cron job is repeated after the delays of its backoffSchedule, and not otherwise", async () => {
	platform.core.automations.start({ host: "127.0.0.1:8080", timeoutMs: 10_000 });
	const app = await TestApp.open("failing", {});
	await app.deployFiles({
		"functions/jobs/index.ts": `let count = 0;
Deno.cron("once", "* * * * *", () => { throw new Error("never again"); });
Deno.cron("thrice", "* * * * *", { backoffSchedule: [1_000, 2_000] }, () => { if (++count < 3) throw "no"; });`,
		"functions/never/index.ts": `Deno.cron("never", "0 0 30 2 *", () => {});`,
	});
	expect((await app.show("never"))?.error).toContain(
		'The schedule of the cron job "never" describes a day that does not exist.',
	);
	pass(MINUTE_MS);
	await linesWith("failing", "jobs", "It is repeated in 1000 ms");
	await linesWith("failing", "jobs", 'automation "once": failed');
	pass(1_000);
	await linesWith("failing", "jobs", "It is repeated in 2000 ms");
	pass(2_000);
	const all = await linesWith("failing", "jobs", "succeeded");
	expect(all.filter((line) => line.includes('automation "once"'))).toEqual([
		expect.stringMatching(/^error automation "once": failed after \d+ ms: its handler threw an error$/),
	]);
	expect((await app.show("jobs"))?.automations).toMatchObject([{ runs: 1 }, { runs: 1 }]);
});
