import { describe, expect, test } from "vitest";
import { collectSources } from "../../../src/project/functions/collect.ts";
import { discoverProject } from "../../../src/project/functions/discover.ts";
import { functionFileOf } from "../../../src/project/functions/settings.ts";
import { temporaryProject } from "./project.ts";

const MODULE = "export default () => new Response();\n";
const BASE = "supabase/functions";

const supabase = (config: string, files: Record<string, string> = {}) =>
	temporaryProject({ "supabase/config.toml": config, [`${BASE}/hello/index.ts`]: MODULE, ...files });

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe("the functions of a Supabase project", () => {
	test("are the folders with an index.ts and the sections of config.toml, next to Coffer's own functions", async () => {
		const root = supabase('[functions.other]\nentrypoint = "../code/other.tsx"\nverify_jwt = false\n', {
			"functions/own.ts": MODULE,
			"code/other.tsx": MODULE,
			[`${BASE}/_shared/index.ts`]: MODULE,
			[`${BASE}/main.ts`]: MODULE,
			[`${BASE}/deep/er/index.ts`]: MODULE,
			[`${BASE}/no-entry/main.ts`]: MODULE,
		});
		const { functions } = await discoverProject(root);
		expect(functions.map(({ entry, name }) => [name, entry])).toEqual([
			["hello", `${BASE}/hello/index.ts`],
			["other", "code/other.tsx"],
			["own", "functions/own.ts"],
		]);
	});

	test("have the import map and the static files of config.toml, and the file itself is not uploaded", async () => {
		const root = supabase(
			'[auth.x]\nsecret = "literal"\n[functions.hello]\nverify_jwt = false\nimport_map = "./maps/all.json"\nstatic_files = ["./functions/hello/*.html", "./mails/*"]\n',
			{
				"supabase/maps/all.json": '{ "imports": { "@lib/": "../lib/" } }',
				"supabase/lib/a.ts": "export const a = 1;\n",
				"supabase/mails/b.txt": "b",
				[`${BASE}/hello/index.ts`]: 'import "@lib/a.ts";\n',
				[`${BASE}/hello/page.html`]: "page",
				[`${BASE}/.env`]: "KEY=1\n",
			},
		);
		const { functions } = await discoverProject(root);
		const [hello] = functions;
		expect(hello?.warnings).toBeUndefined();
		expect([...(await collectSources(root, functions)).keys()]).toEqual([
			`${BASE}/hello/function.jsonc`,
			`${BASE}/hello/index.ts`,
			`${BASE}/hello/page.html`,
			"supabase/lib/a.ts",
			"supabase/mails/b.txt",
			"supabase/maps/all.json",
		]);
	});

	test("keep the settings of their function.jsonc, which wins, at the same lines", async () => {
		const root = supabase(
			'[functions.hello]\nverify_jwt = true\nimport_map = "./all.json"\nstatic_files = ["a"]\n',
			{
				"supabase/all.json": "{}",
				[`${BASE}/hello/function.jsonc`]:
					'// {\n/* { */ {\n\t"memoryMB": 256,\n\t"static_files": ["b"],\n\t"verify_jwt": false }\n',
			},
		);
		const [hello] = (await discoverProject(root)).functions;
		const file = hello && functionFileOf(root, hello);
		expect(file?.settings).toEqual({ memoryMB: 256, nameInPath: true });
		expect([file?.staticFiles, file?.importMap]).toEqual([["b"], "supabase/all.json"]);
		expect([file?.lines.get("memoryMB"), hello?.fault, hello?.warnings]).toEqual([3, undefined, undefined]);
		expect(textOf(hello?.settingsText)).toContain('"import_map": "../../../supabase/all.json"');
	});

	test("that are disabled, and secrets that are named, are reported with their lines", async () => {
		const root = supabase(
			'[edge_runtime.secrets]\nmail_key = "env(X)"\n\n[functions.gone]\nenabled = false\n[functions."hello"]\nenabled = false\n',
		);
		const { disabled, functions, namedSecrets } = await discoverProject(root);
		const file = "supabase/config.toml";
		expect(functions).toEqual([]);
		expect(disabled).toEqual([
			{ name: "gone", file, line: 5 },
			{ name: "hello", file, line: 7 },
		]);
		expect(namedSecrets).toEqual([{ name: "MAIL_KEY", file, line: 2 }]);
	});

	test.each([
		["verify_jwt = true", { fault: { code: "VERIFY_JWT_UNSUPPORTED" } }],
		["", { warnings: [{ file: "supabase/config.toml", line: 1 }] }],
		["import_map = 'none.json'", { fault: { code: "SUPABASE_CONFIG_INVALID" } }],
		["static_files = ['[ab].html']", { fault: { code: "SUPABASE_CONFIG_INVALID" } }],
	])("with %j are refused one by one, or warned about", async (line, expected) => {
		const root = supabase(`[functions.hello]\n${line}\n`, { [`${BASE}/page/index.ts`]: MODULE });
		const { functions } = await discoverProject(root);
		expect(functions[0]).toMatchObject(expected);
		expect(functions[1]).toMatchObject({ name: "page", warnings: [{ file: `${BASE}/page/index.ts` }] });
		const collecting = collectSources(root, functions);
		if ("fault" in expected) await expect(collecting).rejects.toMatchObject(expected.fault ?? {});
		else await collecting;
	});

	test.each([
		["[functions.hello]\nverify_jwt = 'yes'\n", "supabase/config.toml:2: "],
		["[functions.none]\n", 'supabase/config.toml:1: the entry of "none" is supabase/functions/none/index.ts'],
		["[functions.hello]\nentrypoint = '../../x.ts'\n", 'supabase/config.toml:2: the entry of "hello"'],
		["a = 1\nkey = 'hidden\n", "supabase/config.toml:2: Invalid TOML document: "],
	])("a config.toml with %j is refused with its line, without its text", async (config, message) => {
		const error = await discoverProject(supabase(config)).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: "SUPABASE_CONFIG_INVALID", exit: 2 });
		expect(error.message).toMatch(new RegExp(`^${message.replaceAll(".", "\\.")}`));
		expect(error.message).not.toContain("hidden");
	});
});

