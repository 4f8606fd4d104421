import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collectSources } from "../../../src/project/functions/collect.ts";
import { temporaryProject } from "./project.ts";

const ENTRY = "functions/a/index.ts";
const collect = async (files: Record<string, string>) => {
	const root = temporaryProject(files);
	return [...(await collectSources(root, [{ name: "a", entry: ENTRY }])).keys()];
};

describe("collectSources", () => {
	test.each<[string, Record<string, string>, string[]]>([
		["the entry alone", { [ENTRY]: "", "functions/a/notes.txt": "", "functions/b.ts": "" }, [ENTRY]],
		[
			"static imports and re-exports, to the end",
			{
				[ENTRY]: 'import "./x.ts"; export * from "../../shared/y.ts"; export { z } from "../z.ts";',
				"functions/a/x.ts": "",
				"shared/y.ts": 'import "./deep.ts";',
				"shared/deep.ts": "",
				"functions/z.ts": "export const z = 1;",
			},
			[ENTRY, "functions/a/x.ts", "functions/z.ts", "shared/deep.ts", "shared/y.ts"],
		],
		[
			"an export of nothing imports too",
			{ [ENTRY]: 'export {} from "./x.ts";', "functions/a/x.ts": "" },
			[ENTRY, "functions/a/x.ts"],
		],
		[
			"dynamic imports and require",
			{
				[ENTRY]:
					'await import("./x.ts"); await import(`./y.ts`); require("./z.cjs"); import(q ? "./v.ts" : "./w.ts");',
				...Object.fromEntries(
					["x.ts", "y.ts", "z.cjs", "v.ts", "w.ts"].map((name) => [`functions/a/${name}`, ""]),
				),
			},
			[
				ENTRY,
				"functions/a/v.ts",
				"functions/a/w.ts",
				"functions/a/x.ts",
				"functions/a/y.ts",
				"functions/a/z.cjs",
			],
		],
		[
			"an import known in part brings what fits",
			{
				[ENTRY]: 'await import(`./locales/${name}.ts`); await import("./data/" + name);',
				"functions/a/locales/de.ts": 'import "../x.ts";',
				"functions/a/locales/de.txt": "",
				"functions/a/locales/de.test.ts": 'import "./none.ts";',
				"functions/a/locales/de.ts.js": "",
				"functions/a/locales/.hidden.ts": "",
				"functions/a/data/b.json": "{}",
				"functions/a/x.ts": "",
			},
			["functions/a/data/b.json", ENTRY, "functions/a/locales/de.ts", "functions/a/x.ts"],
		],
		[
			"data by attributes",
			{
				[ENTRY]:
					'import j from "./j.json" with { type: "json" }; import t from "./t.txt" with { type: "text" };',
				"functions/a/j.json": "{}",
				"functions/a/t.txt": "import './not-followed.ts'",
			},
			[ENTRY, "functions/a/j.json", "functions/a/t.txt"],
		],
		[
			"types where they are there",
			{
				[ENTRY]: 'import type { A } from "./t.ts"; import type { B } from "./u.ts";',
				"functions/a/t.ts": "",
			},
			[ENTRY, "functions/a/t.ts"],
		],
		[
			"import maps of the root and of the function's folder",
			{
				[ENTRY]: 'import "@/y.ts"; import "x";',
				"deno.jsonc": '{ // root\n "imports": { "@/": "./shared/", "x": "./wrong.ts", }, }',
				"functions/a/deno.json": '{ "imports": { "x": "./x.ts" } }',
				"shared/y.ts": "",
				"functions/a/x.ts": "",
			},
			["deno.jsonc", "functions/a/deno.json", ENTRY, "functions/a/x.ts", "shared/y.ts"],
		],
		[
			"an importMap file and its scopes",
			{
				[ENTRY]: 'import "x";',
				"deno.json": '{ "importMap": "./maps/map.json" }',
				"maps/map.json":
					'{ "imports": { "x": "./no.ts" }, "scopes": { "../functions/a/": { "x": "../x.ts" } } }',
				"x.ts": "",
			},
			["deno.json", ENTRY, "maps/map.json", "x.ts"],
		],
		[
			"the lock where packages are used",
			{ [ENTRY]: 'import "npm:ms@2";', "deno.lock": "{}" },
			["deno.lock", ENTRY],
		],
		["no lock where none is", { [ENTRY]: "", "deno.lock": "{}" }, [ENTRY]],
		[
			"dependencies of package.json",
			{
				[ENTRY]: 'import "ms"; import "ms/x.js"; import "fs";',
				"package.json": '{"dependencies":{"ms":"^2"}}',
			},
			[ENTRY, "package.json"],
		],
	])("%s", async (_, files, expected) => {
		expect(await collect(files)).toEqual(expected);
	});

	test.each<[string, string, Record<string, string>, string, number | undefined]>([
		["a parent", '\nimport "../../../x.ts";', {}, "IMPORT_OUTSIDE", 2],
		["a parent, encoded", 'import "../../%2e%2e/x.ts";', {}, "IMPORT_OUTSIDE", 1],
		["an absolute path", 'import "/etc/x.ts";', {}, "IMPORT_OUTSIDE", 1],
		["a file: URL", 'import "FILE:///etc/x.ts";', {}, "IMPORT_OUTSIDE", 1],
		["a pattern", "await import(`../../../${x}.ts`);", {}, "IMPORT_OUTSIDE", 1],
		["an import map", 'import "x";', { "deno.json": '{"imports":{"x":"../x.ts"}}' }, "IMPORT_OUTSIDE", 1],
		[
			"an import map's folder",
			'import "x/../../y.ts";',
			{ "deno.json": '{"imports":{"x/":"./x/"}}' },
			"IMPORT_OUTSIDE",
			1,
		],
		["a missing file", '\n\nimport "./x.ts";', {}, "IMPORT_NOT_FOUND", 3],
		["a bare name", 'import "x";', {}, "IMPORT_UNMAPPED", 1],
		["bad syntax", "\nconst = 1;", {}, "SOURCE_SYNTAX", 2],
		["an unknown kind of file", 'import "./x.bin";', { "functions/a/x.bin": "" }, "IMPORT_UNSUPPORTED", 1],
		[
			"the vault",
			'import v from "../../coffer.vault" with { type: "text" };',
			{ "coffer.vault": "" },
			"SOURCE_PRIVATE",
			undefined,
		],
		[
			"an .env file",
			'import v from "../../.env" with { type: "text" };',
			{ ".env": "A=1" },
			"SOURCE_PRIVATE",
			undefined,
		],
		[
			"a hidden folder",
			'import v from "../../.git/x.json" with { type: "json" };',
			{ ".git/x.json": "{}" },
			"SOURCE_PRIVATE",
			undefined,
		],
		["a broken configuration", "", { "deno.json": "{" }, "CONFIGURATION_INVALID", undefined],
	])("refuses %s", async (_, source, files, code, line) => {
		await expect(collect({ [ENTRY]: source, ...files })).rejects.toMatchObject({ code, line, exit: 2 });
	});

	test("a link is followed inside the root and refused outside it", async () => {
		const root = temporaryProject({ [ENTRY]: 'import "./x.ts";', "shared/x.ts": "1;" });
		symlinkSync("../../shared/x.ts", join(root, "functions/a/x.ts"));
		const functions = [{ name: "a", entry: ENTRY }];
		expect(new TextDecoder().decode((await collectSources(root, functions)).get("functions/a/x.ts"))).toBe(
			"1;",
		);

		writeFileSync(join(root, "../canary.ts"), "");
		writeFileSync(join(root, ENTRY), 'import "./y.ts";');
		symlinkSync("../../../canary.ts", join(root, "functions/a/y.ts"));
		await expect(collectSources(root, functions)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE" });
		writeFileSync(join(root, ".env"), "A=1");
		writeFileSync(join(root, ENTRY), 'import z from "./z.txt" with { type: "text" };');
		symlinkSync("../../.env", join(root, "functions/a/z.txt"));
		await expect(collectSources(root, functions)).rejects.toMatchObject({ code: "SOURCE_PRIVATE" });
	});

	test("the size of each file and of all files is limited", async () => {
		const names = ["1", "2", "3", "4", "5", "6"];
		const source = names.map((name) => `import "./${name}.json" with { type: "json" };`).join("\n");
		const files = Object.fromEntries(names.map((name) => [`functions/a/${name}.json`, ""]));
		const root = temporaryProject({ [ENTRY]: source, ...files });
		for (const name of names) truncateSync(join(root, `functions/a/${name}.json`), 9 * 1024 * 1024);
		const functions = [{ name: "a", entry: ENTRY }];
		await expect(collectSources(root, functions)).rejects.toMatchObject({
			code: "UPLOAD_TOO_LARGE",
			exit: 2,
		});
		truncateSync(join(root, "functions/a/3.json"), 10 * 1024 * 1024 + 1);
		await expect(collectSources(root, functions)).rejects.toMatchObject({
			code: "SOURCE_TOO_LARGE",
			exit: 2,
		});
	});
});
