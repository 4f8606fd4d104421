/** `coffer console`: opens the web console of a platform in the browser. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let ana: Project;
let platform: Platform;
/** A folder with a program in the place of the one that opens browsers. It stores its argument. */
let programs: string;
let asked: string;
beforeAll(async () => {
	[ana, platform] = await Promise.all([newProject(), startPlatform()]);
	await link(ana, platform);
	programs = join(ana.machine, "programs");
	asked = join(ana.machine, "asked");
	mkdirSync(programs);
	const opener = `#!/bin/sh\nprintf '%s' "$1" >'${asked}.part' && mv '${asked}.part' '${asked}'\n`;
	writeFileSync(join(programs, "xdg-open"), opener, { mode: 0o755 });
});
afterAll(async () => {
	await ana[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

/** What a browser does with the address: loads the page, and changes the code for a session. */
async function openIn(url: string): Promise<{ page: Response; session: Response }> {
	const { hash, origin, pathname } = new URL(url);
	const page = await fetch(origin + pathname);
	const session = await fetch(`${origin}/v1/console/session`, {
		method: "POST",
		headers: { "content-type": "application/json", origin },
		body: JSON.stringify({ code: hash.replace("#code=", "") }),
	});
	return { page, session };
}

test("prints an address that opens one session if there is no display, or none is wanted", async () => {
	const desktop = { DISPLAY: ":9", PATH: `${programs}:${process.env.PATH}` };
	const ways = [
		{ args: ["console"], env: { DISPLAY: undefined, WAYLAND_DISPLAY: undefined } },
		{ args: ["console", "--no-open"], env: desktop },
		{ args: ["console"], env: { ...desktop, SSH_CONNECTION: "203.0.113.9 50000 203.0.113.1 22" } },
	];
	for (const { args, env } of ways) {
		const { stdout } = await ana.ok(args, { env });
		expect(stdout).toMatch(
			/^Open this address in a browser within a minute\. It works once:\n {2}http:\/\/127\.0\.0\.1:\d+\/console\/#code=\S+\n$/,
		);
		expect(stdout).not.toContain(platform.token.split(".")[1] ?? "");
	}
	const { opened, url } = await ana.data(["console"], { env: desktop });
	expect(opened).toBe(false);
	const { page, session } = await openIn(url);
	expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
	expect(session.status).toBe(201);
	expect((await openIn(url)).session.status).toBe(401);
});

test("starts the browser on a desktop, and prints the address if there is no program for that", async () => {
	const env = { DISPLAY: ":9", SSH_CONNECTION: undefined, PATH: `${programs}:${process.env.PATH}` };
	const running = ana.start(["console"], { env });
	const { ended } = running;
	await expect.poll(() => existsSync(asked), { timeout: 60_000 }).toBe(true);
	const given = readFileSync(asked, "utf8");
	// Other users can read the arguments of programs, so the code is not among them.
	expect(given).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/);
	expect((await fetch(`${given}x`)).status).toBe(404);
	const told = await fetch(given, { redirect: "manual" });
	expect(told.status).toBe(303);
	expect(await ended).toMatchObject({
		status: 0,
		stdout: `Opened ${platform.control}/console/ in the browser.\n`,
	});
	expect((await openIn(told.headers.get("location") ?? "")).session.status).toBe(201);
	await expect(fetch(given)).rejects.toThrow();
	const bare = await ana.ok(["console"], { env: { ...env, PATH: "/nonexistent" } });
	expect(bare.stdout).toMatch(/^Open this address in a browser/);
});

test("names what to do if the console is off, or the token has no right to read", async () => {
	const { token } = await ana.data(["platform", "token", "create", "--scope", "sync"]);
	const refused = await ana.coffer(["console", "--json"], { env: { COFFER_TOKEN: token } });
	expect([refused.status, refused.error().code]).toEqual([3, "TOKEN_SCOPE"]);
	await platform.stop();
	await platform.start(platform.data, ["--no-console"]);
	const off = await ana.coffer(["console", "--json"]);
	expect(off.error()).toMatchObject({
		code: "CONSOLE_OFF",
		exit: 4,
		hint: "Start the platform without --no-console.",
	});
	expect((await fetch(`${platform.control}/console/`)).status).toBe(404);
});
