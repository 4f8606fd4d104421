/** New versions that do not start. The old version answers every request meanwhile, and the deployment reports the reason. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../../src/platform/gateway/gateway.ts";
import type { DeployEvent } from "../../../src/protocol/messages.ts";
import { call } from "../gateway/fixtures/harness.ts";
import { platform, TestApp, useCore } from "./app-fixture.ts";

useCore();

const OLD = 'Deno.serve(() => new Response("old"));';
/** Small, so that a function reaches the limit soon. */
const SETTINGS = '{ "memoryMB": 256 }';
/**
 * The pause between two requests. Without it, the requests would take processor time from the start of the
 * new version.
 */
const PAUSE_MS = 20;
const LONG_PAUSE_MS = 250;

interface Bad {
	readonly name: string;
	readonly code: string;
	readonly why: RegExp;
	readonly settings?: string;
	/** Whether its start takes all of its time. Such versions are tried at the same time, each in an app of its own. */
	readonly hangs?: boolean;
}

const BAD: readonly Bad[] = [
	{ name: "exits with 0", code: "Deno.exit(0);", why: /exports no handler and does not serve/ },
	{
		name: "exits with 1",
		code: 'console.error("no database"); Deno.exit(1);',
		why: /status 1.*no database/s,
	},
	{ name: "exits as in Node", code: 'import process from "node:process"; process.exit(3);', why: /status 3/ },
	{ name: "throws", code: 'throw new TypeError("no such table");', why: /no such table.*index\.ts:1/s },
	{ name: "throws what is no error", code: 'throw "words";', why: /words/ },
	{ name: "throws undefined", code: "throw undefined;", why: /status 1/ },
	{
		name: "throws in a later turn",
		code: 'setTimeout(() => { throw new Error("in a timer"); }, 1); await new Promise((done) => setTimeout(done, 60_000));',
		why: /in a timer/,
	},
	{
		name: "rejects, and nobody catches it",
		code: 'Promise.reject(new Error("nobody cares")); await new Promise((done) => setTimeout(done, 60_000));',
		why: /nobody cares/,
	},
	{ name: "overflows the stack", code: "function down() { down(); } down();", why: /Maximum call stack/ },
	{ name: "does not parse", code: "const a = 1;\nDeno.serve(() => {;", why: /functions\/bad\/index\.ts:2/ },
	{
		name: "imports what a module lacks",
		code: 'import { join, nothing } from "node:path";\nDeno.serve(() => new Response(nothing + join("a")));',
		why: /nothing/,
	},
	{ name: "imports a file that is not there", code: 'import "./none.ts";', why: /none\.ts/ },
	{ name: "never listens", code: 'console.log("done");', why: /exports no handler/ },
	{
		name: "never listens, and stays",
		code: "setInterval(() => {}, 1_000);",
		why: /was not ready|exports no handler/,
		hangs: true,
	},
	{ name: "exports no function", code: "export default 42;", why: /exports no handler/ },
	{
		name: "exports an object without fetch",
		code: "export default { get() {} };",
		why: /exports no handler/,
	},
	{ name: "serves with no handler", code: 'Deno.serve("hello");', why: /handler/i },
	{
		name: "awaits for ever",
		code: "await new Promise(() => {});",
		why: /never resolved|was not ready/,
		hangs: true,
	},
	{
		name: "hangs at import",
		code: "await new Promise((done) => setTimeout(done, 3_600_000));",
		why: /was not ready after 10000 ms/,
		hangs: true,
	},
	{
		name: "spins, and then blocks its thread",
		// If it spun for all of its ten seconds, it would take a whole core from the other tests.
		code: `for (const endMs = Date.now() + 300; Date.now() < endMs; );
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
		why: /was not ready after 10000 ms/,
		hangs: true,
	},
	{
		name: "takes memory in buffers",
		code: "const all = []; for (;;) all.push(new Uint8Array(16 * 1024 * 1024).fill(1));",
		settings: SETTINGS,
		why: /more than 256 MiB|SIGKILL|status/,
	},
	{
		name: "takes memory in objects",
		// In small objects, the collections of garbage take most of the time that a start has.
		code: "const all = []; for (;;) all.push(new Array(10_000).fill(all.length / 2));",
		settings: SETTINGS,
		why: /heap|more than 256 MiB|SIG/,
	},
	{ name: "kills itself", code: 'Deno.kill(Deno.pid, "SIGKILL");', why: /signal SIGKILL/ },
	{
		name: "kills itself as in Node",
		code: 'import process from "node:process"; process.kill(process.pid, "SIGKILL"); process.abort();',
		why: /signal SIGKILL/,
	},
	{ name: "reads a file of the machine", code: 'Deno.readTextFileSync("/etc/passwd");', why: /NotCapable/ },
	{
		name: "connects to the platform",
		code: 'await Deno.connect({ hostname: "127.0.0.1", port: 8081 });',
		why: /NotCapable/,
	},
	{
		name: "serves twice, on the one port that it has",
		code: 'Deno.serve(() => new Response("new")); Deno.serve(() => new Response("newer"));',
		why: /AddrInUse/,
	},
	{
		name: "serves, and throws",
		code: 'Deno.serve(() => new Response("new")); throw new Error("after all");',
		why: /after all/,
	},
	{
		name: "closes what it would say it on",
		code: 'Deno.stdout.close(); Deno.stderr.close(); throw new Error("unheard");',
		why: /status 1/,
	},
	{
		name: "says more than anybody reads",
		code: 'for (let line = 0; line < 4_000; line++) console.error("x".repeat(500)); Deno.exit(4);',
		why: /status 4/,
	},
	{ name: "asks for too little memory", code: OLD, settings: '{ "memoryMB": 1 }', why: /memoryMB/ },
	{ name: "has settings that are none", code: OLD, settings: '{ "memory": 256 }', why: /memory/ },
	{ name: "has settings that do not parse", code: OLD, settings: "{", why: /function\.jsonc/ },
];

let app: TestApp;
let gateway: Gateway;
let port: number;

beforeAll(async () => {
	app = await TestApp.open("bad", { A: "a" });
	await deploy(app, OLD);
	gateway = createGateway({
		functions: (id) => platform.core.apps.find(id)?.state.functions,
		instance: (id, name) => platform.core.functionsOf(platform.core.apps.get(id)).instance(name),
	});
	({ port } = await gateway.listen(0, "127.0.0.1"));
});
afterAll(() => gateway.close({ graceMs: 0 }));

async function deploy(to: TestApp, code: string, settings?: string): Promise<readonly DeployEvent[]> {
	const files = { "functions/bad/index.ts": code };
	const extra = settings === undefined ? {} : { "functions/bad/function.jsonc": settings };
	return await to.deployFiles({ ...files, ...extra });
}

const ask = (of: TestApp) => call({ port, path: `/${of.id}/bad` });

/** Sends requests until the work is done. @returns the different responses, and the number of requests */
async function askingWhile(
	of: TestApp,
	work: Promise<unknown>,
	pauseMs: number,
): Promise<{ answers: Set<string>; count: number }> {
	let isDone = false;
	const done = () => {
		isDone = true;
	};
	work.then(done, done);
	const answers = new Set<string>();
	let count = 0;
	while (!isDone) {
		const { body, status } = await ask(of);
		answers.add(`${status} ${body}`);
		count++;
		// Some deployments fail within a pause, so the second request follows at once.
		if (count > 1) await pause(pauseMs);
	}
	return { answers, count };
}

/** Deploys a bad version of an app's function, and expects that the old version answers every request meanwhile. */
async function expectOldServes(of: TestApp, { code, settings, why, hangs }: Bad): Promise<void> {
	const before = await of.show("bad");
	const deployment = deploy(of, code, settings).then(
		(events) => {
			const [event] = events;
			return event?.type === "function" && event.result.status === "failed" ? event.result.error : "deployed";
		},
		(refused: Error) => refused.message,
	);
	const { answers, count } = await askingWhile(of, deployment, hangs ? LONG_PAUSE_MS : PAUSE_MS);
	expect(await deployment).toMatch(why);
	expect([...answers]).toEqual(["200 old"]);
	// A version that is refused at once may be refused before a second request is answered.
	expect(count).toBeGreaterThan(hangs ? 1 : 0);
	const after = await of.show("bad");
	expect({ pid: after?.pid, deployment: after?.deployment }).toEqual({
		pid: before?.pid,
		deployment: before?.deployment,
	});
}

test("there are at least 25 faulty versions", () => expect(BAD.length).toBeGreaterThanOrEqual(25));

describe("a new version that", () => {
	const [slow, fast] = [true, false].map((hangs) => BAD.filter((bad) => (bad.hangs ?? false) === hangs));

	test.each(fast ?? [])("$name", async (bad) => await expectOldServes(app, bad));

	test.concurrent.each(slow ?? [])("$name", async (bad) => {
		const own = await TestApp.open(`bad-${BAD.indexOf(bad)}`, { A: "a" });
		await deploy(own, OLD);
		await expectOldServes(own, bad);
	});

	test("works is deployed after all the faulty ones", async () => {
		await deploy(app, 'Deno.serve(() => new Response("new"));');
		expect((await ask(app)).body).toBe("new");
	});
});
