/** Programs, native code, modules and permissions: what a hostile function must not bring about. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, launch } from "./harness.ts";
import { CANARY, type Hostile, openHostile, REFUSAL } from "./hostile.ts";

let it: Hostile;
beforeAll(async () => {
	it = await openHostile();
});
afterAll(() => it.close());

/** Runs source in a worker, and gives back the first that it posts. */
const WORKER = (source: string, options = `{ type: "module" }`) => `
	const url = URL.createObjectURL(new Blob([${JSON.stringify(source)}], { type: "text/javascript" }));
	const worker = new Worker(url, ${options});
	return new Promise((ok, no) => {
		worker.onmessage = ({ data }) => { worker.terminate(); data.error ? no(new Error(data.error)) : ok(data.result); };
		worker.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); };
	});`;
const TRIED = (code: string) =>
	`try { postMessage({ result: String(await (async () => { ${code} })()) }); } catch (e) { postMessage({ error: e.name + ": " + e.message }); }`;
const BROKER = `Deno.env.set("DENO_PERMISSION_BROKER_PATH", "/nowhere"); try { return await new Deno.Command("/bin/true").output(); } finally { Deno.env.delete("DENO_PERMISSION_BROKER_PATH"); }`;

const POWERS = [
	`return new Deno.Command("/bin/true").output()`,
	`return new Deno.Command(Deno.env.get("SHELL") ?? "/bin/sh", { args: ["-c", "id"] }).outputSync()`,
	`return (await import("node:child_process")).execFileSync("/bin/true")`,
	`return (await import("node:child_process")).spawnSync("/bin/sh", ["-c", "id"]).stdout ?? (() => { throw new Error("NotCapable"); })()`,
	`return new Promise((ok, no) => import("node:child_process").then((c) => c.exec("/bin/true", (error, out) => error ? no(error) : ok("ran" + out))))`,
	`const { execPath } = (await import("node:process")).default; return new Deno.Command(execPath, { args: ["--version"] }).output()`,
	`Deno.env.set("LD_PRELOAD", "/nowhere.so"); try { return await new Deno.Command("/bin/true").output(); } finally { Deno.env.delete("LD_PRELOAD"); }`,
	BROKER.replace("finally {", "finally { "),
	`return Deno.dlopen("libc.so.6", {}).close()`,
	`return Deno.systemMemoryInfo().total`,
	`return Deno.networkInterfaces().length`,
	`return Deno.loadavg()`,
	`return Deno.uid()`,
	`return Deno.osUptime()`,
	`return (await import("node:os")).userInfo().username`,
	`return (await import("node:os")).networkInterfaces().lo?.length ?? 0`,
	`const inspector = await import("node:inspector"); inspector.open(0, "127.0.0.1"); const url = inspector.url(); inspector.close(); return url`,
	`return import("node:vm").then((vm) => vm.runInThisContext('Deno.readTextFileSync("/etc/passwd")'))`,
	`return (await import("node:vm")).runInNewContext("constructor.constructor('return Deno')().readTextFileSync('/etc/passwd')", { constructor: Object })`,
	`const { Worker } = await import("node:worker_threads"); return new Promise((ok, no) => { const w = new Worker("require('node:worker_threads').parentPort.postMessage(require('node:fs').readFileSync('/etc/passwd', 'utf8'))", { eval: true }); w.on("message", (m) => { w.terminate(); ok(m); }); w.on("error", no); })`,
	`return Deno[Deno.internal].core.ops.op_read_file_text_sync?.("/etc/passwd") ?? Deno.readTextFileSync("/etc/passwd")`,
	WORKER(TRIED(`return Deno.readTextFile("/etc/passwd")`)),
	WORKER(TRIED(`return new Deno.Command("/bin/true").output()`)),
	WORKER(
		TRIED(`return fetch("http://127.0.0.1:$PORT/").then((r) => r.text())`).replaceAll("$PORT", "PORT"),
	).replace("PORT", "$PORT"),
	`return Deno.openKv("/tmp/coffer-probe.kv").then((kv) => kv.close())`,
];

