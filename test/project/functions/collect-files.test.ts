/** Files that code reads at run time: which are uploaded, and which are refused. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collectSources, projectFiles } from "../../../src/project/functions/collect.ts";
import { temporaryProject } from "./project.ts";

const ENTRY = "functions/a/index.ts";
const SETTINGS = "functions/a/function.jsonc";
const read = (path: string) => `Deno.readTextFile(new URL(${JSON.stringify(path)}, import.meta.url));`;

async function collect(root: string) {
	const warnings: string[] = [];
	const port = projectFiles(root);
	const settings = port.read(SETTINGS) === undefined ? {} : { settings: SETTINGS };
	const sources = await collectSources(
		root,
		[{ name: "a", entry: ENTRY, ...settings }],
		port,
		(_, { message }) => warnings.push(message),
	);
	return { paths: [...sources.keys()].filter((path) => path !== ENTRY && path !== SETTINGS), warnings };
}

describe("files that a function reads", () => {
	test.each<[string, Record<string, string>, string[]]>([
		[
			"a file",
			{ [ENTRY]: read("./t.html"), "functions/a/t.html": "", "functions/a/u.html": "" },
			["functions/a/t.html"],
		],
		[
			"the files of a folder",
			{
				[ENTRY]: read("../pages/"),
				"functions/pages/a.html": "",
				"functions/pages/b/c.js": "",
				"functions/pages/.env": "",
			},
			["functions/pages/a.html", "functions/pages/b/c.js"],
		],
		[
			"the files of a pattern, without code beside the module",
			{
				[ENTRY]: "export const f = (n) => Deno.readTextFile(`${import.meta.dirname}/${n}.json`);",
				...{ "functions/a/x.json": "", "functions/a/deep/y.json": "", "functions/a/x.ts": "" },
			},
			["functions/a/deep/y.json", "functions/a/x.json"],
		],
		[
			"what static_files names",
			{
				[ENTRY]: "",
				[SETTINGS]: '{ "static_files": ["./t.html", "../../data/**/*.csv"] }',
				...{ "functions/a/t.html": "", "data/x/y.csv": "", "data/z.csv": "", "data/z.txt": "" },
			},
			["data/x/y.csv", "data/z.csv", "functions/a/t.html"],
		],
		[
			"files of a module that the entry imports, from the place of that module",
			{ [ENTRY]: 'import "../../lib/m.ts";', "lib/m.ts": read("./t.html"), "lib/t.html": "" },
			["lib/m.ts", "lib/t.html"],
		],
	])("%s", async (_, files, expected) => {
		expect(await collect(temporaryProject(files))).toEqual({ paths: expected, warnings: [] });
	});

	test.each<[string, Record<string, string>, string, RegExp]>([
		[
			"a missing file",
			{ [ENTRY]: `\n${read("./t.html")}` },
			"FILE_NOT_FOUND",
			/index\.ts:2 reads a file, but there is no file "functions\/a\/t\.html"/,
		],
		[
			"a pattern without a match",
			{ [ENTRY]: "export const f = (n) => Deno.readFile(new URL(`./p/${n}.x`, import.meta.url));" },
			"FILE_NOT_FOUND",
			/no file matches "functions\/a\/p\/\*\.x"/,
		],
		[
			"a path out of the project",
			{ [ENTRY]: read("../../../x") },
			"FILE_OUTSIDE",
			/index\.ts:1 reads a file that is outside/,
		],
		[
			"a .env file",
			{ [ENTRY]: read("./.env"), "functions/a/.env": "A=1" },
			"SOURCE_PRIVATE",
			/index\.ts:1: functions\/a\/\.env is private/,
		],
		[
			"the vault",
			{ [ENTRY]: read("../../coffer.vault"), "coffer.vault": "x" },
			"SOURCE_PRIVATE",
			/coffer\.vault is private/,
		],
		[
			"an identity under another name",
			{ [ENTRY]: read("./key.txt"), "functions/a/key.txt": "coffer-identity-1.AAAA" },
			"SOURCE_PRIVATE",
			/key\.txt is private/,
		],
		[
			"an identity in a folder",
			{ [ENTRY]: read("./d/"), "functions/a/d/key.txt": "coffer-identity-1.AAAA" },
			"SOURCE_PRIVATE",
			/key\.txt is private/,
		],
		[
			"a glob without a match",
			{ [ENTRY]: "", [SETTINGS]: '{\n "static_files": ["*.html"] }' },
			"FILE_NOT_FOUND",
			/function\.jsonc:2: "static_files" names "\*\.html", but no file matches/,
		],
		[
			"a glob out of the project",
			{ [ENTRY]: "", [SETTINGS]: '{ "static_files": ["../../../*"] }' },
			"FILE_OUTSIDE",
			/leads out of the project/,
		],
		[
			"a glob with a part that goes up",
			{ [ENTRY]: "", [SETTINGS]: '{ "static_files": ["*/../../../../x"] }' },
			"FILE_OUTSIDE",
			/leads out of the project/,
		],
	])("%s is refused, with file and line", async (_, files, code, message) => {
		const root = temporaryProject(files);
		await expect(collect(root)).rejects.toMatchObject({
			code,
			exit: 2,
			message: expect.stringMatching(message),
		});
	});

	test("a link out of the project is refused, alone and in a folder", async () => {
		const root = temporaryProject({ [ENTRY]: read("./t/a"), "functions/b/index.ts": "" });
		writeFileSync(join(root, "../secret"), "");
		mkdirSync(join(root, "functions/a/t"));
		symlinkSync("../../../../secret", join(root, "functions/a/t/a"));
		await expect(collect(root)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE" });
		writeFileSync(join(root, ENTRY), read("./t/"));
		await expect(collect(root)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE" });
	});

	test("more than 1,000 files are refused", async () => {
		const files = Array.from({ length: 1_001 }, (_, index) => [`functions/a/d/${index}`, ""]);
		const root = temporaryProject({ [ENTRY]: read("./d/"), ...Object.fromEntries(files) });
		await expect(collect(root)).rejects.toMatchObject({ code: "FILES_TOO_MANY" });
	});

	test("a path that is known at run time only is a warning that names static_files", async () => {
		const entry = 'Deno.readFile(import.meta.dirname + "/" + name);';
		const { warnings } = await collect(temporaryProject({ [ENTRY]: `\n${entry}` }));
		expect(warnings).toEqual([
			expect.stringMatching(/index\.ts:2 makes a path that is known only at run time.*"static_files"/),
		]);
		const settings = { [SETTINGS]: '{ "static_files": ["*.txt"] }', "functions/a/t.txt": "" };
		const named = await collect(temporaryProject({ [ENTRY]: entry, ...settings }));
		expect(named).toEqual({ paths: ["functions/a/t.txt"], warnings: [] });
	});

	test.each([
		["beside the module", "functions/a/t.json", "t.json", "./t.json"],
		["in the root", "data/t.json", "./data/t.json", "../../data/t.json"],
		["as a folder", "functions/pages/x/t.html", "pages", "../pages"],
	])(
		"a file of the project that is read from the working directory is a warning: %s",
		async (_, file, path, url) => {
			const source = `\nconst text = await Deno.${path === "pages" ? "readDir" : "readTextFile"}(${JSON.stringify(path)});`;
			const { paths, warnings } = await collect(temporaryProject({ [ENTRY]: source, [file]: "" }));
			expect(warnings).toEqual([
				`${ENTRY}:2 reads ${JSON.stringify(path)} from the working directory, which has no files of the project when the function runs. To read ${path === "pages" ? "functions/pages" : file}, write new URL(${JSON.stringify(url)}, import.meta.url).`,
			]);
			expect(paths).toEqual([]);
		},
	);

	test.each([
		["that does not exist", 'Deno.readTextFile("./none.json");'],
		["that is absolute", 'Deno.readTextFile("/t.json");'],
		["that is private", 'Deno.readTextFile(".env");'],
		["that is written", 'Deno.writeTextFile("t.json", "");'],
		["that may be missing", 'try { Deno.readTextFileSync("t.json"); } catch {}'],
		["of another Deno", 'const Deno = { readTextFile(path) {} }; Deno.readTextFile("t.json");'],
	])("a path %s is none", async (_, source) => {
		const root = temporaryProject({ [ENTRY]: source, "functions/a/t.json": "", ".env": "", "t.json": "" });
		expect(await collect(root)).toEqual({ paths: [], warnings: [] });
	});

	test("the location of a package is a warning that says how to read a file of it", async () => {
		const entry = 'Deno.readFile(new URL("a.wasm", import.meta.resolve("npm:@acme/wasm@1")));';
		const { warnings } = await collect(temporaryProject({ [ENTRY]: entry }));
		expect(warnings).toEqual([
			expect.stringMatching(/index\.ts:1 calls .* "npm:@acme\/wasm@1", .* with \{ type: "bytes" \}\.$/),
		]);
	});

	test("a missing file that the code can do without is a warning", async () => {
		const entry = `try { ${read("./t.html")} } catch {}`;
		const { warnings } = await collect(temporaryProject({ [ENTRY]: entry }));
		expect(warnings).toEqual([
			expect.stringMatching(/names a file, but there is no file "functions\/a\/t\.html"/),
		]);
	});
});
