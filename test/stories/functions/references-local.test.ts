/** `functions references` of source files: without a platform, a link, a vault or an identity. */
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { Project } from "../support/project.ts";

interface Found {
	function: string;
	dynamic: boolean;
	references: { name: string; file: string; line: number; how: string; package?: string }[];
	dynamicAccesses: { file: string; line: number; why: string }[];
	warnings: { file: string; line: number; message: string }[];
	error?: { code: string; line?: number };
}

let project: Project;
beforeEach(() => {
	project = new Project({ identity: "none" });
});
afterEach(() => project[Symbol.asyncDispose]());

const reads = (name: string) => `Deno.serve(() => new Response(Deno.env.get("${name}")));\n`;

async function analyze(
	args: readonly string[],
	env: Record<string, string | undefined> = {},
): Promise<Found[]> {
	return (await project.data(["functions", "references", ...args], { env })).functions;
}

async function one(file: string): Promise<Found> {
	const results = await analyze(["--entry", file]);
	return results[0] as Found;
}

const namesOf = ({ references }: Found) => references.map(({ name }) => name);

describe("references --local", () => {
	beforeEach(() => {
		project.writeAll({
			"functions/pay/index.ts": `import { must } from "../_shared/must.ts";\nexport default { fetch: () => new Response(must("PAY_KEY")) };\n`,
			"functions/_shared/must.ts": `export const must = (name: string) => Deno.env.get(name) ?? "";\nexport const unused = () => must("UNUSED");\n`,
			"functions/any.ts":
				"Deno.serve(async (request) => new Response(Deno.env.get(await request.text())));\n",
		});
	});

	test("finds the project's functions from any folder of the project", async () => {
		const { functions } = await project.data(["functions", "references", "--local"], {
			cwd: "functions/pay",
		});
		expect(functions).toEqual([
			{
				function: "any",
				dynamic: true,
				references: [],
				dynamicAccesses: [{ file: "functions/any.ts", line: 1, why: expect.any(String) }],
				warnings: [],
			},
			{
				function: "pay",
				dynamic: false,
				references: [{ name: "PAY_KEY", file: "functions/pay/index.ts", line: 2, how: "static" }],
				dynamicAccesses: [],
				warnings: [],
			},
		]);
	});

	test("shows the named functions, and refuses other names", async () => {
		expect((await analyze(["--local", "pay"])).map((found) => found.function)).toEqual(["pay"]);
		const absent = await project.coffer(["functions", "references", "--local", "nope", "--json"]);
		expect([absent.status, absent.error().code]).toEqual([4, "FUNCTION_NOT_FOUND"]);
		rmSync(join(project.root, "functions"), { recursive: true });
		const nowhere = await project.coffer(["functions", "references", "--local", "--json"]);
		expect([nowhere.status, nowhere.error().code]).toEqual([4, "PROJECT_NOT_FOUND"]);
	});

	test("prints a readable table", async () => {
		project.write("functions/off.ts", `import a from "nobody";\n${reads("OFF_KEY")}a();\n`);
		project.write("functions/rest/index.ts", `Deno.serve(() => new Response("ok"));\n`);
		const { stdout } = await project.ok(["functions", "references", "--local"]);
		expect(stdout.replace(/dynamic: .*/, "dynamic: …")).toBe(`any
  (any)  functions/any.ts:1  dynamic: …
off
  OFF_KEY  functions/off.ts:2  static
pay
  PAY_KEY  functions/pay/index.ts:2  static
rest
  reads no secret

Warnings: the analysis could not include
  functions/off.ts:1  "nobody": no import map contains this name
`);
	});
});

