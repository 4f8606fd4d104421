import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { buildText, CANARY, ENTRY, filesOf, LEVELS, makePlace, testBuilder } from "./builder.ts";

const place = makePlace();
const JSON_FILE = join(place.data, "canary.json");
const MODULE = join(place.data, "canary.ts");
/** From the folder of the entry, in the deepest build folder that there is, up to the root and down to the data. */
const UP = "../".repeat(20);
const config = (map: unknown) => ({ "deno.json": JSON.stringify(map) });

/** What reads a file of the platform unless it is refused: in the order entry source, further files. */
const IMPORTS: [string, string, Record<string, string>?][] = [
	["an absolute path", `import x from "${MODULE}"; console.log(x);`],
	["a file: URL", `import x from "file://${MODULE}"; console.log(x);`],
	["a file: URL in capitals", `import x from "FILE://${MODULE}"; console.log(x);`],
	["a file: URL with a host", `import x from "file://localhost${MODULE}"; console.log(x);`],
	["a file: URL after a space", `import x from " file://${MODULE}"; console.log(x);`],
	["a file: URL with a tab in it", `import x from "fi\\tle://${MODULE}"; console.log(x);`],
	["a file: URL with a line end in it", `import x from "fi\\nle://${MODULE}"; console.log(x);`],
	["a climb", `import x from "${UP}${MODULE.slice(1)}"; console.log(x);`],
	["a climb in the middle", `import x from "./x/../${UP}${MODULE.slice(1)}"; console.log(x);`],
	[
		"an encoded climb",
		`import x from "./${UP.replaceAll("..", "%2e%2E")}${MODULE.slice(1)}"; console.log(x);`,
	],
	["an encoded slash", `import x from "./..%2f${UP}${MODULE.slice(1)}"; console.log(x);`],
	[
		"a climb by backslashes",
		`import x from "./${UP.replaceAll("/", "\\\\")}${MODULE.slice(1)}"; console.log(x);`,
	],
	["a climb with a query", `import x from "${UP}${MODULE.slice(1)}?a#b"; console.log(x);`],
	["a re-export", `export { default } from "${MODULE}";`],
	["a re-export of all", `export * from "file://${MODULE}";`],
	["a re-export of nothing", `export {} from "${MODULE}";`],
	["the JSON attribute", `import x from "${JSON_FILE}" with { type: "json" }; console.log(x);`],
	["the text attribute", `import x from "${UP}${JSON_FILE.slice(1)}" with { type: "text" }; console.log(x);`],
	["the bytes attribute", `import x from "${JSON_FILE}" with { type: "bytes" }; console.log(x);`],
	["an import by name", `import x = require("${JSON_FILE}"); console.log(x);`],
	["require", `console.log(require("${JSON_FILE}"));`],
	["require, at a climb", `console.log(require("${UP}${JSON_FILE.slice(1)}"));`],
	["a dynamic import", `console.log(await import("${MODULE}"));`],
	["a dynamic import of JSON", `console.log(await import("${JSON_FILE}", { with: { type: "json" } }));`],
	["a template literal", `console.log(await import(\`${UP}${MODULE.slice(1)}\`));`],
	["a sum", `console.log(await import("${UP}" + "${MODULE.slice(1)}"));`],
	[
		"a choice",
		`console.log(await import(Deno.args[0] ? "${MODULE}" : "./x.ts"));`,
		{ "functions/a/x.ts": "" },
	],
	["a pattern", `console.log(await import(\`${UP}${place.data.slice(1)}/\${Deno.args[0]}.json\`));`],
	[
		"a pattern by a sum",
		`console.log(await import("${UP}${place.data.slice(1)}/" + Deno.args[0] + ".json"));`,
	],
	["a pattern of require", `console.log(require("${UP}${place.data.slice(1)}/" + Deno.args[0]));`],
	["a climb behind a pattern", `await import(\`./\${Deno.args[0]}/../${UP}${MODULE.slice(1)}\`);`],
	["an import map", 'import x from "x"; console.log(x);', config({ imports: { x: MODULE } })],
	[
		"an import map by URL",
		'import x from "x"; console.log(x);',
		config({ imports: { x: `file://${MODULE}` } }),
	],
	[
		"an import map by a climb",
		'import x from "x"; console.log(x);',
		config({ imports: { x: UP + MODULE.slice(1) } }),
	],
	[
		"an import map's folder",
		`import x from "x${MODULE}"; console.log(x);`,
		config({ imports: { "x/": "/" } }),
	],
	[
		"a climb behind a map's folder",
		`import x from "x/${UP}${MODULE.slice(1)}"; console.log(x);`,
		config({ imports: { "x/": "./x/" } }),
	],
	[
		"a map of a relative path",
		'import x from "./x.ts"; console.log(x);',
		{ ...config({ imports: { "./functions/a/x.ts": MODULE } }), "functions/a/x.ts": "" },
	],
	[
		"a map of a URL",
		'import x from "https://deno.land/x.ts"; console.log(x);',
		config({ imports: { "https://deno.land/": "file:///" } }),
	],
	["a scope", 'import x from "x"; console.log(x);', config({ scopes: { "./functions/": { x: MODULE } } })],
	["an importMap file elsewhere", 'import "x";', config({ importMap: `file://${JSON_FILE}` })],
	["an importMap file at a climb", 'import "x";', config({ importMap: UP + JSON_FILE.slice(1) })],
	[
		"a text attribute on a folder of the system",
		`import x from "/proc/self/environ" with { type: "text" }; console.log(x);`,
	],
	[
		"bytes at a climb",
		`import x from "${UP}${JSON_FILE.slice(1)}" with { "type": "bytes" }; console.log(x);`,
	],
	["an attribute that is none", `import x from "${JSON_FILE}" with { type: "css" }; console.log(x);`],
	[
		"the older keyword of attributes",
		`import x from "${JSON_FILE}" assert { type: "json" }; console.log(x);`,
	],
	["a deferred import", `import defer * as x from "${MODULE}"; console.log(x);`],
	["WebAssembly", `import x from "${place.data}/canary.wasm"; console.log(x);`],
	["WebAssembly at a climb", `import { x } from "${UP}${place.data.slice(1)}/canary.wasm"; console.log(x);`],
	["a stylesheet", `import "${place.data}/canary.css";`],
	[
		"an extension in capitals",
		`import x from "${UP}${JSON_FILE.slice(1).replace(/json$/, "JSON")}"; console.log(x);`,
	],
	["double encoding", `import x from "./%252e%252e/${UP}${MODULE.slice(1)}"; console.log(x);`],
	["a full-width slash", `import x from "./..\uff0f${UP}${MODULE.slice(1)}"; console.log(x);`],
	["an escape in the text", `import x from "\u002f${MODULE.slice(1)}"; console.log(x);`],
	["an octet of nothing", `import x from "${MODULE}\0.ts"; console.log(x);`],
	["a device of Windows", `import x from "C:${MODULE}"; console.log(x);`],
	["a share of Windows", `import x from "\\\\localhost\\${MODULE}"; console.log(x);`],
	["a type-only import that is not erased", `import { type X } from "${MODULE}"; export { X };`],
	[
		"import.meta.resolve",
		`console.log(await import(import.meta.resolve("./x.ts")), await import("${MODULE}"));`,
	],
	["a map of import.meta", 'import "#x";', config({ imports: { "#x": JSON_FILE } })],
	[
		"a map of a package",
		'import x from "npm:ms@2.1.3"; console.log(x);',
		config({ imports: { "npm:ms@2.1.3": MODULE } }),
	],
	[
		"a map of Node's modules",
		'import x from "node:fs"; console.log(x);',
		config({ imports: { "node:fs": MODULE } }),
	],
	["a map of a map", 'import "x";', config({ imports: { x: "y", y: MODULE } })],
	[
		"a scope for everything",
		'import x from "./x.ts"; console.log(x);',
		{
			...config({ scopes: { "/": { "./x.ts": MODULE }, "./": { "./functions/a/x.ts": MODULE } } }),
			"functions/a/x.ts": "",
		},
	],
	[
		"a package.json's dependency",
		'import x from "x"; console.log(x);',
		{ "package.json": JSON.stringify({ dependencies: { x: `file:${place.data}` } }) },
	],
	[
		"a package.json's link",
		'import x from "x"; console.log(x);',
		{
			"package.json": JSON.stringify({
				dependencies: { x: `link:${place.data}` },
				imports: { "#x": MODULE },
			}),
		},
	],
	[
		"a package.json's own import",
		'import x from "#x"; console.log(x);',
		{ "package.json": JSON.stringify({ imports: { "#x": MODULE } }) },
	],
	[
		"a workspace",
		'import x from "x"; console.log(x);',
		config({ workspace: [UP + place.data.slice(1)], links: [place.data], patch: [place.data] }),
	],
	[
		"a JSX source of the configuration",
		"export default () => <b/>;",
		config({ compilerOptions: { jsx: "react-jsx", jsxImportSource: `file://${place.data}` } }),
	],
	["a JSX source at a climb", `/** @jsxImportSource ${UP}${place.data.slice(1)} */ console.log(1);`],
	["a JSX source that is absolute", `/* @jsxImportSource ${place.data} */ console.log(1);`],
	["a JSX source", `/** @jsxRuntime automatic @jsxImportSource file://${place.data} */ console.log(1);`],
	["a module of a module", 'import "./x.ts";', { "functions/a/x.ts": `import "${MODULE}";` }],
	[
		"a module of a pattern",
		"await import(`./m/${Deno.args[0]}.ts`);",
		{ "functions/a/m/x.ts": `import "${MODULE}";` },
	],
	[
		"a module said to be data by odd options",
		'await import("./x.ts", {});',
		{ "functions/a/x.ts": `import "${MODULE}";` },
	],
	["a data: module", `import "data:text/javascript,import x from %22file://${MODULE}%22;console.log(x)";`],
	["a blob: module", 'import "blob:null/x";'],
	["an http: module", 'import "http://127.0.0.1:9/x.ts";'],
	["a host that is not on the list", 'import "https://169.254.169.254/latest/meta-data.ts";'],
	["a port that is not on the list", 'import "https://deno.land:8443/x.ts";'],
	["a host with a user name", 'import "https://deno.land@169.254.169.254/x.ts";'],
	["an unknown scheme", 'import "local:/x.ts";'],
	["a package that is a path", 'import "npm:../../x";'],
	["a package with a file: version", `import "npm:x@file:${place.data}";`],
	["a package below a climb", 'import "npm:ms@2.1.3/../../../x.js";'],
	[
		"a hidden file of the build",
		'import x from "../../.coffer/deno.json" with { type: "json" }; console.log(x);',
	],
	["a file beside the build", 'import x from "../../../out/bundle.js"; console.log(x);'],
	[
		"the package cache",
		'import x from "../../../../cache/npm/registry/ms/registry.json" with { type: "json" };',
	],
];

