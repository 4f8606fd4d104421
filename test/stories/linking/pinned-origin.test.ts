/**
 * Where access tokens are sent if coffer.json, which comes with the repository, names an address that the user
 * did not enter on this device.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: PlatformAccess;
let project: Project;
/** Listens at the address in the changed coffer.json, and records all requests. */
let thief: Server;
let thiefUrl: string;
const stolen: string[] = [];

beforeAll(async () => {
	[platform, project] = await Promise.all([sharedPlatform(), newProject()]);
	thief = createServer((request, response) => {
		stolen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
		response.end("{}");
	}).listen(0, "127.0.0.1");
	await once(thief, "listening");
	thiefUrl = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`;
	await project.git("init", "--quiet");
	await project.ok(["secrets", "set", "A=1"]);
	project.write("functions/hello/index.ts", "Deno.serve(() => new Response('hello'));");
	await link(project, platform);
	await commit(project, "linked");
});
afterAll(async () => {
	thief?.closeAllConnections();
	thief?.close();
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

const COMMANDS = [
	["functions", "list"],
	["functions", "deploy"],
	["functions", "logs", "hello"],
	["functions", "delete", "hello"],
	["functions", "references"],
	["platform", "token", "list"],
	["platform", "token", "create", "--scope", "admin"],
	["sync"],
];

/** Points coffer.json to the attacker's server, and leaves the rest unchanged. */
function lead(away: Project): void {
	away.write("coffer.json", away.read("coffer.json").replace(platform.control, thiefUrl));
}

test("a fresh clone sends nothing with any command before the user links it", async () => {
	await using clone = await cloneOf(project);
	clone.variables["COFFER_ORIGIN"] = undefined;
	lead(clone);
	for (const args of COMMANDS) {
		const result = await clone.coffer([...args, "--json"]);
		expect([args, result.error()]).toMatchObject([args, { code: "PLATFORM_UNKNOWN", exit: 3 }]);
		expect(result.stdout + result.stderr).not.toContain(platform.token.slice(-20));
	}
	expect(await clone.data(["status"])).toMatchObject({ reachable: false });
	const given = ["platform", "token", "list", "--json"];
	const flag = ["platform", "token", "create", "--scope", "read", "--token", platform.token, "--json"];
	clone.variables["COFFER_TOKEN"] = undefined;
	expect((await clone.coffer(given)).error()).toMatchObject({ code: "TOKEN_MISSING", exit: 6 });
	expect((await clone.coffer(flag)).error()).toMatchObject({ code: "PLATFORM_UNKNOWN", exit: 3 });
	expect(stolen).toEqual([]);
});

test("a device that linked the platform, and CI with COFFER_ORIGIN, send nothing to other addresses", async () => {
	await using clone = await cloneOf(project);
	lead(clone);
	const original = project.read("coffer.json");
	lead(project);
	for (const [args, where] of COMMANDS.flatMap((args) =>
		[project, clone].map((where) => [args, where] as const),
	)) {
		const result = await where.coffer([...args, "--json"]);
		expect([args, result.error()]).toMatchObject([args, { code: "LINK_MOVED", exit: 7 }]);
	}
	project.write("coffer.json", original);
	expect(stolen).toEqual([]);
});

test("the commands in the error work: link once, or COFFER_ORIGIN in CI", async () => {
	await using clone = await cloneOf(project);
	clone.variables["COFFER_ORIGIN"] = undefined;
	const list = ["functions", "list", "--json"];
	const { hint } = (await clone.coffer(list)).error();
	const [, origin = ""] = /set COFFER_ORIGIN=(\S+) together/.exec(hint) ?? [];
	expect((await clone.coffer(list, { env: { COFFER_ORIGIN: origin } })).json()).toMatchObject({
		functions: [],
	});
	const [, command = ""] = /link it once: coffer (.*?)\. In CI/.exec(hint) ?? [];
	await clone.ok(command.split(" "));
	expect((await clone.coffer(list)).json()).toMatchObject({ functions: [] });
});
