/** The name of a workspace member is resolved in the project, for each way to configure a workspace. */
import { describe, expect, test } from "vitest";
import { type Files, LIB, meaning, NPM } from "./project.ts";

describe("a member", () => {
	test.each<[string, Files]>([
		["of npm", NPM],
		["of Yarn and Bun", { "package.json": { workspaces: { packages: ["packages/*"] } } }],
		["by its path", { "package.json": { workspaces: ["./packages/lib/"] } }],
		["at any depth", { "package.json": { workspaces: ["**"] } }],
		["by braces", { "package.json": { workspaces: ["packages/{lib,app}"] } }],
		["of pnpm", { "pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n  - '!packages/old'\n" }],
		["of Deno", { "deno.json": { workspace: ["./packages/lib"] } }],
		[
			"of Deno, with comments",
			{ "deno.jsonc": '{ // the workspace\n "workspace": { "members": ["packages/*"] }, }' },
		],
		["that Deno links", { "deno.json": { links: ["packages/lib"] } }],
		[
			"that is declared at a version too",
			{ "package.json": { workspaces: ["packages/*"], dependencies: { "@acme/lib": "^1.0.0" } } },
		],
		[
			"that is declared at any version",
			{ "package.json": { workspaces: ["packages/*"], devDependencies: { "@acme/lib": "*" } } },
		],
		[
			"that is declared by a tag",
			{ "package.json": { workspaces: ["packages/*"], dependencies: { "@acme/lib": "latest" } } },
		],
		[
			"that is declared as local",
			{ "package.json": { workspaces: ["packages/*"], dependencies: { "@acme/lib": "workspace:^" } } },
		],
		[
			"that is mapped to a registry",
			{ ...NPM, "deno.json": { imports: { "@acme/lib": "npm:@acme/lib@1" } } },
		],
		[
			"that is mapped to JSR",
			{
				...NPM,
				"deno.json": { imports: { "@acme/lib": "jsr:@acme/lib@^1.0.0", "@acme/lib/": "jsr:/@acme/lib@1/" } },
			},
		],
		[
			"of a workspace around the entry alone",
			{ "functions/package.json": { workspaces: ["../packages/*"] } },
		],
	])("%s is found by its name", (_, files) => {
		const all = { ...LIB, ...files };
		expect(meaning({ files: all, specifier: "@acme/lib" })).toMatch(
			/^packages\/lib\/src\/index\.ts$|leads out/,
		);
	});

	test.each([
		["@acme/lib/sub", "packages/lib/src/sub.ts"],
		["npm:@acme/lib", "packages/lib/src/index.ts"],
		["npm:@acme/lib@^1.1/sub", "packages/lib/src/sub.ts"],
		["npm:/@acme/lib@1/sub", "packages/lib/src/sub.ts"],
		["jsr:@acme/lib@1", "packages/lib/src/index.ts"],
		["NPM:@acme/lib@1", "packages/lib/src/index.ts"],
		["Jsr:/@acme/lib/sub", "packages/lib/src/sub.ts"],
		[
			"npm:@acme/lib@2",
			'IMPORT_LOCAL_PACKAGE: it is the workspace member packages/lib at version 1.2.3, which does not satisfy "2"',
		],
		["npm:@acme/other@2", "npm:@acme/other@2"],
		[
			"@acme/lib/none",
			'IMPORT_LOCAL_PACKAGE: the package packages/lib (packages/lib/package.json) does not export "./none"; it exports ".", "./sub"',
		],
		[
			"@acme/lib/src/index.ts",
			'IMPORT_LOCAL_PACKAGE: the package packages/lib (packages/lib/package.json) does not export "./src/index.ts"; it exports ".", "./sub"',
		],
	])("%s is %s", (specifier, expected) => {
		expect(meaning({ files: { ...NPM, ...LIB }, specifier })).toBe(expected);
	});

	test.each<[string, Files, RegExp]>([
		[
			"a version that it has not",
			{ "package.json": { workspaces: ["packages/*"], dependencies: { "@acme/lib": "^2.0.0" } } },
			/LOCAL_PACKAGE: .*1\.2\.3, which does not satisfy "\^2\.0\.0"/,
		],
		[
			"a local one at a version that it has not",
			{ "package.json": { workspaces: ["packages/*"], dependencies: { "@acme/lib": "workspace:^2" } } },
			/LOCAL_PACKAGE: .*does not satisfy "\^2"/,
		],
		[
			"one of two of that name",
			{ ...NPM, "packages/twin/package.json": { name: "@acme/lib" } },
			/LOCAL_PACKAGE: packages\/lib and packages\/twin both have this name/,
		],
	])("is refused as %s", (_, files, expected) => {
		expect(meaning({ files: { ...LIB, ...files }, specifier: "@acme/lib" })).toMatch(expected);
	});

	test("is not found if a pattern excludes it", () => {
		const files = { ...LIB, "package.json": { workspaces: ["packages/*", "!packages/lib"] } };
		expect(meaning({ files, specifier: "@acme/lib" })).toBe("unmapped");
	});

	test("is not found in node_modules", () => {
		const files = {
			"package.json": { workspaces: ["**"] },
			"node_modules/ms/package.json": { name: "ms" },
			"node_modules/ms/index.js": "",
		};
		expect(meaning({ files, specifier: "ms" })).toBe("unmapped");
	});

	test("outside the project is refused with its path", () => {
		const question = {
			files: { "package.json": { dependencies: { "@acme/lib": "^1" } } },
			outside: { "@acme/lib": "../packages/lib" },
		};
		for (const specifier of ["@acme/lib", "@acme/lib/sub", "npm:@acme/lib@1"])
			expect(meaning({ ...question, specifier })).toBe(
				"IMPORT_OUTSIDE: it is the workspace member ../packages/lib, which is outside the project",
			);
	});

	test("wins over a nearer import map, unless that maps to local code too", () => {
		const files = { ...NPM, ...LIB, "functions/a/deno.json": { imports: { "@acme/lib": "./own.ts" } } };
		expect(meaning({ files, specifier: "@acme/lib" })).toBe("functions/a/own.ts");
	});
});