describe("what an upload may not import is refused before anything is built", () => {
	let builder: Builder;
	beforeAll(async () => {
		builder = await testBuilder(place, { levels: ["none"] });
	});

	test.each(IMPORTS)("%s", async (_, source, files = {}) => {
		const upload = filesOf({ [ENTRY]: `// first line\n${source}`, ...files });
		let refusal: { code?: string; exit?: number; line?: number; message?: string } = {};
		try {
			builder.prepare(upload, ENTRY);
		} catch (error) {
			refusal = error as typeof refusal;
		}
		expect(refusal.code).toMatch(/^(IMPORT_(OUTSIDE|NOT_ALLOWED|NOT_FOUND)|CONFIGURATION_INVALID)$/);
		expect(refusal.exit).toBe(2);
		if (refusal.code?.startsWith("IMPORT_")) {
			expect(refusal.message).toMatch(/^functions\/a\/(index|x|m\/x)\.ts:[12] /);
		}
	});

	test.each(LEVELS)(
		"a reference to types elsewhere is refused after the build, at level %s",
		async (level) => {
			const own = await testBuilder(place, { levels: [level] });
			for (const comment of [`/// <reference path="${MODULE}" />`, `// @deno-types="file://${MODULE}"`]) {
				const files = { [ENTRY]: `${comment}\nimport "./x.js";`, "functions/a/x.js": "console.log(1);" };
				await expect(buildText(own, files)).rejects.toMatchObject({ code: "BUILD_ESCAPE" });
			}
		},
	);

	test("comments that name source maps are followed by nobody", async () => {
		writeFileSync(
			join(place.data, "x.map"),
			JSON.stringify({ version: 3, sources: ["x"], sourcesContent: [CANARY], mappings: "AAAA", names: [] }),
		);
		const named = [
			`${place.data}/x.map`,
			`file://${place.data}/x.map`,
			"/etc/passwd",
			"file:///etc/passwd",
		].flatMap((url) => [
			`//# sourceMappingURL=${url}`,
			`//@ sourceMappingURL=${url}`,
			`/*# sourceMappingURL=${url} */`,
			`//# sourceURL=${url}\n//# sourceMappingURL=${url}\n// more`,
		]);
		const map = `//# sourceMappingURL=${relative(join(place.directory, "build-XXXXXX/src/functions/a"), place.data)}/x.map`;
		const spoof =
			'//# sourceMappingURL=data:application/json,{"version":3,"sources":["fake.ts"],"mappings":"AAAA","names":[]}';
		for (const comment of [map, spoof, ...named]) {
			const bundle = await buildText(
				builder,
				{ "functions/a.js": `console.log(1);\n${comment}` },
				"functions/a.js",
			);
			expect(bundle.sources).toEqual(["functions/a.js"]);
			expect(bundle.sourceMap).not.toContain(CANARY);
		}
	});
});

