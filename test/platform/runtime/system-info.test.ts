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

const OWN_FACTS = `[Deno.hostname(), Deno.osRelease(), Deno.uid(), Deno.gid(), Deno.loadavg(),
	Deno.networkInterfaces(), Deno.osUptime() < 60, Deno.systemMemoryInfo().total,
	process.getuid(), process.geteuid(), own.getgid(), own.getegid(), getuid(), process.getgroups(),
	process.report.getReport().header.glibcVersionRuntime, Deno.args, process.argv.slice(2), argv.slice(2)]`;
const OWN_EXPECTED = [
	...["function", "6.1.0", 1000, 1000, [0, 0, 0], [], true, 1024 ** 3],
	...[1000, 1000, 1000, 1000, 1000, [1000], "2.36", [], [], []],
];
const OWN_IMPORT = 'import own, { argv, getuid } from "node:process";';

test("Deno and process give no data of the machine, and no arguments of the host", async () => {
	const code = `${OWN_IMPORT} export default () => Response.json(${OWN_FACTS});`;
	expect(await evaluate(code)).toEqual(OWN_EXPECTED);
});

test("they give none in a worker inside a worker either", async () => {
	// The builder adds this import to the bundles of workers.
	const prepared = 'import "coffer:worker";';
	const inner = `${OWN_IMPORT} postMessage(${OWN_FACTS}); ${prepared}`;
	const start = (source: string) =>
		`const worker = new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(source)}), { type: "module" });`;
	const outer = `${start(inner)} worker.onmessage = ({ data }) => postMessage(data); ${prepared}`;
	const code = `${start(outer)} export default () => new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(Response.json(data)); });`;
	expect(await evaluate(code)).toEqual(OWN_EXPECTED);
});
