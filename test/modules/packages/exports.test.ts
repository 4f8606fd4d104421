/** Resolution of a local package's entry points, and of names that begin with `#`. */
import { describe, expect, test } from "vitest";
import { type Files, meaning } from "./project.ts";

const FILES = [
	"index.js",
	"index.ts",
	"main.js",
	"module.js",
	"lib/index.js",
	"src/a.ts",
	"src/b/c.ts",
	"deno.ts",
	"node.js",
	"import.js",
	"require.cjs",
	"data.json",
];

/** A project with one member, `lib`, that has the files above or the given ones. */
function withLib(manifest: object, names: readonly string[] = FILES, deno?: object): Files {
	return {
		"package.json": { workspaces: ["lib"] },
		"lib/package.json": { name: "lib", ...manifest },
		...(deno && { "lib/deno.json": deno }),
		...Object.fromEntries(names.map((name) => [`lib/${name}`, ""])),
	};
}

describe("exports", () => {
	test.each<[string, object, string, string | RegExp]>([
		["a text", { exports: "./src/a.ts" }, "lib", "lib/src/a.ts"],
		[
			"conditions alone",
			{ exports: { types: "./x.d.ts", import: "./import.js", default: "./main.js" } },
			"lib",
			"lib/import.js",
		],
		[
			"Deno's condition",
			{ exports: { ".": { node: "./node.js", deno: "./deno.ts" } } },
			"lib",
			"lib/node.js",
		],
		[
			"Deno's condition, first",
			{ exports: { ".": { deno: "./deno.ts", node: "./node.js" } } },
			"lib",
			"lib/deno.ts",
		],
		[
			"conditions in conditions",
			{ exports: { ".": { browser: "./x.js", node: { require: "./require.cjs", import: "./import.js" } } } },
			"lib",
			"lib/import.js",
		],
		[
			"conditions of which none in it holds",
			{ exports: { ".": { node: { browser: "./x.js" }, default: "./main.js" } } },
			"lib",
			"lib/main.js",
		],
		["a list", { exports: { ".": [{ browser: "./x.js" }, "./main.js"] } }, "lib", "lib/main.js"],
		["a pattern", { exports: { "./*": "./src/*.ts" } }, "lib/b/c", "lib/src/b/c.ts"],
		[
			"a pattern with an end",
			{ exports: { "./x/*.js": "./src/*.ts", "./x/*": "./none/*" } },
			"lib/x/a.js",
			"lib/src/a.ts",
		],
		[
			"the longest pattern",
			{ exports: { "./*": "./none/*", "./b/*": "./src/b/*.ts" } },
			"lib/b/c",
			"lib/src/b/c.ts",
		],
		[
			"an exact name before a pattern",
			{ exports: { "./*": "./none/*", "./a": "./src/a.ts" } },
			"lib/a",
			"lib/src/a.ts",
		],
		[
			"a pattern that is closed",
			{ exports: { "./*": "./src/*.ts", "./b/*": null } },
			"lib/b/c",
			/^IMPORT_LOCAL_PACKAGE: .*exports nothing as "\.\/b\/c"/,
		],
		[
			"a name that is not there",
			{ exports: { ".": "./main.js" } },
			"lib/x",
			/^IMPORT_LOCAL_PACKAGE: the package lib \(lib\/package\.json\) does not export "\.\/x"; it exports "\."$/,
		],
		[
			"no condition that holds",
			{ exports: { ".": { browser: "./main.js" } } },
			"lib",
			/^IMPORT_LOCAL_PACKAGE: .*does not export/,
		],
		[
			"a way out",
			{ exports: { ".": "./../x.js" } },
			"lib",
			/^IMPORT_LOCAL_PACKAGE: .*is not a file of the package/,
		],
		[
			"a way out by a pattern",
			{ exports: { "./*": "./*" } },
			"lib/../../x",
			/^IMPORT_LOCAL_PACKAGE: .*is not a file of the package|refused|outside/,
		],
		["a package in it", { exports: { ".": "./node_modules/x/index.js" } }, "lib", /^IMPORT_LOCAL_PACKAGE/],
		[
			"a file that is not there",
			{ exports: { ".": "./dist/index.js" } },
			"lib",
			/^IMPORT_NOT_FOUND: it is the package lib of this project, and its file was not found: "exports" of lib\/package\.json says "\.\/dist\/index\.js", but there is no file lib\/dist\/index\.js$/,
		],
		["a star as a name", { exports: { "./*": "./src/*.ts" } }, "lib/*", /^IMPORT_NOT_FOUND/],
	])("%s", (_, manifest, specifier, expected) => {
		const found = meaning({ files: withLib(manifest), specifier });
		if (typeof expected === "string") expect(found).toBe(expected);
		else expect(found).toMatch(expected);
	});

	test("depend on whether the module is required or imported", () => {
		const files = withLib({ exports: { import: "./import.js", require: "./require.cjs" } });
		expect(meaning({ files, specifier: "lib", manner: "require" })).toBe("lib/require.cjs");
		expect(meaning({ files, specifier: "lib", manner: "import" })).toBe("lib/import.js");
	});

	test.each<[string, unknown, string, string | RegExp]>([
		["a text", "./src/a.ts", "lib", "lib/src/a.ts"],
		["names", { ".": "./deno.ts", "./sub": "./src/a.ts" }, "lib/sub", "lib/src/a.ts"],
		[
			"a name that is not there",
			{ ".": "./deno.ts" },
			"lib/sub",
			/lib\/deno\.json\) does not export "\.\/sub"/,
		],
	])("of a deno.json: %s", (_, exports, specifier, expected) => {
		const found = meaning({
			files: withLib({ main: "main.js" }, FILES, { name: "lib", exports }),
			specifier,
		});
		if (typeof expected === "string") expect(found).toBe(expected);
		else expect(found).toMatch(expected);
	});
});

