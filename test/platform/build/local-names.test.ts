/** A name of the project is never requested from a registry, where a stranger has published a package with it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { type NpmRegistry, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { buildText, ENTRY, makeBuildFolders, NETWORK, testBuilder } from "./builder.ts";

const STRANGER = "a-stranger-s-code";
const place = makeBuildFolders();
let registry: NpmRegistry;
let builder: Builder;

beforeAll(async () => {
	const stranger = {
		version: "1.0.0",
		source: `export default "${STRANGER}"; export const own = "${STRANGER}";`,
	};
	registry = await startNpmRegistry({
		"@acme/lib": stranger,
		"@acme/app": stranger,
		plain: stranger,
		good: { version: "2.3.4", source: 'export default "good-code";' },
		wanting: {
			version: "1.0.0",
			source: 'export { default } from "@acme/lib";',
			dependencies: { "@acme/lib": "^1.0.0" },
		},
	});
	const passthrough = { ...NETWORK, NPM_CONFIG_REGISTRY: registry.url };
	// The bundler itself comes from the real registry.
	const warm = await testBuilder(place);
	await buildText(warm, { [ENTRY]: "console.log(1);" });
	warm.close();
	builder = await testBuilder(place, { passthrough });
});
beforeEach(() => {
	registry.requested.length = 0;
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	builder.close();
});

const MEMBERS = {
	"package.json": JSON.stringify({
		workspaces: ["packages/*"],
		dependencies: { "@acme/lib": "^1.0.0", plain: "file:./vendor/plain" },
		imports: { "#own/*": "./own/*.ts" },
	}),
	"packages/lib/package.json": JSON.stringify({
		name: "@acme/lib",
		version: "1.4.0",
		exports: {
			".": { deno: "./src/index.ts", default: "./dist/index.js" },
			"./jsx-runtime": "./src/jsx.ts",
			"./*": "./src/*.ts",
		},
		dependencies: { "@acme/app": "workspace:*", good: "^2.0.0" },
	}),
	"packages/lib/src/index.ts":
		'import good from "good"; import { app } from "@acme/app"; export const own: string = `own-${good}-${app}`; export type Own = string;',
	"packages/lib/src/sub.ts": 'export const sub = "own-sub";',
	"packages/lib/src/jsx.ts":
		"export const jsx = (tag: string) => `own-${tag}`; export const jsxs = jsx, Fragment = 0;",
	"packages/app/package.json": JSON.stringify({ name: "@acme/app", main: "index.js", type: "module" }),
	"packages/app/index.js": 'export const app = "own-app";',
	"vendor/plain/package.json": JSON.stringify({ main: "main.ts" }),
	"vendor/plain/main.ts": 'export default "own-plain";',
	"own/a.ts": 'export const a = "own-hash";',
};

describe("a name of a package in the project", () => {
	test.each<[string, string, string, Record<string, string>]>([
		["imported", 'import { own } from "@acme/lib"; console.log(own);', "own-", {}],
		["imported below", 'import { sub } from "@acme/lib/sub"; console.log(sub);', "own-sub", {}],
		["by a registry's specifier", 'import { own } from "npm:@acme/lib@^1.2"; console.log(own);', "own-", {}],
		["by JSR's specifier", 'import { own } from "jsr:@acme/lib@1"; console.log(own);', "own-", {}],
		["late", 'console.log((await import("@acme/lib/sub")).sub);', "own-sub", {}],
		["exported again", 'export { own } from "@acme/lib"; console.log(1);', "own-", {}],
		[
			"by an import map",
			'import { own } from "lib"; console.log(own);',
			"own-",
			{ "deno.json": '{ "imports": { "lib": "npm:@acme/lib@1" } }' },
		],
		[
			"by an import map's folder",
			'import { sub } from "lib/sub"; console.log(sub);',
			"own-sub",
			{ "deno.json": '{ "imports": { "lib/": "npm:/@acme/lib@1/" } }' },
		],
		[
			"by a scope",
			'import { own } from "lib"; console.log(own);',
			"own-",
			{ "deno.json": '{ "scopes": { "./functions/": { "lib": "npm:@acme/lib@1" } } }' },
		],
		["as a folder", 'import x from "plain"; console.log(x);', "own-plain", {}],
		["by its own name", 'import { a } from "#own/a"; console.log(a);', "own-hash", {}],
		[
			"in a module of another member",
			'import { x } from "../../packages/app/x.ts"; console.log(x);',
			"own-sub",
			{ "packages/app/x.ts": 'export { sub as x } from "@acme/lib/sub";' },
		],
	])("%s resolves to the project's package", async (_, source, expected, more) => {
		const { text, sources } = await buildText(builder, { ...MEMBERS, [ENTRY]: source, ...more });
		expect(text).toContain(expected);
		expect(text).not.toContain(STRANGER);
		expect(sources.filter((one) => one.includes("acme") || one.includes("plain@"))).toEqual([]);
		expect(registry.requested.filter((name) => name !== "good")).toEqual([]);
	});

	test("resolves to the project's package although a lock file names a registry", async () => {
		const npm = Object.fromEntries(
			[
				["@acme/lib", "1.0.0"],
				["good", "2.3.4"],
			].map(([name = "", version]) => [`${name}@${version}`, { integrity: registry.integrityOf(name) }]),
		);
		const specifiers = { "npm:@acme/lib@^1.0.0": "1.0.0", "npm:good@^2.0.0": "2.3.4" };
		const lock = JSON.stringify({ version: "5", specifiers, npm });
		const source = 'import { own } from "@acme/lib"; console.log(own);';
		const { text } = await buildText(builder, { ...MEMBERS, [ENTRY]: source, "deno.lock": lock });
		expect(text).not.toContain(STRANGER);
		expect(text).toContain("good-code");
	});

	test("resolves to the project's package as the source of JSX", async () => {
		const files = {
			...MEMBERS,
			"functions/a/index.tsx": "console.log(<p>hi</p>);",
			"deno.json": JSON.stringify({ compilerOptions: { jsx: "react-jsx", jsxImportSource: "@acme/lib" } }),
		};
		const { text } = await buildText(builder, files, "functions/a/index.tsx");
		expect(text).toContain("own-");
		expect(registry.requested).toEqual([]);
	});

	test.each([
		["imported", 'import type { Own } from "@acme/lib"; export const x: Own = "x";', "{}"],
		[
			"by a registry's specifier",
			'import type { Own } from "npm:@acme/lib@1"; export const x: Own = "x";',
			"{}",
		],
		["in a comment", '// @deno-types="npm:@acme/lib@1"\nimport { x } from "./x.js"; console.log(x);', "{}"],
		["by a reference", '/// <reference types="npm:@acme/lib@1" />\nconsole.log(1);', "{}"],
		[
			"by an import map",
			'import type { Own } from "lib"; export const x: Own = "x";',
			'{ "imports": { "lib": "npm:@acme/lib@1" } }',
		],
		[
			"by an import map at a version that it has not",
			'import type { Own } from "lib"; export const x: Own = "x";',
			'{ "imports": { "lib": "npm:@acme/lib@2" } }',
		],
	])("is not requested from a registry for a type: %s", async (_, source, config) => {
		const files = {
			...MEMBERS,
			[ENTRY]: source,
			"functions/a/x.js": "export const x = 1;",
			"deno.json": config,
		};
		await buildText(builder, files);
		expect(registry.requested.filter((name) => name !== "good")).toEqual([]);
	});

	test("is not requested for a module that only type imports reach", async () => {
		const files = {
			...MEMBERS,
			[ENTRY]: 'import type { T } from "./types.ts"; export const x: T = "x";',
			"functions/a/types.ts":
				'import type { Own } from "npm:@acme/lib@1"; export type { U as T } from "./more.d.ts"; export type V = Own;',
			"functions/a/more.d.ts": 'import type { Own } from "npm:@acme/lib@1"; export type U = Own;',
		};
		await buildText(builder, files);
		expect(registry.requested.filter((name) => name !== "good")).toEqual([]);
	});

	test("that a registry's package imports is reported, and nothing of the project is bundled for it", async () => {
		const source = 'import x from "npm:wanting@1"; console.log(x);';
		await expect(buildText(builder, { ...MEMBERS, [ENTRY]: source })).rejects.toMatchObject({
			code: "BUILD_LOCAL_NAME",
			message: `${ENTRY} would bundle @acme/lib from a registry, on which wanting depends; the project has its own package with this name.`,
		});
		const text = (await buildText(builder, { [ENTRY]: source })).text;
		expect(text).toContain(STRANGER);
	});
});

describe("imports of missing members and packages", () => {
	test.each([
		[
			"a version",
			'import { own } from "npm:@acme/lib@^2";',
			/^functions\/a\/index\.ts:2 imports "npm:@acme\/lib@\^2": it is the workspace member packages\/lib at version 1\.4\.0/,
		],
		[
			"a name that is not exported",
			'import { own } from "@acme/lib/none";',
			/:2 imports "@acme\/lib\/none": .*its file was not found: "exports" of packages\/lib\/package\.json says "\.\/src\/none\.ts"/,
		],
		["a type by a registry's specifier", 'import type { Own } from "npm:@acme/lib@^2";', /:2 imports/],
	])("%s is refused with file and line, before any request to a registry", async (_, source, message) => {
		const files = { ...MEMBERS, [ENTRY]: `// first line\n${source}` };
		await expect(buildText(builder, files)).rejects.toMatchObject({
			exit: 2,
			line: 2,
			message: expect.stringMatching(message),
		});
		expect(registry.requested).toEqual([]);
	});
});
