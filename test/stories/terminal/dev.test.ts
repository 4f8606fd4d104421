/** `coffer dev`: functions run on this machine, and each restart prints a line with its reason. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Running } from "../support/process.ts";
import { newProject, type Project } from "../support/project.ts";

const hello = (version: number) =>
	`console.log("started with", Deno.env.get("GREETING"));\nexport default () => new Response("${version} " + Deno.env.get("GREETING"));\n`;

/** The error of a second `coffer dev` while the first one runs. */
async function refused(project: Project, url: string): Promise<void> {
	const second = await project.coffer(["dev", "--port", "0", "--json"]);
	expect([second.status, second.error().code]).toEqual([5, "DEV_RUNNING"]);
	expect(second.error().message).toContain(url);
	const taken = await project.coffer(["dev", "--port", new URL(url).port, "-e", "preview", "--json"]);
	expect([taken.status, taken.error().code]).toEqual([6, "ADDRESS_UNAVAILABLE"]);
}

/** A function that is added while `coffer dev` runs is started. */
async function added(project: Project, dev: Running): Promise<void> {
	project.write("functions/later.ts", 'export default () => new Response("later");\n');
	await dev.stdout.next(/^\S+ ✓ later started in \d+ ms: functions\/later\.ts changed$/);
}

/** `coffer functions invoke` sends its request to the running `coffer dev`. */
async function invoked(project: Project): Promise<void> {
	const posted = ["functions", "invoke", "api/other", "--data", "@-", "--path", "/deeper?x=1"];
	const answer = await project.coffer(posted, { input: "piped" });
	expect(answer).toMatchObject({
		status: 0,
		stdout: "other",
		stderr: expect.stringMatching(/^200 OK from 'coffer dev' in \d+ ms\n$/),
	});
}

test("functions invoke without a running coffer dev starts the function for one request", async () => {
	await using project = await newProject();
	project.write(
		"functions/echo.ts",
		`export default async (request) => {
	console.log("called");
	const { pathname, search } = new URL(request.url);
	const { method, headers } = request;
	const type = headers.get("content-type");
	const hasSecret = Deno.env.get("GREETING") === "moon-value";
	return Response.json({ method, pathname, search, type, hasSecret, body: await request.text() }, { status: 418 });
};
`,
	);
	await project.ok(["secrets", "set", "GREETING=moon-value", "--no-sync"]);
	const older = project.vault;
	await project.ok(["secrets", "set", "LATER=1", "--no-sync"]);
	project.vault = older;
	const called = await project.coffer([
		"functions",
		"invoke",
		"echo",
		"--path",
		"/a?b=1",
		"--data",
		'{"c":1}',
	]);
	expect(JSON.parse(called.stdout)).toEqual({
		...{ method: "POST", pathname: "/a", search: "?b=1", type: "application/json" },
		...{ hasSecret: true, body: '{"c":1}' },
	});
	expect(called.status).toBe(1);
	expect(called.stderr).toMatch(/Warning: Seen on this device before, absent now: LATER/);
	expect(called.stderr).toMatch(/called\n418 I'm a teapot from a process for this request in \d+ ms\n$/);
	const missing = await project.coffer(["functions", "invoke", "nope", "--json"]);
	expect([missing.status, missing.error().exit]).toEqual([4, 4]);
	const linked = await project.coffer(["functions", "invoke", "echo", "--linked", "--json"]);
	expect([linked.status, linked.error().exit]).toEqual([2, 2]);
});

/** Files and folders below a folder, lock files left out. */
function leftIn(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
		(path) => !/(^|\/)lock/.test(path),
	);
}