describe("without exports", () => {
	test.each<[string, object, readonly string[], string, string | RegExp]>([
		["main", { main: "main.js" }, FILES, "lib", "lib/main.js"],
		["module before main", { main: "main.js", module: "./module.js" }, FILES, "lib", "lib/module.js"],
		["main without its end", { main: "./main" }, FILES, "lib", "lib/main.js"],
		["main as a folder", { main: "lib/" }, FILES, "lib", "lib/lib/index.js"],
		["TypeScript", { main: "src/a.ts" }, FILES, "lib", "lib/src/a.ts"],
		["index.js", {}, FILES, "lib", "lib/index.js"],
		["index.ts", {}, ["index.ts"], "lib", "lib/index.ts"],
		[
			"a main that was not built",
			{ main: "dist/x.js" },
			["src/a.ts"],
			"lib",
			/^IMPORT_NOT_FOUND: it is the package lib of this project, and its file was not found: package\.json says "main": "dist\/x\.js"$/,
		],
		["nothing", {}, [], "lib", /^IMPORT_NOT_FOUND: .*neither "exports" nor "main"$/],
		["a file by its path", {}, FILES, "lib/src/a.ts", "lib/src/a.ts"],
		["its manifest", {}, FILES, "lib/package.json", "lib/package.json"],
		["a file that is not there", {}, FILES, "lib/src/z.ts", /^IMPORT_NOT_FOUND/],
		["a way out", {}, FILES, "lib/../../x.ts", /^IMPORT_OUTSIDE|refused/],
	])("%s", (_, manifest, names, specifier, expected) => {
		const found = meaning({ files: withLib(manifest, names), specifier });
		if (typeof expected === "string") expect(found).toBe(expected);
		else expect(found).toMatch(expected);
	});
});

describe("names that begin with #", () => {
	const files: Files = {
		"package.json": {
			workspaces: ["packages/*"],
			dependencies: { ms: "^2.0.0" },
			imports: {
				"#lib/*": "./lib/*.ts",
				"#lib/closed/*": null,
				"#db": { deno: "./db/deno.ts", default: "./db/node.ts" },
				"#ms": "ms",
				"#member": "@acme/lib",
				"#taken": "npm:@acme/lib@1",
				"#fs": "node:fs",
				"#out": "../x.ts",
				"#again": "#db",
				"#absolute": "/etc/x.ts",
				"#gone": "./gone.ts",
			},
		},
		"lib/a.ts": "",
		"lib/closed/b.ts": "",
		"db/deno.ts": "",
		"packages/lib/package.json": {
			name: "@acme/lib",
			version: "1.0.0",
			main: "own.ts",
			imports: { "#db": "./own.ts" },
		},
		"packages/lib/own.ts": "",
	};
	test.each<[string, string | RegExp]>([
		["#lib/a", "lib/a.ts"],
		["#lib/closed/b", /^IMPORT_LOCAL_PACKAGE: package\.json maps "#lib\/closed\/b" to nothing/],
		["#lib/gone", /^IMPORT_NOT_FOUND: .*there is no file lib\/gone\.ts$/],
		["#db", "db/deno.ts"],
		["#ms", "npm:ms@^2.0.0"],
		["#member", "packages/lib/own.ts"],
		["#taken", "packages/lib/own.ts"],
		["#fs", "node:fs"],
		["#out", /^IMPORT_LOCAL_PACKAGE: .*is not a file of the package/],
		["#again", /^IMPORT_LOCAL_PACKAGE/],
		["#absolute", /^IMPORT_LOCAL_PACKAGE/],
		["#gone", /^IMPORT_NOT_FOUND/],
		["#none", 'IMPORT_UNMAPPED: neither an import map nor the "imports" of package.json contain this name'],
	])("%s", (specifier, expected) => {
		const found = meaning({ files, specifier });
		if (typeof expected === "string") expect(found).toBe(expected);
		else expect(found).toMatch(expected);
	});

	test("are resolved with the nearest package.json", () => {
		expect(meaning({ files, specifier: "#db", from: "packages/lib/x.ts" })).toBe("packages/lib/own.ts");
		expect(meaning({ files, specifier: "#ms", from: "packages/lib/x.ts" })).toMatch(/^IMPORT_UNMAPPED/);
	});

	test("are resolved with an import map first", () => {
		const mapped = { ...files, "deno.json": { imports: { "#db": "./lib/a.ts" } } };
		expect(meaning({ files: mapped, specifier: "#db" })).toBe("lib/a.ts");
	});
});
