/** A function with a schedule: it is deployed, started by its schedule without a request, and listed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

/** Until the next minute starts, with time for the steps before and after it. */
const TIMEOUT_MS = 240_000;
const LINE_MS = 20_000;
const SETTINGS = "base44/functions/report/function.jsonc";

/** The settings file of a function, as a Base44 project contains it. */
const everyMinute = (more: object = {}) =>
	JSON.stringify({
		name: "report",
		entry: "entry.ts",
		automations: [
			{
				name: "each minute",
				type: "scheduled",
				schedule_mode: "recurring",
				schedule_type: "cron",
				cron_expression: "* * * * *",
				function_args: { to: "ops" },
				...more,
			},
			{ name: "orders", type: "entity", entity_name: "Order", event_types: ["create"] },
		],
	});

let project: Project;
let platform: Platform;
beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	await link(project, platform);
	project.write(SETTINGS, everyMinute({ is_active: false }));
	project.write(
		"base44/functions/report/entry.ts",
		`Deno.serve(async (request) => {
	const { to } = await request.json();
	console.log(\`to \${to}, for \${request.headers.get("x-coffer-automation")}, by \${Deno.env.get("REPORT_KEY")?.length}\`);
	return new Response();
});`,
	);
	await project.ok(["secrets", "set", "REPORT_KEY=canary-of-the-report"]);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

async function listed() {
	const { functions } = await project.data(["functions", "list"]);
	return functions[0];
}

test(
	"an automation runs in the next minute with its secrets and arguments, and is listed after a crash of the platform",
	async () => {
		const paused = await listed();
		expect(paused.automations).toMatchObject([
			{ name: "each minute", type: "scheduled", active: false, next: null, last: null, runs: 0 },
			{ name: "orders", type: "entity", next: null },
		]);
		project.write(SETTINGS, everyMinute());
		const [deployed] = (await project.data(["functions", "deploy"])).functions;
		expect(deployed).toMatchObject({ name: "report", status: "deployed" });
		const { pid, automations } = await listed();
		expect(pid).toBe(paused.pid);
		expect(Date.parse(automations[0].next) % 60_000).toBe(0);

		const following = project.start(["functions", "logs", "report", "--follow"]);
		await following.stdout.next(/ info {2}automation "each minute": answered 200 after \d+ ms$/);
		// The function's own output takes another path than the report of the run, and may arrive later.
		await expect
			.poll(() => following.stdout.text, { timeout: LINE_MS })
			.toMatch(/ info {2}to ops, for each%20minute, by 20\n/);
		following.signal("SIGINT");
		await following.ended;

		project.write(SETTINGS, everyMinute({ is_active: false }));
		await project.ok(["functions", "deploy"]);
		const [{ last, runs }] = (await listed()).automations;
		expect(runs).toBeGreaterThan(0);
		await platform.kill();
		await platform.start();
		const after = await listed();
		expect(after.automations[0]).toMatchObject({ last, runs, active: false, next: null });
		const { stdout } = await project.ok(["functions", "list"]);
		expect(stdout).toContain("never (not active)");
		expect(stdout).toContain("never (entity)");
	},
	TIMEOUT_MS,
);

test("an invalid automation is refused with file and line, and nothing is deployed", async () => {
	project.write(SETTINGS, `{\n\t"name": "report",\n\t"automations": [{ "name": "a", "type": "hourly" }]\n}`);
	const refused = await project.coffer(["functions", "deploy", "--json"]);
	expect(refused.error()).toMatchObject({
		code: "FUNCTION_SETTINGS_INVALID",
		exit: 2,
		message: expect.stringMatching(
			/^base44\/functions\/report\/function.jsonc:3: automation "a": "type" must be/,
		),
	});
});
