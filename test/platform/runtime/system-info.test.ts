/** Functions get constants instead of information about the machine, whichever API they use. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type Harness, launch, openRuntime } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

async function evaluate(code: string): Promise<unknown> {
	const instance = await harness.runtime.start(launch(code));
	try {
		return JSON.parse((await ask(instance.socketPath)).body);
	} finally {
		await instance.stop();
	}
}

const FACTS = `{
	hostname: os.hostname(), release: os.release(), version: os.version(), user: os.userInfo().username,
	uid: os.userInfo().uid, load: os.loadavg(), interfaces: os.networkInterfaces(), priority: os.getPriority(),
	memory: [os.totalmem(), os.freemem()], cpus: [...new Set(os.cpus().map(({ model }) => model))],
	isUptimeShort: os.uptime() < 60, isHomeTemporary: os.homedir() === os.tmpdir(),
}`;
const EXPECTED = {
	hostname: "function",
	release: "6.1.0",
	version: "#1 SMP",
	user: "function",
	uid: 1000,
	load: [0, 0, 0],
	interfaces: {},
	priority: 0,
	memory: [1024 ** 3, 1024 ** 3 / 2],
	cpus: ["cpu"],
	isUptimeShort: true,
	isHomeTemporary: true,
};

test.each([
	["import", 'import os from "node:os";'],
	["import of names", 'import * as os from "node:os";'],
	["import()", 'const os = await import("node:os");'],
	[
		"require",
		'import { createRequire } from "node:module"; const os = createRequire(import.meta.url)("os");',
	],
	["process.getBuiltinModule", 'const os = process.getBuiltinModule("node:os");'],
])("node:os gives no data of the machine, by %s", async (_, load) => {
	expect(await evaluate(`${load} export default () => Response.json(${FACTS});`)).toEqual(EXPECTED);
});

test("Deno and process give no data of the machine", async () => {
	const code = `import own, { getuid } from "node:process";
		export default () => Response.json([Deno.hostname(), Deno.osRelease(), Deno.uid(), Deno.gid(), Deno.loadavg(),
			Deno.networkInterfaces(), Deno.osUptime() < 60, Deno.systemMemoryInfo().total,
			process.getuid(), process.geteuid(), own.getgid(), own.getegid(), getuid(), process.getgroups(),
			process.report.getReport().header.glibcVersionRuntime]);`;
	expect(await evaluate(code)).toEqual([
		"function",
		"6.1.0",
		1000,
		1000,
		[0, 0, 0],
		[],
		true,
		1024 ** 3,
		1000,
		1000,
		1000,
		1000,
		1000,
		[1000],
		"2.36",
	]);
});
