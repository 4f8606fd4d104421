/** How modules of packages are found, as Node finds them, and what happens in a function if one is missing. */
import { describe, expect, test } from "vitest";
import { buildText, ENTRY, makeBuildFolders } from "./builder.ts";
import { packageFolder, usePackages } from "./published-packages.ts";

const place = makeBuildFolders();

const named = (name: string) => `exports.name = ${JSON.stringify(name)};`;

/** A package whose folders have a package.json of their own. */
const NESTED = {
	"main.js": named("main"),
	"dist/es.js": named("dist/es.js"),
	"dist/es.mjs": 'export const name = "dist/es.mjs";',
	"above/es/package.json": '{"main": "../../dist/es", "module": "../../dist/es.mjs"}',
	"whole/package.json": '{"main": "../dist/es.js"}',
	"folder/package.json": '{"main": "../dist"}',
	"dist/index.js": named("dist/index.js"),
	"gone/package.json": '{"main": "../dist/gone"}',
	"gone/index.js": named("gone/index.js"),
	"outside/package.json": '{"main": "../../../other/1.0.0/secret"}',
};
const PATHS = {
	"above/es": "dist/es.js",
	whole: "dist/es.js",
	folder: "dist/index.js",
	gone: "gone/index.js",
};

/** A package that loads modules that are not there. */
const OPTIONAL = `
	const tried = (load) => { try { return load(); } catch ({ code, message }) { return [code, message.split("\\n")[0]]; } };
	const awaited = async (load) => { try { return await load(); } catch ({ code }) { return code; } };
	let replaced;
	try { replaced = require("not-for-browsers"); } catch ({ code }) { replaced = code; }
	exports.seen = async () => ({
		replaced,
		lazy: tried(() => require("not-there")),
		file: tried(() => require("./not-there.js")),
		closed: tried(() => require("sealed/inner")),
		path: tried(() => require.resolve("not-there")),
		late: await awaited(() => import("not-there")),
		lateFile: await awaited(() => import("./not-there.mjs")),
		other: tried(() => require("bun:sqlite")),
		lateOther: await awaited(() => import("bun:sqlite")),
		there: tried(() => require("./there").name),
	});`;

const published = usePackages(place, {
	nested: packageFolder(place, "nested", { main: "main.js" }, NESTED),
	other: packageFolder(place, "other", { main: "secret.js" }, { "secret.js": named("secret") }),
	sealed: packageFolder(place, "sealed", { exports: "./main.js" }, { ...NESTED, "inner.js": named("inner") }),
	requiring: packageFolder(
		place,
		"requiring",
		{ main: "index.js", dependencies: { nested: "1.0.0" } },
		{
			"index.js": `exports.names = [${Object.keys(PATHS).map((path) => `require("nested/${path}").name`)}, require("./own").name];`,
			"own/package.json": '{"main": "../own-main"}',
			"own-main.js": named("own"),
		},
	),
	optional: packageFolder(
		place,
		"optional",
		{ main: "index.js", browser: { "not-for-browsers": false }, dependencies: { sealed: "1.0.0" } },
		{ "index.js": OPTIONAL, "there.js": named("there") },
	),
	climbing: packageFolder(
		place,
		"climbing",
		{ main: "index.js" },
		{ "index.js": 'exports.load = () => import("../../not-there.mjs");' },
	),
	broken: packageFolder(
		place,
		"broken",
		{ type: "module", main: "index.js" },
		{ "index.js": 'import "not-there";' },
	),
});

describe("a folder with a package.json of its own", () => {
	test("is found by its main, which may be beside the folder", async () => {
		const imports = Object.keys(PATHS).map((path, i) => `import { name as n${i} } from "nested/${path}";`);
		const files = {
			"functions/a/deno.json":
				'{"imports": {"nested/": "npm:/nested@1.0.0/", "alias": "npm:nested@^1.0.0/above/es"}}',
			[ENTRY]: `${imports.join("\n")}
				import { name } from "npm:nested@1.0.0/above/es";
				import { name as alias } from "alias";
				import { names } from "npm:requiring@1.0.0";
				export default () => Response.json({ own: [${imports.map((_, i) => `n${i}`)}, name, alias], names });`,
		};
		expect(await published.answerOf(files)).toEqual({
			own: [...Object.values(PATHS), "dist/es.js", "dist/es.js"],
			names: [...Object.values(PATHS), "own"],
		});
	});

	test.each([
		["a main that is in another package", "nested@1.0.0/outside"],
		["a path that `exports` does not name", "sealed@1.0.0/above/es"],
		["a folder that is not there", "nested@1.0.0/none"],
	])("%s is an error with file and line", async (_, path) => {
		const files = {
			[ENTRY]: 'import "./b.ts";',
			"functions/a/b.ts": `interface B {}\n\nimport "npm:${path}";\n`,
		};
		await expect(buildText(published.builder, files)).rejects.toMatchObject({
			code: "BUILD_FAILED",
			message: expect.stringMatching(/functions\/a\/b\.ts:3/),
			line: 3,
		});
	});
});

describe("a module that is not there", () => {
	test("fails in a package when it is loaded, with Node's code", async () => {
		const code = `import { seen } from "npm:optional@1.0.0";
			export default async () => Response.json(await seen());`;
		expect(await published.answerOf({ [ENTRY]: code })).toEqual({
			replaced: "MODULE_NOT_FOUND",
			lazy: ["MODULE_NOT_FOUND", "Cannot find module 'not-there'"],
			file: ["MODULE_NOT_FOUND", "Cannot find module './not-there.js'"],
			closed: ["MODULE_NOT_FOUND", "Cannot find module 'sealed/inner'"],
			path: ["MODULE_NOT_FOUND", "Cannot find module 'not-there'"],
			late: "ERR_MODULE_NOT_FOUND",
			lateFile: "ERR_MODULE_NOT_FOUND",
			other: ["MODULE_NOT_FOUND", "Cannot find module 'bun:sqlite'"],
			lateOther: "ERR_MODULE_NOT_FOUND",
			there: "there",
		});
	});

	test.each([
		["imports it statically", "broken"],
		["would find it outside of itself", "climbing"],
	])("fails the build if a package %s", async (_, name) => {
		await expect(
			buildText(published.builder, { [ENTRY]: `import "npm:${name}@1.0.0";` }),
		).rejects.toMatchObject({
			code: "BUILD_FAILED",
			message: expect.stringMatching(new RegExp(`not-there.*${name}/1\\.0\\.0/index\\.js:1`)),
		});
	});

	test.each([
		["import()", 'try { await import("npm:not-in-this-registry@1"); } catch {}'],
		["import() of a file", 'try { await import("./none.ts"); } catch {}'],
	])("fails the build if the function's own code has it in a try, with %s", async (_, code) => {
		await expect(buildText(published.builder, { [ENTRY]: `\n${code}` })).rejects.toMatchObject({ line: 2 });
	});
});

test("import.meta.resolve of a package throws an error that says how to read a file of it, which works", async () => {
	const code = `import bytes from "npm:nested@1.0.0/main.js" with { type: "bytes" };
		const fault = () => { try { return import.meta.resolve("npm:nested@1.0.0"); } catch (error) { return String(error); } };
		export default () => Response.json({ fault: fault(), text: new TextDecoder().decode(bytes), node: import.meta.resolve("node:fs") });`;
	expect(await published.answerOf({ [ENTRY]: code })).toEqual({
		fault: expect.stringMatching(
			/^TypeError: .*npm:nested@1\.0\.0 has no location.*with { type: "bytes" }\.$/,
		),
		text: NESTED["main.js"],
		node: "node:fs",
	});
});
