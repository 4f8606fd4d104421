/**
 * Output of functions: kept over restarts, followed while it is written, and with values replaced by names.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

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

// Each test of this file continues where the one before it ended.
describe("functions logs", () => {
	test("shows the last lines by level and number, with values replaced by their names", async () => {
		for (const word of ["one", "wrong", "two"]) await platform.call(`talker?say=${word}`);
		const all = ["starts with [API_KEY]", "says one", "went wrong", "says two"];
		// Lines arrive through a pipe, later than the responses.
		await vi.waitFor(async () =>
			expect(messagesOf(await project.data(["functions", "logs", "talker"]))).toEqual(all),
		);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--level", "error"]))).toEqual([
			"went wrong",
		]);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--limit", "1"]))).toEqual([
			"says two",
		]);
		const { stdout } = await project.ok(["functions", "logs", "api/other"]);
		expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info {2}starts with \[API_KEY\]\n$/);
	});

	test("accepts a start time as a duration or a date", async () => {
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--since", "1h"]))).toHaveLength(4);
		expect(messagesOf(await project.data(["functions", "logs", "talker", "--since", "9999-01-01"]))).toEqual(
			[],
		);
	});

	test("counts a duration back from the platform's time: this machine's clock may be wrong", async () => {
		const moved = {
			LD_PRELOAD: "/usr/$LIB/faketime/libfaketime.so.1",
			FAKETIME: "+1d",
			FAKETIME_DONT_FAKE_MONOTONIC: "1",
			FAKETIME_DONT_RESET: "1",
		};
		const words = ["functions", "logs", "talker", "--since", "1h", "--json"];
		const { stdout } = await project.start(words, { env: moved }).ended;
		expect(messagesOf(JSON.parse(stdout))).toHaveLength(4);
	});

	test.each([
		[["--since", "yesterday"], 2, "TIME_INVALID"],
		[["--level", "warn"], 2, "USAGE"],
		[["--limit", "-1"], 2, "USAGE"],
	])("refuses %j", async (flags, exit, code) => {
		const refused = await project.coffer(["functions", "logs", "talker", ...flags, "--json"]);
		expect(refused.error()).toMatchObject({ code, exit });
	});

	test("--follow shows new lines of several functions until Ctrl-C", async () => {
		const following = project.start(["functions", "logs", "talker", "api/other", "--follow", "--limit", "1"]);
		await following.stdout.next(/^api\/other {2}.* info {2}starts with \[API_KEY\]$/);
		await following.stdout.next(/^talker {2}.* info {2}says two$/);
		await platform.call("talker?say=three");
		await following.stdout.next(/^talker {2}.* info {2}says three$/);
		await platform.call("api/other?say=wrong");
		await following.stdout.next(/^api\/other {2}.* error went wrong$/);
		// A new version keeps the function's log.
		await project.ok(["secrets", "set", "API_KEY=canary-of-the-next-version"]);
		await following.stdout.next(/starts with \[API_KEY\]$/);
		following.signal("SIGINT");
		const { status, stdout, stderr } = await following.ended;
		expect([status, stderr]).toEqual([0, ""]);
		expect(stdout).not.toContain("canary");
	});

	test("--json prints one document per line", async () => {
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
		following.signal("SIGINT");
		expect((await following.ended).status).toBe(0);
	});

	test("shows the lines of all functions together, each with its function, in the order in which they were written", async () => {
		await platform.call("api/other?say=late");
		const all = await vi.waitFor(async () => {
			const shown = await project.data(["functions", "logs"]);
			expect(shown.lines.at(-1)).toMatchObject({ function: "api/other", message: "says late" });
			return shown;
		});
		expect(new Set(all.lines.map((line: { function: string }) => line.function))).toEqual(
			new Set(["talker", "api/other"]),
		);
		const times = all.lines.map(({ time }: { time: string }) => time);
		expect(times).toEqual([...times].sort());
		const { stdout } = await project.ok(["functions", "logs", "--limit", "1"]);
		expect(stdout).toMatch(/^api\/other {2}\S+Z info {2}says late\n$/);
	});

	test("--follow continues after the platform was killed or restarted, without lost or repeated lines", async () => {
		const following = project.start(["functions", "logs", "--follow"]);
		await following.stdout.next(/says late$/);
		await platform.call("talker?say=before");
		await following.stdout.next(/^talker {2}\S+Z info {2}says before$/);
		// Only lines that are on disk can be read.
		await project.ok(["functions", "logs", "talker"]);
		for (const end of ["kill", "stop"] as const) {
			await platform[end]();
			await following.stderr.next(/^The connection to the platform was lost. Reconnecting\.$/);
			await platform.start();
			await platform.call(`talker?say=after-${end}`);
			await following.stdout.next(new RegExp(`says after-${end}$`));
		}
		following.signal("SIGINT");
		const { status, stdout, stderr } = await following.ended;
		const printed = stdout.split("\n").filter((line) => /says (before|after|late)/.test(line));
		expect([status, printed.map((line) => line.replace(/.*says /, ""))]).toEqual([
			0,
			["late", "before", "after-kill", "after-stop"],
		]);
		expect(stderr.match(/lost/g)).toHaveLength(2);
		expect(stderr.match(/Reconnected\./g)).toHaveLength(2);
	});

	test("--follow ends when the token is revoked", async () => {
		const made = ["platform", "token", "create", "--scope", "read"];
		const { id, token } = await project.data(made);
		const following = project.start(["functions", "logs", "-f"], { env: { COFFER_TOKEN: token } });
		await following.stdout.next(/says/);
		await project.ok(["platform", "token", "revoke", id]);
		const { status, stderr } = await following.ended;
		expect([status, stderr]).toEqual([3, expect.stringContaining("token is not valid")]);
	});

	test("--requests shows the result of each request, and nothing of its content", async () => {
		const headers = { "x-request-id": "known-id", cookie: VALUE };
		await platform.call(`talker/orders?say=${VALUE}`, { headers });
		await platform.call("nobody/here", { method: "POST", body: VALUE });
		const last = async () => await project.data(["functions", "logs", "--requests", "--limit", "2"]);
		// The platform records a request after its response has ended.
		await vi.waitFor(async () => expect((await last()).requests.at(-1)).toMatchObject({ status: 404 }));
		expect((await last()).requests).toEqual([
			{
				function: "talker",
				time: expect.any(String),
				method: "GET",
				path: "/shop/talker/orders",
				status: 200,
				ms: expect.any(Number),
				bytes: 2,
				id: "known-id",
				reason: null,
				protocol: "HTTP/1.1",
			},
			expect.objectContaining({
				function: null,
				method: "POST",
				path: "/shop/nobody/here",
				status: 404,
				reason: "FUNCTION_NOT_FOUND",
			}),
		]);
		const named = await project.ok(["functions", "logs", "talker", "--requests", "--limit", "1"]);
		expect(named.stdout).toMatch(
			/^\S+Z {2}talker {2}200 {2,}[\d.]+ ms {2,}2 B {2}GET \/shop\/talker\/orders HTTP\/1\.1 {2}known-id\n$/,
		);
		const failed = await project.data(["functions", "logs", "--requests", "--level", "error"]);
		expect(failed.requests.map(({ status }: { status: number }) => status)).toEqual([404]);
		const follow = ["functions", "logs", "--requests", "--follow", "--limit", "0", "--json"];
		const following = project.start(follow);
		await project.ok(["functions", "logs", "--requests"]);
		// The command follows once it has printed a request. Until then, the test keeps sending requests.
		const first = following.stdout.next(/"type":"request"/);
		let isHeard = false;
		void first.then(() => (isHeard = true));
		while (!isHeard) await platform.call("talker?say=again");
		expect(JSON.parse(await first)).toMatchObject({ request: { function: "talker", status: 200 } });
		following.signal("SIGINT");
		expect((await following.ended).status).toBe(0);
	});

	test("shows no lines of a deleted function", async () => {
		await project.ok(["functions", "delete", "talker"]);
		expect((await project.coffer(["functions", "logs", "talker"])).status).toBe(4);
		await project.ok(["functions", "deploy", "talker"]);
		await vi.waitFor(async () =>
			expect(messagesOf(await project.data(["functions", "logs", "talker"]))).toEqual([
				"starts with [API_KEY]",
			]),
		);
	});
});
