/** Any files analysed as functions, by the command itself: no platform, no project, nothing written beside the sources. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PROGRAM } from "../support/program.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-local-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
}

const environment = () => ({
	PATH: process.env["PATH"] ?? "",
	XDG_CACHE_HOME: join(folder, ".cache"),
	TMPDIR: tmp(),
});
const tmp = () => {
	mkdirSync(join(folder, ".tmp"), { recursive: true });
	return join(folder, ".tmp");
};

function run(args: readonly string[], cwd = folder) {
	const argv = [PROGRAM, "functions", "references", ...args, "--json"];
	const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
		cwd,
		env: environment(),
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
	});
	return { status, data: JSON.parse(stdout || "{}"), error: JSON.parse(stderr || "{}").error };
}

/** Names of one analysed file, in order. */
function namesIn(entry: string): string[] {
	const { data, status } = run(["--entry", entry]);
	expect(status).toBe(0);
	return [...new Set<string>(data.functions[0].references.map(({ name }: { name: string }) => name))];
}

const READ = (name: string) => `Deno.serve(() => new Response(Deno.env.get("${name}")));\n`;

describe("a file", () => {
	test("is a function by the path as it was given, with files from here and what its dependencies read", () => {
		write({
			"fn/pay/index.ts": `import { key } from "../_shared/keys.ts";\nimport type { T } from "../_shared/gone.ts";\nDeno.serve(() => new Response(key() as T));\n`,
			"fn/_shared/keys.ts": `export const key = () => Deno.env.get("KEY");\nexport const unused = () => Deno.env.get("UNUSED");\n`,
		});
		expect(run(["--entry", "./fn/pay/index.ts"]).data).toEqual({
			functions: [
				{
					function: "./fn/pay/index.ts",
					dynamic: false,
					references: [{ name: "KEY", file: "fn/_shared/keys.ts", line: 1, how: "static" }],
					dynamicAccesses: [],
					warnings: [],
				},
			],
		});
		const whole = join(folder, "fn/pay/index.ts");
		mkdirSync(join(folder, "aside"));
		const [elsewhere] = run(["--entry", whole], join(folder, "aside")).data.functions;
		expect(elsewhere.function).toBe(whole);
		expect(elsewhere.references[0].file).toBe(join(folder, "fn/_shared/keys.ts"));
	});

	test.each<[string, Record<string, string>]>([
		[
			"an import map",
			{
				"deno.json": '{"imports": {"@/": "./src/", "keys": "./src/keys.ts"}}',
				"src/keys.ts": 'export * from "@/more.ts";',
				"src/more.ts": 'export const key = () => Deno.env.get("KEY");',
				"index.ts": 'import { key } from "keys"; key();',
			},
		],
		[
			"a map file beside it",
			{
				"fn/import_map.json": '{"imports": {"$k": "./k.ts"}}',
				"fn/k.ts": 'Deno.env.get("KEY");',
				"index.ts": 'import "./fn/a/b.ts";',
				"fn/a/b.ts": 'import "../k.ts";',
			},
		],
		["no extension", { "keys.ts": 'Deno.env.get("KEY");', "index.ts": 'import "./keys";' }],
		[
			"the extension of what is compiled",
			{ "keys.ts": 'Deno.env.get("KEY");', "index.ts": 'import "./keys.js";' },
		],
		["a folder", { "keys/index.ts": 'Deno.env.get("KEY");', "index.ts": 'import "./keys";' }],
		[
			"JSON",
			{
				"names.json": '{"key": "KEY"}',
				"index.ts": 'import names from "./names.json" with { type: "json" }; Deno.env.get(names.key);',
			},
		],
		[
			"a re-export and a dynamic import",
			{
				"a.ts": 'export * from "./b.ts";',
				"b.ts": 'Deno.env.get("KEY");',
				"index.ts": 'await import("./a.ts");',
			},
		],
		[
			"JSX",
			{
				"index.tsx": 'const key = Deno.env.get("KEY"); export default () => <p>{key}</p>;',
				"index.ts": 'import "./index.tsx";',
			},
		],
		[
			"a mark at its beginning, and lines that end as on Windows",
			{ "index.ts": '\uFEFF// first\r\nDeno.env.get(\r\n"KEY");\r\n' },
		],
	])("is read through %s", (_, files) => {
		write(files);
		expect(namesIn("index.ts")).toEqual(["KEY"]);
	});

	test("is read wherever it lies, by whatever name, and by a link", () => {
		write({ "füñ ctions/a b#?/index.ts": READ("KEY") });
		symlinkSync(join(folder, "füñ ctions/a b#?/index.ts"), join(folder, "link.ts"));
		expect(namesIn("füñ ctions/a b#?/index.ts")).toEqual(["KEY"]);
		expect(namesIn("link.ts")).toEqual(["KEY"]);
	});

	test("is told of what it goes on without, with the line, and the rest is analysed", () => {
		write({
			"index.ts": `import { a } from "./gone.ts";\nimport { b } from "./broken.ts";\nimport c from "bare";\nimport { secrets } from "base44:runtime";\n${READ("KEY")}console.log(a, b, c, secrets.get("OWN"));`,
			"broken.ts": "export const b = ;\n",
		});
		const { data, status } = run(["--entry", "index.ts"]);
		expect(status).toBe(0);
		const [{ references, warnings }] = data.functions;
		expect(references.map(({ name }: { name: string }) => name)).toEqual(["KEY", "OWN"]);
		expect(warnings).toEqual([
			{ file: "broken.ts", line: 1, message: expect.stringMatching(/^is left out: /) },
			{ file: "index.ts", line: 1, message: 'imports "./gone.ts", which is not there' },
			{ file: "index.ts", line: 3, message: 'imports "bare", and nothing says what that is' },
		]);
	});
});

