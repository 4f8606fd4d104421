/** Imports that lead out of an upload, in every way to write one. */
import type { BuildFolders } from "../builder.ts";

/** From the folder of the entry, in the deepest build folder that there is, up to the root and down to the data. */
export const UP = "../".repeat(20);
const config = (map: unknown) => ({ "deno.json": JSON.stringify(map) });

const place = { data: "/@DATA@" };
const JSON_FILE = `${place.data}/canary.json`;
const MODULE = `${place.data}/canary.ts`;

type Case = [string, string, Record<string, string>?];

const CASES: Case[] = [
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
	[
		"a worker at a climb",
		`new Worker(new URL("${UP}${MODULE.slice(1)}", import.meta.url), { type: "module" });`,
	],
	[
		"a worker of a worker",
		`new Worker(new URL("./x.ts", import.meta.url), { type: "module" });`,
		{
			"functions/a/x.ts": `new Worker(new URL("${UP}${MODULE.slice(1)}", import.meta.url), { type: "module" });`,
		},
	],
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
	["an invalid attribute", `import x from "${JSON_FILE}" with { type: "css" }; console.log(x);`],
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
		'import "./x.tsx";',
		{
			...config({ compilerOptions: { jsx: "react-jsx", jsxImportSource: `file://${place.data}` } }),
			"functions/a/x.tsx": "export default () => <b/>;",
		},
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

/**
 * Uploads that would read a file outside if they were not refused: a name, the entry's source, further files.
 */
export function hostileImports({ data }: BuildFolders): Case[] {
	return JSON.parse(JSON.stringify(CASES).replaceAll("@DATA@", data.slice(1)));
}