test("a second Ctrl-C ends coffer dev at once, and leaves no file of it behind", async () => {
	await using project = await newProject();
	const slow = 'export default () => { console.log("called"); return new Promise(() => {}); };\n';
	project.write("functions/slow.ts", slow);
	const dev = project.start(["dev", "--port", "0"]);
	const serving = await dev.stdout.next(/Serving 1 function at /);
	const url = /http:\/\/127\.0\.0\.1:\d+/.exec(serving)?.[0] ?? "";
	const request = fetch(`${url}/slow`).catch(() => "broken");
	await dev.stdout.next(/slow {2}called$/);
	dev.signal("SIGINT");
	await dev.stdout.next(/Stopping\. Press Ctrl-C again to stop at once\.$/);
	dev.signal("SIGINT");
	expect((await dev.ended).status).toBe(130);
	expect(await request).toBe("broken");
	expect(leftIn(join(project.machine, "tmp"))).toEqual([]);
	expect(leftIn(join(project.machine, "state/coffer/dev")).filter((path) => path.includes("/"))).toEqual([]);
});

test("coffer dev serves, reloads and stops functions while a developer works", async () => {
	await using project = await newProject();
	project.write("functions/hello/index.ts", hello(1));
	project.write("functions/api/other/index.ts", 'export default () => new Response("other");\n');
	await project.ok(["secrets", "set", "GREETING=moon-value", "--no-sync"]);
	await project.ok(["environments", "create", "preview"]);

	// It leads its own process group, as a shell's job does.
	const dev = project.start(["dev", "--port", "0"], { under: ["setsid"] });
	await dev.stdout.next(/^\S+ hello {2}started with \[GREETING\]/);
	const serving = await dev.stdout.next(/^\S+ Serving 2 functions at /);
	const url = /http:\/\/127\.0\.0\.1:\d+/.exec(serving)?.[0] ?? "";
	const call = async (path: string) => await (await fetch(`${url}/${path}`)).text();
	expect(await call("hello")).toBe("1 moon-value");
	await dev.stdout.next(/^\S+ GET \/hello 200 \d+ ms$/);
	expect(await call("api/other/deeper?x=1")).toBe("other");
	expect((await fetch(`${url}/missing`)).status).toBe(404);

	project.write("functions/hello/index.ts", hello(2));
	await dev.stdout.next(/^\S+ ✓ hello restarted in \d+ ms: functions\/hello\/index\.ts changed$/);
	expect(await call("hello")).toBe("2 moon-value");

	// The output names file and line of a build error, and the earlier version keeps running.
	project.write("functions/hello/index.ts", 'import "./missing.ts";\n');
	await dev.stdout.next(/^\S+ ✗ hello failed; the previous version still serves requests$/);
	expect(await dev.stdout.next(/^ {4}/)).toContain("functions/hello/index.ts:1");
	expect(await call("hello")).toBe("2 moon-value");
	project.write("functions/hello/missing.ts", "export {};\n");
	project.write("functions/hello/index.ts", `import "./missing.ts";\n${hello(3)}`);
	await dev.stdout.next(/^\S+ ✓ hello restarted in \d+ ms: functions\/hello\//);

	// Another process changes the vault: only the function that reads the secret is restarted.
	await project.ok(["secrets", "set", "GREETING=mars-value", "--no-sync"]);
	await dev.stdout.next(/^\S+ ✓ hello restarted in \d+ ms: secret GREETING changed$/);
	expect(await call("hello")).toBe("3 mars-value");
	await added(project, dev);
	await project.ok(["secrets", "set", "UNREAD=1", "--no-sync"]);
	await dev.stdout.next(/^\S+ = UNREAD changed; no function reads it$/);

	await refused(project, url);
	await invoked(project);
	// Ctrl-C in a terminal reaches the whole process group.
	process.kill(-dev.pid, "SIGINT");
	const { status, stderr, stdout } = await dev.ended;
	expect([status, stderr]).toEqual([0, ""]);
	expect(stdout).toMatch(/^\S+ Stopped\.$/m);
	expect(stdout.match(/api\/other (?:restarted|failed)/)).toBeNull();
	expect(stdout).not.toMatch(/An error in Coffer|moon-value|mars-value/);
	await expect(fetch(url)).rejects.toThrow();
});
