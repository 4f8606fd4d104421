/** What functions write: kept over restarts, followed as it comes, and without a value in it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { link, type Platform, startPlatform } from "./support/platform.ts";
import { newProject, type Project } from "./support/project.ts";

const TALKER = `
console.log("starts with", Deno.env.get("API_KEY"));
Deno.serve((request) => {
	const word = new URL(request.url).searchParams.get("say");
	if (word === "wrong") console.error("went wrong");
	else console.log("says", word);
	return new Response("ok");
});
`;
const VALUE = "canary-of-the-logs";

let project: Project;
let platform: Platform;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	for (const name of ["talker", "api/other"]) project.write(`functions/${name}/index.ts`, TALKER);
	await project.ok(["secrets", "set", `API_KEY=${VALUE}`]);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

const messagesOf = ({ lines }: { lines: { message: string }[] }) => lines.map(({ message }) => message);

// The tests of this file are the chapters of one story, in this order.
describe("functions logs", () => {
	test("shows the last lines, by level and number; a value in them is its name", async () => {
		for (const word of ["one", "wrong", "two"]) await platform.call(`talker?say=${word}`);
		const all = await project.data(["functions", "logs", "talker"]);
		expect(messagesOf(all)).toEqual(["starts with [API_KEY]", "says one", "went wrong", "says two"]);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--level", "error"]))).toEqual([
			"went wrong",
		]);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--limit", "1"]))).toEqual([
			"says two",
		]);
		const { stdout } = await project.ok(["functions", "logs", "api/other"]);
		expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info {2}starts with \[API_KEY\]\n$/);
	});

	test("takes a time since when: a length or an instant", async () => {
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--since", "1h"]))).toHaveLength(4);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--since", "9999-01-01"]))).toEqual(
			[],
		);
	});

	test.each([
		[["--since", "yesterday"], 2, "TIME_INVALID"],
		[["--level", "warn"], 2, "USAGE"],
		[["--limit", "-1"], 2, "USAGE"],
		[["api/other"], 2, "USAGE"],
	])("refuses %j", async (flags, exit, code) => {
		const refused = await project.coffer(["functions", "logs", "talker", ...flags, "--json"]);
		expect(refused.error()).toMatchObject({ code, exit });
	});

	test("--follow goes on with what several write, until Ctrl-C", async () => {
		const following = project.start(["functions", "logs", "talker", "api/other", "--follow", "--limit", "1"]);
		await following.stdout.next(/^talker {2}.* info {2}says two$/);
		await following.stdout.next(/^api\/other {2}.* info {2}starts with \[API_KEY\]$/);
		await platform.call("talker?say=three");
		await following.stdout.next(/^talker {2}.* info {2}says three$/);
		await platform.call("api/other?say=wrong");
		await following.stdout.next(/^api\/other {2}.* error went wrong$/);
		// A new version is the same function.
		await project.ok(["secrets", "set", "API_KEY=canary-of-the-next-version"]);
		await following.stdout.next(/starts with \[API_KEY\]$/);
		following.signal("SIGINT");
		const { status, stdout, stderr } = await following.ended;
		expect([status, stderr]).toEqual([0, ""]);
		expect(stdout).not.toContain("canary");
	});

	test("with --json is a document a line; a platform that stops ends it, at once, with exit 6", async () => {
		const following = project.start([
			"functions",
			"logs",
			"talker",
			"--follow",
			"--level",
			"error",
			"--json",
		]);
		const first = JSON.parse(await following.stdout.next(/^\{/)) as object;
		expect(first).toMatchObject({
			type: "line",
			function: "talker",
			line: { level: "error", message: "went wrong" },
		});
		await platform.stop();
		const ended = await following.ended;
		// Had it been cut off when the grace period was over, it would be another error.
		expect(ended.error()).toMatchObject({ code: "LOG_ENDED", exit: 6 });
	});

	test("knows what was written before the platform was killed", async () => {
		await platform.start();
		const following = project.start(["functions", "logs", "talker", "--follow"]);
		await following.stdout.next(/says two$/);
		await platform.call("talker?say=last");
		await following.stdout.next(/says last$/);
		// What is read is on disk.
		await project.ok(["functions", "logs", "talker"]);
		await platform.kill();
		expect((await following.ended).status).toBe(6);
		await platform.start();
		const lines = messagesOf(await project.data(["functions", "logs", "talker"]));
		expect(lines.slice(0, 4)).toEqual(["starts with [API_KEY]", "says one", "went wrong", "says two"]);
		expect(lines).toContain("says last");
	});

	test("of a function that was deleted are gone", async () => {
		await project.ok(["functions", "delete", "talker"]);
		expect((await project.coffer(["functions", "logs", "talker"])).status).toBe(4);
		await project.ok(["functions", "deploy", "talker"]);
		expect(messagesOf(await project.data(["functions", "logs", "talker"]))).toEqual([
			"starts with [API_KEY]",
		]);
	});
});
