/** A name that a package.json maps to code in the project is resolved in the project. */
import { describe, expect, test } from "vitest";
import { type Files, LIB, meaning, NPM } from "./project.ts";

describe("local dependencies", () => {
	const of = (dependencies: Record<string, string>, more: Files = {}): Files => ({
		"package.json": { dependencies },
		...more,
	});
	const VENDORED: Files = {
		"vendor/lib/package.json": { name: "whatever", main: "main.js" },
		"vendor/lib/main.js": "",
	};
	test.each<[string, Files, string | RegExp]>([
		["file:", of({ lib: "file:./vendor/lib" }, VENDORED), "vendor/lib/main.js"],
		["file: without a dot", of({ lib: "file:vendor/lib" }, VENDORED), "vendor/lib/main.js"],
		["link:", of({ lib: "link:vendor/lib" }, VENDORED), "vendor/lib/main.js"],
		["portal:", of({ lib: "portal:./vendor/lib/" }, VENDORED), "vendor/lib/main.js"],
		["a path", of({ lib: "./vendor/lib" }, VENDORED), "vendor/lib/main.js"],
		["workspace: with a path", of({ lib: "workspace:./vendor/lib" }, VENDORED), "vendor/lib/main.js"],
		[
			"workspace: with another name",
			{
				...NPM,
				...LIB,
				"package.json": { workspaces: ["packages/*"], dependencies: { lib: "workspace:@acme/lib@*" } },
			},
			"packages/lib/src/index.ts",
		],
		[
			"workspace: that no member has",
			of({ lib: "workspace:*" }),
			/^IMPORT_LOCAL_PACKAGE: package\.json says "workspace:\*", but no member/,
		],
		[
			"a folder that is not there",
			of({ lib: "file:./gone" }),
			/^IMPORT_LOCAL_PACKAGE: package\.json says "file:\.\/gone", but there is neither/,
		],
		["a folder outside", of({ lib: "file:../lib" }), /^IMPORT_OUTSIDE: .*leads out/],
		["an absolute folder", of({ lib: "link:/srv/lib" }), /^IMPORT_OUTSIDE/],
		["the home folder", of({ lib: "~/lib" }), /^IMPORT_OUTSIDE/],
		["an archive", of({ lib: "file:./lib-1.0.0.tgz" }), /^IMPORT_LOCAL_PACKAGE: .*archives/],
		[
			"git",
			of({ lib: "git+https://user:pass@example.org/lib.git" }),
			'IMPORT_LOCAL_PACKAGE: package.json takes it from an address that begins with "git+https:", which is neither in the project nor a registry',
		],
		["GitHub", of({ lib: "acme/lib" }), /^IMPORT_LOCAL_PACKAGE: .*a git repository/],
		[
			"a catalog",
			{ ...of({ lib: "catalog:" }), "pnpm-workspace.yaml": "catalog:\n  lib: ^3.0.0\n" },
			"npm:lib@^3.0.0",
		],
		[
			"a named catalog",
			{ ...of({ lib: "catalog:old" }), "pnpm-workspace.yaml": "catalogs:\n  old:\n    lib: 2.0.0\n" },
			"npm:lib@2.0.0",
		],
		[
			"a catalog that is local",
			{ ...of({ lib: "catalog:" }, VENDORED), "pnpm-workspace.yaml": "catalog:\n  lib: link:./vendor/lib\n" },
			"vendor/lib/main.js",
		],
		[
			"Bun's catalog",
			{
				"package.json": {
					workspaces: { packages: [], catalog: { lib: "1.1.1" } },
					dependencies: { lib: "catalog:" },
				},
			},
			"npm:lib@1.1.1",
		],
		["a catalog without it", of({ lib: "catalog:" }), /^IMPORT_LOCAL_PACKAGE: .*but no catalog in/],
		[
			"an override of npm",
			{
				"package.json": { dependencies: { lib: "^1" }, overrides: { lib: "file:./vendor/lib" } },
				...VENDORED,
			},
			"vendor/lib/main.js",
		],
		[
			"a resolution of Yarn",
			{
				"package.json": { dependencies: { lib: "^1" }, resolutions: { "**/lib@^1": "portal:./vendor/lib" } },
				...VENDORED,
			},
			"vendor/lib/main.js",
		],
		[
			"an override of pnpm",
			{ ...of({ lib: "^1" }, VENDORED), "pnpm-workspace.yaml": "overrides:\n  lib: link:vendor/lib\n" },
			"vendor/lib/main.js",
		],
		["a version alone", of({ lib: "^1.0.0 || ^2" }), "npm:lib@^1.0.0 || ^2"],
		["no version", of({ lib: "" }), "npm:lib"],
		["another package", of({ lib: "npm:other@^4" }), "npm:other@^4"],
		["npm: with a version alone", of({ lib: "npm:^4.1.0" }), "npm:lib@^4.1.0"],
		["jsr: with a version alone", of({ "@std/x": "jsr:^1", lib: "jsr:@std/x@1" }), "jsr:@std/x@1"],
	])("%s", (_, files, expected) => {
		const found = meaning({ files, specifier: "lib" });
		if (typeof expected === "string") expect(found).toBe(expected);
		else expect(found).toMatch(expected);
	});

	test("are not bypassed by a registry specifier", () => {
		const files = of({ lib: "file:./vendor/lib" }, VENDORED);
		expect(meaning({ files, specifier: "npm:lib@1" })).toBe("vendor/lib/main.js");
		expect(meaning({ files: of({ lib: "git+ssh://git@example.org/lib" }), specifier: "npm:lib" })).toMatch(
			/^IMPORT_LOCAL_PACKAGE/,
		);
	});

	test("the manifest nearest to the module wins", () => {
		const files = {
			...of({ lib: "1.0.0" }, VENDORED),
			"shared/package.json": { dependencies: { lib: "file:../vendor/lib" } },
		};
		expect(meaning({ files, specifier: "lib", from: "shared/x.ts" })).toBe("vendor/lib/main.js");
		expect(meaning({ files, specifier: "lib" })).toBe("npm:lib@1.0.0");
	});
});