/** What no permission allows, so that there is nothing to compare with: the flags say that it is not there. */
const MODULES = [
	`return import("https://deno.land/std@0.177.0/version.ts")`,
	`return import("http://127.0.0.1:$PORT/x.js")`,
	`return import("npm:is-odd@3")`,
	`return import("jsr:@std/assert")`,
	`return (await import("node:module")).createRequire("file:///")("is-odd")`,
	`return import("data:text/javascript," + encodeURIComponent('import "https://deno.land/std@0.177.0/version.ts"'))`,
	`return import("data:text/javascript," + encodeURIComponent('import "http://127.0.0.1:$PORT/x.js"'))`,
	`const { default: process } = await import("node:process"); return process.binding("spawn_sync").spawn({ file: "/bin/true", args: ["true"] })`,
	`const { default: process } = await import("node:process"); return process.dlopen({ exports: {} }, "/lib/x.node")`,
];

describe("refused, and works without the walls", () => {
	test.each(POWERS)("%s", async (code) => {
		const { result, error } = await it.probe(code);
		expect(result).toBeUndefined();
		expect(error).toMatch(
			/is not a function|is not a constructor|unstable|worker-options/i.test(error ?? "") ? /./ : REFUSAL,
		);
		expect(await it.control(code)).toEqual({ result: expect.any(String) });
	});
});

describe("not there", () => {
	test.each(MODULES)("%s", async (code) => {
		const { result, error } = await it.probe(code);
		expect(result).toBeUndefined();
		expect(error).toBeDefined();
	});

	test("nothing was asked of the network for a module", async () => {
		const before = (await it.probe(MODULES[1] ?? "")).error;
		expect(before).toMatch(/remote|no-remote|import/i);
	});
});

describe("permissions", () => {
	test.each([
		`name: "run"`,
		`name: "read"`,
		`name: "write"`,
		`name: "net", host: "127.0.0.1"`,
		`name: "ffi"`,
		`name: "sys"`,
	])("%s is not to be had by asking", async (name) => {
		const asked = `return Deno.permissions.request({ ${name} }).then(({ state }) => state)`;
		expect((await it.probe(asked)).result).not.toBe("granted");
		expect(await it.control(asked)).toEqual({ result: "granted" });
	});
});

test("a worker that asks for more than its function has ends the function", async () => {
	const code = `export default () => new Worker("data:text/javascript,", { type: "module", deno: { permissions: { run: true } } });`;
	const instance = await it.harness.runtime.start(launch(code, {}, { function: "asking" }));
	await expect(ask(instance.socketPath)).rejects.toThrow();
	expect((await instance.exited).code).not.toBe(0);
});

describe("what belongs to a sibling", () => {
	test("its values are nowhere in a function's memory, environment or arguments", async () => {
		const all = `return JSON.stringify([Deno.env.toObject(), (await import("node:process")).default.env, Deno.args, (await import("node:process")).default.argv, Object.getOwnPropertyNames(globalThis)])`;
		const { result } = await it.probe(all);
		expect(result).toContain("own-value");
		expect(result).not.toContain(CANARY);
		expect(result).not.toContain("control");
	});

	test("storage that another function filled is not there", async () => {
		const { harness, probe } = it;
		const write = `export default async () => { localStorage.setItem("x", "1"); await (await caches.open("c")).put("https://x.example/", new Response("1")); return new Response("written"); };`;
		const writer = await harness.runtime.start(launch(write, {}, { function: "writer" }));
		expect((await ask(writer.socketPath)).body).toBe("written");
		expect(await probe(`return localStorage.getItem("x")`)).toEqual({ result: "null" });
		expect(await probe(`return (await caches.open("c")).match("https://x.example/")`)).toEqual({
			result: "undefined",
		});
	});
});
