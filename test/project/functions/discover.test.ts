import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { discoverFunctions } from "../../../src/project/functions/discover.ts";
import { temporaryProject } from "./project.ts";

const project = (...paths: string[]) => temporaryProject(Object.fromEntries(paths.map((path) => [path, ""])));

describe("discoverFunctions", () => {
	test.each([
		["no functions folder", ["src/index.ts"], {}],
		["a folder with index.ts", ["functions/pay/index.ts"], { pay: "functions/pay/index.ts" }],
		["entry.js", ["functions/pay/entry.js"], { pay: "functions/pay/entry.js" }],
		["main.ts", ["functions/pay/main.ts"], { pay: "functions/pay/main.ts" }],
		["a flat one", ["functions/pay.ts"], { pay: "functions/pay.ts" }],
		["a flat one in JavaScript", ["functions/pay.js"], { pay: "functions/pay.js" }],
		["a dotted flat name", ["functions/v1.2.ts"], { "v1.2": "functions/v1.2.ts" }],
		[
			"a path as a name",
			["functions/api/billing/entry.ts"],
			{ "api/billing": "functions/api/billing/entry.ts" },
		],
		[
			"an entry ends the search",
			["functions/a/index.ts", "functions/a/b/index.ts"],
			{ a: "functions/a/index.ts" },
		],
		[
			"other modules of a folder are no functions",
			["functions/a/db.ts", "functions/a/b/index.ts"],
			{ "a/b": "functions/a/b/index.ts" },
		],
		[
			"_ . shared lib _lib node_modules are aside",
			["_x", ".x", "shared", "lib", "_lib", "node_modules"].flatMap((name) => [
				`functions/${name}/index.ts`,
				`functions/a/${name}/index.ts`,
				`functions/${name}.ts`,
			]),
			{},
		],
		[
			"tests and declarations are out",
			["functions/a.test.ts", "functions/b.d.ts", "functions/c.test.js"],
			{},
		],
		["other languages are out", ["functions/a.tsx", "functions/b.py", "functions/c/index.mts"], {}],
		[
			"sorted by name",
			["functions/b.ts", "functions/a/index.ts", "functions/C.ts"],
			{ C: "functions/C.ts", a: "functions/a/index.ts", b: "functions/b.ts" },
		],
	])("%s", async (_, paths, expected) => {
		const found = await discoverFunctions(project(...paths));
		expect(found).toEqual(Object.entries(expected).map(([name, entry]) => ({ name, entry })));
	});

	test.each([
		["functions/a.ts", "functions/a.js"],
		["functions/a.ts", "functions/a/index.ts"],
		["functions/a/index.ts", "functions/a/main.ts"],
		["functions/a/entry.js", "functions/a/entry.ts"],
	])("%s beside %s is refused, naming both", async (first, second) => {
		await expect(discoverFunctions(project(first, second))).rejects.toMatchObject({
			code: "FUNCTION_DUPLICATE",
			exit: 2,
			message: expect.stringMatching(new RegExp(`(?=.*${first}).*${second}`)),
		});
	});

	test.each([
		"functions/a b.ts",
		"functions/ä/index.ts",
		"functions/a%2fb.ts",
		"functions/-a.ts",
		"functions/a/b?c/index.ts",
	])("%s is refused as a name in a URL", async (path) => {
		await expect(discoverFunctions(project(path))).rejects.toMatchObject({
			code: "FUNCTION_NAME_INVALID",
			exit: 2,
			message: expect.stringContaining(path),
		});
	});

	test("a link out of the root is refused", async () => {
		const root = project("functions/a.ts");
		mkdirSync(join(root, "../outside"));
		writeFileSync(join(root, "../outside/index.ts"), "");
		symlinkSync("../../outside", join(root, "functions/evil"));
		await expect(discoverFunctions(root)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE", exit: 2 });
	});

	test("functions/ itself may not be a link out of the root", async () => {
		const root = project("package.json");
		mkdirSync(join(root, "../outside/a"), { recursive: true });
		writeFileSync(join(root, "../outside/a/index.ts"), "");
		symlinkSync("../outside", join(root, "functions"));
		await expect(discoverFunctions(root)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE", exit: 2 });
	});

	test("a link within the root is followed, and never in a cycle", async () => {
		const root = project("services/pay/index.ts", "functions/a/b/c.ts");
		symlinkSync("../services/pay", join(root, "functions/pay"));
		symlinkSync("../../functions", join(root, "functions/a/again"));
		symlinkSync("nowhere", join(root, "functions/dangling"));
		const found = await discoverFunctions(root);
		expect(found).toContainEqual({ name: "pay", entry: "functions/pay/index.ts" });
		expect(found.length).toBeLessThan(10);
	});
});

describe("function.jsonc", () => {
	const found = (files: Record<string, string>) => discoverFunctions(temporaryProject(files));

	test("may name another entry, or be next to the default one", async () => {
		const files = {
			"functions/api/billing/function.jsonc": '{"entry": "src/start.ts"}',
			"functions/api/billing/src/start.ts": "",
			"functions/api/billing/index.ts": "",
			"functions/pay/main.ts": "",
			"functions/pay/function.jsonc": "{}",
		};
		expect(await found(files)).toEqual([
			{
				name: "api/billing",
				entry: "functions/api/billing/src/start.ts",
				settings: "functions/api/billing/function.jsonc",
			},
			{ name: "pay", entry: "functions/pay/main.ts", settings: "functions/pay/function.jsonc" },
		]);
	});

	test.each([
		[{ "functions/pay/function.jsonc": '{\n"entry": "gone.ts"}' }, "functions/pay/function.jsonc:2: "],
		[{ "functions/pay/function.jsonc": "{}" }, "functions/pay/function.jsonc:1: the folder has no"],
		[{ "functions/function.jsonc": "{}" }, "functions/function.jsonc:1: it belongs to no function"],
	])("%j is refused", async (files, message) => {
		await expect(found(files)).rejects.toThrow(message);
	});
});