describe("references --entry", () => {
	test("accepts files anywhere, and shows each path as it was given", async () => {
		const odd = "other repo/fünktion [1]/é#%41.ts";
		project.writeAll({ [odd]: reads("ODD"), "plain.ts": reads("PLAIN") });
		symlinkSync(join(project.root, "plain.ts"), join(project.root, "link.ts"));
		const absolute = join(project.root, "plain.ts");
		const found = await analyze(["--entry", odd, "./plain.ts", absolute, "link.ts", odd]);
		expect(
			found.map((each) => [each.function, ...each.references.map(({ name, file }) => [name, file])]),
		).toEqual([
			[odd, ["ODD", odd]],
			["./plain.ts", ["PLAIN", "plain.ts"]],
			[absolute, ["PLAIN", absolute]],
			["link.ts", ["PLAIN", "link.ts"]],
		]);
	});

	test("reports missing files before it starts", async () => {
		project.write("a.ts", reads("A"));
		mkdirSync(join(project.root, "folder"));
		const run = (file: string) =>
			project.coffer(["functions", "references", "--entry", "a.ts", file, "--json"]);
		const [absent, folder] = [await run("absent.ts"), await run("folder")];
		expect([absent.status, absent.error().code, absent.stdout]).toEqual([4, "ENTRY_NOT_FOUND", ""]);
		expect([folder.status, folder.error().code, folder.stdout]).toEqual([2, "ENTRY_NOT_A_FILE", ""]);
	});

	test("keeps the line numbers of files with a byte order mark and with CRLF", async () => {
		project.write("a.ts", `\uFEFF// one\r\n// two\r\n${reads("A")}`);
		expect((await one("a.ts")).references).toEqual([{ name: "A", file: "a.ts", line: 3, how: "static" }]);
	});

	test("uses the import maps and the package.json of each checkout", async () => {
		project.writeAll({
			"deno.json": '{"imports": {"above": "./two/lib/key.ts"}}',
			"one/.git/HEAD": "",
			"one/supabase/functions/import_map.json": '{"imports": {"@/": "./_shared/"}}',
			"one/supabase/functions/_shared/key.ts": `export const key = () => Deno.env.get("ONE");`,
			"one/supabase/functions/a/index.ts": `import { key } from "@/key.ts"; key();`,
			"two/.git/HEAD": "",
			"two/deno.json": '{"imports": {"@/": "./lib/"}}',
			"two/lib/key.ts": `export const key = () => Deno.env.get("TWO");`,
			"two/functions/a/index.ts": `import { key } from "@/key.ts"; import "above"; key();`,
		});
		const found = await analyze(["--entry", "one/supabase/functions/a/index.ts", "two/functions/a/index.ts"]);
		expect(found.map(namesOf)).toEqual([["ONE"], ["TWO"]]);
		const unmapped = '"above": no import map contains this name';
		expect(found.flatMap(({ warnings }) => warnings.map(({ message }) => message))).toEqual([unmapped]);
	});

	test("marks what a package reads with the name in its package.json", async () => {
		project.writeAll({
			"package.json": '{"dependencies": {"debugger": "npm:debug@4.3.4"}}',
			"a.ts": `import debug from "debugger";\ndebug("a")(Deno.env.get("A"));\n`,
			"b.ts": `import debug from "npm:debug@4.3.4";\ndebug("b")("b");\n`,
			"c.ts": `import nothing from "npm:debug@99.0.0";\nnothing(Deno.env.get("C"));\n`,
		});
		const [a, b, c] = await analyze(["--entry", "a.ts", "b.ts", "c.ts"]);
		const mark = { name: "DEBUG", package: "npm:debug@4.3.4", file: "npm:debug@4.3.4/src/node.js" };
		expect(a?.references).toContainEqual(expect.objectContaining(mark));
		expect(a?.references).toContainEqual({ name: "A", file: "a.ts", line: 2, how: "static" });
		expect(b?.references).toContainEqual(expect.objectContaining(mark));
		expect(b?.dynamic).toBe(false);
		expect(c).toMatchObject({
			references: [{ name: "C" }],
			warnings: [{ file: "c.ts", line: 1, message: expect.stringContaining("debug@99.0.0") }],
		});
	});

	test("continues without missing modules, and reports each of them once", async () => {
		project.writeAll({
			"a.ts": `import { b } from "./b.ts";
import x from "./absent.ts";
import { y } from "./broken.ts";
import z from "https://coffer.invalid/z.ts";
import { sloppy } from "./sloppy";
import { row, type Row } from "./b.ts";
Deno.serve(() => new Response([b(), x(), y, z, sloppy(), row, Deno.env.get("A")].join()));
`,
			"b.ts": `import z from "https://coffer.invalid/z.ts";\nexport const b = () => z(Deno.env.get("B"));\n`,
			"broken.ts": "export const y = 1;\nexport const = (;\n",
			"sloppy.ts": `export const sloppy = () => Deno.env.get("SLOPPY");\n`,
		});
		const found = await one("a.ts");
		expect(namesOf(found)).toEqual(["A", "B", "SLOPPY"]);
		expect(
			found.warnings.map(({ file, line, message }) => `${file}:${line} ${message.split(":")[0]}`),
		).toEqual([
			"broken.ts:2 does not parse",
			'a.ts:6 b.ts exports no "row"',
			'a.ts:2 "./absent.ts"',
			'a.ts:4 "https',
			'a.ts:5 "./sloppy"',
		]);
	});

	test("reports an entry that does not parse with an error of its own, and completes the others", async () => {
		project.writeAll({ "good.ts": reads("GOOD"), "bad.ts": "const a = 1;\nconst = 2;\n", "data.json": "{}" });
		const args = ["functions", "references", "--json", "--entry", "bad.ts", "good.ts", "data.json"];
		const result = await project.coffer(args);
		expect([result.status, result.error().code]).toEqual([1, "FUNCTIONS_UNANALYSED"]);
		const [bad, good, data] = result.json().functions as Found[];
		expect(bad).toMatchObject({
			function: "bad.ts",
			references: [],
			error: { code: "SOURCE_SYNTAX", line: 2 },
		});
		expect(good).toMatchObject({ function: "good.ts", references: [{ name: "GOOD" }] });
		expect(good?.error).toBeUndefined();
		expect(data).toMatchObject({ function: "data.json", error: { code: "SOURCE_UNSUPPORTED" } });
	});

	test("works without a home, and writes nothing beside the sources", async () => {
		project.writeAll({
			"deno.json": '{"imports": {"debug": "npm:debug@4.3.4"}}',
			"a.ts": `import debug from "debug";\ndebug("a")(Deno.env.get("A"));\n`,
		});
		const before = filesBelow(project.root);
		const [found] = await analyze(["--entry", "a.ts"], { HOME: undefined, XDG_STATE_HOME: undefined });
		expect(found && namesOf(found)).toEqual(expect.arrayContaining(["A", "DEBUG"]));
		expect(filesBelow(project.root)).toEqual(before);
		expect(readdirSync(join(project.machine, "tmp"))).toEqual([]);
	});

	test("analyses hundreds of files in one process with little memory", { timeout: 240_000 }, async () => {
		project.write("shared.ts", `export const must = (name: string) => Deno.env.get(name);\n`);
		const files = Array.from({ length: 500 }, (_, index) => `functions/f${index}.ts`);
		for (const [index, file] of files.entries())
			project.write(file, `import { must } from "../shared.ts";\nmust("KEY_${index}");\n`);
		const found = await analyze(["--entry", ...files], { NODE_OPTIONS: "--max-old-space-size=32" });
		expect(found.map((each) => namesOf(each).join())).toEqual(files.map((_, index) => `KEY_${index}`));
	});

	test("leaves no files after an interrupt while it waits for a registry", async () => {
		project.write("a.ts", `import a from "npm:anything@1";\na(Deno.env.get("A"));\n`);
		const registry = createServer();
		const asked = once(registry, "request");
		await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
		const { port } = registry.address() as AddressInfo;
		const env = { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}` };
		const running = project.start(["functions", "references", "--entry", "a.ts"], { env });
		await asked;
		running.signal("SIGINT");
		const { status, stdout } = await running.ended;
		registry.closeAllConnections();
		registry.close();
		expect([status, stdout, readdirSync(join(project.machine, "tmp"))]).toEqual([130, "", []]);
	});
});