/** What names a file without importing it: it builds, and holds nothing of that file. */
const NAMED: [string, string][] = [
	[
		"a URL beside the module",
		`export default () => new URL("${UP}${JSON_FILE.slice(1)}", import.meta.url).href;`,
	],
	["a file: URL", `export default () => Deno.readTextFile(new URL("file://${JSON_FILE}"));`],
	["a fetch of a file", `export default () => fetch(new URL("${JSON_FILE}", import.meta.url));`],
	[
		"a worker",
		`export default () => new Worker(new URL("${UP}${MODULE.slice(1)}", import.meta.url), { type: "module" });`,
	],
	["a resolved name", `export default () => import.meta.resolve("${MODULE}");`],
	["an import that only run time knows", `export default (x) => import(x ?? Deno.args[0]);`],
	["a URL that is imported", `export default () => import(new URL("${MODULE}", import.meta.url).href);`],
	["require.resolve", `export default () => (globalThis as any).require?.resolve("${JSON_FILE}");`],
	["a comment of a reference", `/// <amd-dependency path="${MODULE}" />\nexport default () => 1;`],
	["a JSX source for types", `/** @jsxImportSourceTypes file://${place.data} */ export default () => 1;`],
];

describe.each(LEVELS)("at level %s, nothing is read because it is named", (level) => {
	test.each(NAMED)("%s", async (_, source) => {
		const builder = await testBuilder(place, { levels: [level] });
		const { text, sourceMap } = await buildText(builder, { [ENTRY]: source });
		expect(text + sourceMap).not.toContain(CANARY);
	});
});

/** Past the first wall: what the builder does if the walk of the imports had missed something. */
describe.each(LEVELS)("unchecked sources at level %s", (level) => {
	test.each(IMPORTS.filter(([, source]) => source.includes(place.data)))(
		"%s",
		async (_, source, files = {}) => {
			const builder = await testBuilder(place, { levels: [level] });
			const sources = new Map([
				...filesOf({ [ENTRY]: source, ...files, ".coffer/deno.json": files["deno.json"] ?? "{}" }),
			]);
			const built = await builder.build({ entry: ENTRY, source: "", files: sources }).then(
				(bundle) => new TextDecoder().decode(bundle.code) + bundle.sourceMap,
				(error: Error) => `${error.message}`,
			);
			expect(built).not.toContain(CANARY);
		},
	);
});
