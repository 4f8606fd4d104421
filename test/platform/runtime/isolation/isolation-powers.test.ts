/** Programs, native code, modules and permissions that a hostile function must not get. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, launch } from "../harness.ts";
import { ABSENT_POWER, PERMISSIONS, POWERS } from "../probes/powers.ts";
import { CANARY, type Hostile, openHostile, REFUSAL } from "./hostile.ts";

let hostile: Hostile;
beforeAll(async () => {
	hostile = await openHostile();
});
afterAll(() => hostile.close());

/**
 * APIs that no permission allows, so there is no run without isolation to compare with. Deno's flags leave
 * them out.
 */
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

describe("is refused by the sandbox, and works without it", () => {
	test.each(POWERS)("%s", async (code) => {
		const { result, error } = await hostile.probe(code);
		expect(result).toBeUndefined();
		if (!ABSENT_POWER.test(error ?? "")) expect(error).toMatch(REFUSAL);
		expect(await hostile.control(code)).toEqual({ result: expect.any(String) });
	});
});

describe("a module that gives powers cannot be imported", () => {
	test.each(MODULES)("%s", async (code) => {
		const { result, error } = await hostile.probe(code);
		expect(result).toBeUndefined();
		expect(error).toBeDefined();
	});

	test("no module is requested from the network", async () => {
		const before = (await hostile.probe(MODULES[1] ?? "")).error;
		expect(before).toMatch(/remote|no-remote|import/i);
	});
});

describe("permissions", () => {
	test.each(PERMISSIONS)("a function that requests the permission %s does not get it", async (name) => {
		const asked = `return Deno.permissions.request({ ${name} }).then(({ state }) => state)`;
		expect((await hostile.probe(asked)).result).not.toBe("granted");
		expect(await hostile.control(asked)).toEqual({ result: "granted" });
	});
});

test("a worker that asks for more than its function has ends the function", async () => {
	const code = `export default () => new Worker("data:text/javascript,", { type: "module", deno: { permissions: { run: true } } });`;
	const instance = await hostile.harness.runtime.start(launch(code, {}, { function: "asking" }));
	await expect(ask(instance.socketPath)).rejects.toThrow();
	expect((await instance.exited).code).not.toBe(0);
});

describe("data of another function", () => {
	test("its values are not in the memory, environment or arguments of a function", async () => {
		const all = `return JSON.stringify([Deno.env.toObject(), (await import("node:process")).default.env, Deno.args, (await import("node:process")).default.argv, Object.getOwnPropertyNames(globalThis)])`;
		const { result } = await hostile.probe(all);
		expect(result).toContain("own-value");
		expect(result).not.toContain(CANARY);
		expect(result).not.toContain("control");
	});

	test("a function does not see storage that another function filled", async () => {
		const { harness, probe } = hostile;
		const write = `export default async () => { localStorage.setItem("x", "1"); await (await caches.open("c")).put("https://x.example/", new Response("1")); return new Response("written"); };`;
		const writer = await harness.runtime.start(launch(write, {}, { function: "writer" }));
		expect((await ask(writer.socketPath)).body).toBe("written");
		expect(await probe(`return localStorage.getItem("x")`)).toEqual({ result: "null" });
		expect(await probe(`return (await caches.open("c")).match("https://x.example/")`)).toEqual({
			result: "undefined",
		});
	});
});
