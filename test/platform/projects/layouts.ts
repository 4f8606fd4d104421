/** Projects whose code is in several packages or folders, in the ways that Deno, npm, pnpm and Supabase know. */
import type { Project } from "./project.ts";

const project = (name: string, files: Record<string, string>, more: Partial<Project> = {}): Project => ({
	name,
	files,
	paths: ["/"],
	by: "serve",
	...more,
});

/** An entry that responds with the value of an expression as JSON. */
const answering = (imports: string, value: string) =>
	`${imports}\nexport default { fetch: async () => Response.json(${value}) };\n`;

const MS_ID = "ms@2.1.3";
const MS_PACKAGE = {
	integrity:
		"sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
};
const OLD_MS_PACKAGE = { ...MS_PACKAGE, dependencies: {} };
const npm = { [MS_ID]: MS_PACKAGE };
const oldNpm = { [MS_ID]: OLD_MS_PACKAGE };
/** By version, what `deno.lock` contains for `npm:ms@2`. */
const LOCKS: Readonly<Record<string, object>> = {
	2: { remote: {}, npm: { specifiers: { "ms@2": MS_ID }, packages: oldNpm } },
	3: { packages: { specifiers: { "npm:ms@2": `npm:${MS_ID}` }, npm: oldNpm }, remote: {} },
	4: { specifiers: { "npm:ms@2": "2.1.3" }, npm },
	5: { specifiers: { "npm:ms@2": "2.1.3" }, npm },
};

const MS = answering('import ms from "npm:ms@2";', 'ms("2 days")');

export const LAYOUTS: readonly Project[] = [
	project("deno-workspace", {
		"deno.json": '{ "workspace": ["./packages/*"] }',
		"packages/math/deno.json":
			'{ "name": "@acme/math", "version": "1.0.0", "exports": { ".": "./mod.ts", "./more": "./more.ts" }, "imports": { "inner": "./inner.ts" } }',
		"packages/math/mod.ts": 'export { two } from "inner";\nexport const one = 1;\n',
		"packages/math/inner.ts": "export const two = 2;\n",
		"packages/math/more.ts": 'import { one } from "@acme/math";\nexport const more = one + 10;\n',
		"index.ts": answering(
			'import { one, two } from "@acme/math";\nimport { more } from "@acme/math/more";',
			"[one, two, more]",
		),
	}),
	project(
		"npm-workspace",
		{
			"package.json":
				'{ "workspaces": ["packages/*"], "dependencies": { "@acme/lib": "*", "@acme/main": "^2.0.0" } }',
			"packages/lib/package.json":
				'{ "name": "@acme/lib", "version": "1.2.3", "exports": { ".": { "deno": "./deno.ts", "default": "./node.js" }, "./parts/*": "./src/*.ts" } }',
			"packages/lib/deno.ts": 'export const by = "deno";\n',
			"packages/lib/node.js": 'export const by = "node";\n',
			"packages/lib/src/a.ts": 'export const a = "a";\n',
			"packages/main/package.json": '{ "name": "@acme/main", "version": "2.1.0", "main": "src/main.ts" }',
			"packages/main/src/main.ts": 'import { by } from "@acme/lib";\nexport default `main with ${by}`;\n',
			"index.ts": answering(
				'import { by } from "@acme/lib";\nimport { a } from "@acme/lib/parts/a";\nimport main from "@acme/main";',
				"[by, a, main]",
			),
		},
		{
			links: {
				"node_modules/@acme/lib": "../../packages/lib",
				"node_modules/@acme/main": "../../packages/main",
			},
		},
	),
	project(
		"pnpm-workspace",
		{
			"package.json": '{ "name": "root", "dependencies": { "@acme/lib": "workspace:*" } }',
			"pnpm-workspace.yaml": "packages:\n  - packages/*\n",
			"packages/lib/package.json": '{ "name": "@acme/lib", "version": "1.2.3", "main": "./src/index.ts" }',
			"packages/lib/src/index.ts": 'export { by } from "./by.ts";\n',
			"packages/lib/src/by.ts": 'export const by = "pnpm";\n',
			"index.ts": answering('import { by } from "@acme/lib";', "by"),
		},
		{ links: { "node_modules/@acme/lib": "../../packages/lib" } },
	),
	project("package-imports", {
		"package.json":
			'{ "imports": { "#lib/*": "./lib/*.ts", "#env": { "deno": "./env.deno.ts", "default": "./env.ts" } } }',
		"lib/a.ts": 'export const a = "a";\n',
		"env.deno.ts": 'export const env = "deno";\n',
		"env.ts": 'export const env = "default";\n',
		"index.ts": answering('import { a } from "#lib/a";\nimport { env } from "#env";', "[a, env]"),
	}),
	project("import-map", {
		"deno.json":
			'{ "importMap": "./maps/imports.json", "compilerOptions": { "jsx": "precompile", "jsxImportSource": "preact" } }',
		"maps/imports.json":
			'{ "imports": { "preact": "npm:preact@10.27.2", "preact/": "npm:/preact@10.27.2/", "render": "npm:preact-render-to-string@6.6.2", "@/": "../src/", "words": "../src/words.ts" }, "scopes": { "../src/deep/": { "words": "../src/deep/words.ts" } } }',
		"src/words.ts": 'export const word = "outer";\n',
		"src/deep/words.ts": 'export const word = "inner";\n',
		"src/deep/say.ts": 'export { word as inner } from "words";\n',
		"src/page.tsx": 'export const Page = ({ title }: { title: string }) => <h1 class="big">{title}</h1>;\n',
		"index.ts": answering(
			'import { render } from "render";\nimport { h } from "preact";\nimport { word } from "words";\nimport { inner } from "@/deep/say.ts";\nimport { Page } from "@/page.tsx";',
			"[render(h(Page, { title: word })), inner]",
		),
	}),
	...Object.entries(LOCKS).map(([version, content]) =>
		project(`lock-${version}`, {
			"index.ts": MS,
			"deno.json": "{}",
			"deno.lock": JSON.stringify({ version, ...content }),
		}),
	),
	project(
		"odd-paths",
		{
			"function.jsonc": '{ "entry": "./a #1/50%25 (why?).ts" }',
			"a #1/50%25 (why?).ts": answering(
				'import { b } from "./b%23%3F.ts";\nimport text from "./t%20.txt#x" with { type: "text" };',
				"[b, text, await Deno.readTextFile(new URL(`./t%20.txt`, import.meta.url))]",
			),
			"a #1/b#?.ts": "export const b = import.meta.url.split('/').at(-1);\n",
			"a #1/t .txt": "text\n",
		},
		{ entry: "a #1/50%25 (why?).ts" },
	),
	project(
		"edge-function",
		{
			"config.toml": `[functions.edge-function]
verify_jwt = false
import_map = "./maps/import_map.json"
static_files = ["./functions/edge-function/*.html"]
`,
			"maps/import_map.json": '{ "imports": { "@shared/": "../functions/_shared/", "ms": "npm:ms@2.1.3" } }',
			"functions/_shared/cors.ts": 'export const cors = { "access-control-allow-origin": "*" };\n',
			"functions/edge-function/page.html": "<p>",
			"functions/edge-function/index.ts": answering(
				'import { cors } from "@shared/cors.ts";\nimport ms from "ms";\nconst name = () => "page.html";',
				'[cors, ms("1m"), await Deno.readTextFile(new URL(`./${name()}`, import.meta.url))]',
			),
		},
		{
			folder: "supabase",
			entry: "functions/edge-function/index.ts",
			flags: ["--import-map=maps/import_map.json"],
		},
	),
];