describe("a member's own modules", () => {
	const files: Files = {
		"package.json": { workspaces: ["packages/*"], dependencies: { ms: "2.0.0", left: "1.0.0" } },
		"packages/app/package.json": {
			name: "@acme/app",
			dependencies: { ms: "^2.1.3", "@acme/lib": "workspace:*" },
			peerDependencies: { peer: "^3", left: "^9" },
		},
		...LIB,
		"packages/denos/deno.json": {
			name: "@acme/denos",
			exports: "./mod.ts",
			imports: { ms: "npm:ms@2.1.1", "@/": "./src/", up: "../../shared/up.ts" },
		},
		"packages/denos/mod.ts": "",
	};
	const from = "packages/app/index.ts";
	test.each([
		["ms", from, "npm:ms@^2.1.3"],
		["ms/lib/x.js", from, "npm:ms@^2.1.3/lib/x.js"],
		["@acme/lib", from, "packages/lib/src/index.ts"],
		["left", from, "npm:left@1.0.0"],
		["peer", from, "npm:peer@^3"],
		["none", from, "unmapped"],
		["./x.ts", from, "packages/app/x.ts"],
		["node:fs", from, "node:fs"],
		["npm:ms@1", from, "npm:ms@1"],
		["ms", "packages/denos/mod.ts", "npm:ms@2.1.1"],
		["@/x.ts", "packages/denos/mod.ts", "packages/denos/src/x.ts"],
		["up", "packages/denos/mod.ts", "shared/up.ts"],
		["@acme/lib", "packages/denos/mod.ts", "packages/lib/src/index.ts"],
		["ms", "functions/a/index.ts", "npm:ms@2.0.0"],
		["@acme/denos", "functions/a/index.ts", "packages/denos/mod.ts"],
	])("%s in %s is %s", (specifier, referrer, expected) => {
		expect(meaning({ files, specifier, from: referrer })).toBe(expected);
	});
});