describe("packages", () => {
	test("that can be had are part of it and marked; those that cannot are told of, once each", () => {
		write({
			"sdk.ts": `import OpenAI from "npm:openai@4.104.0";\nimport nope from "npm:coffer-no-such-package@1";\nimport std from "https://deno.invalid/x.ts";\nnew OpenAI(); console.log(nope, std, Deno.env.get("OWN"));`,
			"other.ts": `import nope from "npm:coffer-no-such-package@1";\nconsole.log(nope, Deno.env.get("OTHER"));`,
			"mapped.ts": `import ms from "ms";\nconsole.log(ms(1), Deno.env.get("MAPPED"));`,
			"package.json": '{"dependencies": {"ms": "^2.1.3"}}',
		});
		const { data, status } = run(["--entry", "sdk.ts", "other.ts", "mapped.ts"]);
		expect(status).toBe(0);
		const [sdk, other, mapped] = data.functions;
		expect(sdk.references).toContainEqual({
			name: "OPENAI_API_KEY",
			file: expect.stringMatching(/^npm:openai@4\.104\.0\//),
			line: expect.any(Number),
			how: "static",
			package: "npm:openai@4.104.0",
		});
		expect(sdk.references).toContainEqual({ name: "OWN", file: "sdk.ts", line: 4, how: "static" });
		expect(sdk.warnings.map(({ message }: { message: string }) => message)).toEqual([
			expect.stringContaining('"https://deno.invalid/x.ts" cannot be had'),
			expect.stringContaining('"npm:coffer-no-such-package@1" cannot be had'),
		]);
		expect(other).toMatchObject({ references: [{ name: "OTHER" }], warnings: [{ file: "other.ts" }] });
		expect(mapped).toMatchObject({
			references: [{ name: "MAPPED", file: "mapped.ts", line: 2 }],
			warnings: [],
		});
		expect(readdirSync(tmp())).toEqual([]);
	});
});

describe("what is given wrongly", () => {
	test.each([
		["a file that is not there", "nope.ts", "There is no file nope.ts."],
		["a folder", "sub", "sub is a folder."],
	])("%s is named before anything is done", (_, given, message) => {
		write({ "good.ts": READ("A"), "sub/x.ts": "" });
		const { status, error } = run(["--entry", "good.ts", given]);
		expect(status).toBe(4);
		expect(error).toMatchObject({ code: "ENTRY_NOT_FOUND", message });
	});

	test("an entry that does not parse fails, the others do not, and the status tells", () => {
		write({ "bad.ts": "const = 1;", "good.ts": READ("A") });
		const { status, error, data } = run(["--entry", "bad.ts", "good.ts"]);
		expect(status).toBe(1);
		expect(error).toMatchObject({ code: "REFERENCES_FAILED", message: expect.stringContaining("1 of 2") });
		expect(data.functions).toMatchObject([
			{ function: "bad.ts", error: expect.stringMatching(/^line 1: /), references: [] },
			{ function: "good.ts", references: [{ name: "A" }] },
		]);
	});

	test("an entry that is given twice is one function", () => {
		write({ "a.ts": READ("A") });
		expect(run(["--entry", "a.ts", "a.ts"]).data.functions).toHaveLength(1);
	});
});

test("two thousand files are one call, and a folder that nobody may write to is as good as any", () => {
	const names = Array.from({ length: 2_000 }, (_, index) => `many/f${index}.ts`);
	write(Object.fromEntries(names.map((name, index) => [name, READ(`N_${index}`)])));
	chmodSync(join(folder, "many"), 0o500);
	const { data, status } = run(["--entry", ...names]);
	expect(status).toBe(0);
	expect(data.functions.map((one: { references: { name: string }[] }) => one.references[0]?.name)).toEqual(
		names.map((_, index) => `N_${index}`),
	);
	expect(readdirSync(join(folder, "many"))).toHaveLength(2_000);
	expect(readdirSync(tmp())).toEqual([]);
});

test("an interrupted analysis leaves no file behind", async () => {
	write({ "sdk.ts": `import OpenAI from "npm:openai@4.104.0"; new OpenAI();` });
	const argv = [PROGRAM, "functions", "references", "--entry", "sdk.ts"];
	const child = spawn(process.execPath, argv, { cwd: folder, env: environment(), stdio: "ignore" });
	await vi.waitFor(() => expect(readdirSync(tmp())).toHaveLength(1), { timeout: 20_000, interval: 5 });
	child.kill("SIGINT");
	const [status] = await once(child, "exit");
	expect(status).toBe(1);
	expect(readdirSync(tmp())).toEqual([]);
});