test("the config.toml of a project without functions of Supabase is not read", async () => {
	const root = temporaryProject({ "supabase/config.toml": "not TOML", "functions/own.ts": MODULE });
	const { functions } = await discoverProject(root);
	expect(functions.map(({ name }) => name)).toEqual(["own"]);
});

describe("the folder of functions in coffer.json", () => {
	const files = {
		"functions/a.ts": MODULE,
		"apps/api/b/index.ts": MODULE,
		"web/supabase/functions/c/index.ts": MODULE,
		"web/supabase/config.toml": "[functions.c]\nverify_jwt = false\n",
	};

	test.each([
		["./apps/api/", [["b", "apps/api/b/index.ts"]]],
		["web/supabase/functions", [["c", "web/supabase/functions/c/index.ts"]]],
		["functions", [["a", "functions/a.ts"]]],
	])("%s alone is searched, by the rules for its path", async (folder, expected) => {
		const root = temporaryProject({ ...files, "coffer.json": JSON.stringify({ functions: folder }) });
		const { functions } = await discoverProject(root);
		expect(functions.map(({ entry, name }) => [name, entry])).toEqual(expected);
	});

	test.each(["../out", "/etc", "", ".hidden/functions", "none", "functions/a.ts"])(
		"%j is refused",
		async (folder) => {
			const root = temporaryProject({ ...files, "coffer.json": JSON.stringify({ functions: folder }) });
			await expect(discoverProject(root)).rejects.toMatchObject({ code: "CONFIG_INVALID", exit: 2 });
		},
	);
});
