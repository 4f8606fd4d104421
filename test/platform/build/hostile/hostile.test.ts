import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../../src/platform/build/bundle.ts";
import type { SandboxLevel } from "../../../../src/platform/build/sandbox.ts";
import {
	type BundleText,
	buildEach,
	buildText,
	CANARY,
	ENTRY,
	filesOf,
	LEVELS,
	makeBuildFolders,
	prepare,
	testBuilder,
} from "../builder.ts";
import { hostileImports, UP } from "./hostile-imports.ts";

const place = makeBuildFolders();
const JSON_FILE = join(place.data, "canary.json");
const MODULE = join(place.data, "canary.ts");
const IMPORTS = hostileImports(place);

/**
 * The builder of the level that was asked for last. Opening one tries the sandbox, and its first check starts a
 * process. Only one is open at a time, since opening one gives the folder to the user of its level.
 */
let opened: { readonly level: SandboxLevel; readonly builder: Builder } | undefined;
async function builderAt(level: SandboxLevel): Promise<Builder> {
	if (opened?.level !== level) {
		opened?.builder.close();
		opened = { level, builder: await testBuilder(place, { levels: [level] }) };
	}
	return opened.builder;
}
afterAll(() => opened?.builder.close());

describe("forbidden imports are refused before anything is built", () => {
	test.each(IMPORTS)("%s", async (_, source, files = {}) => {
		const upload = filesOf({ [ENTRY]: `// first line\n${source}`, ...files });
		let refusal: { code?: string; exit?: number; line?: number; message?: string } = {};
		try {
			await prepare(await builderAt("none"), upload);
		} catch (error) {
			refusal = error as typeof refusal;
		}
		expect(refusal.code).toMatch(
			/^(IMPORT_(OUTSIDE|NOT_ALLOWED|NOT_FOUND|UNMAPPED|LOCAL_PACKAGE)|FILE_OUTSIDE|CONFIGURATION_INVALID)$/,
		);
		expect(refusal.exit).toBe(2);
		if (refusal.code !== "CONFIGURATION_INVALID") {
			expect(refusal.message).toMatch(/^functions\/a\/(index|x|m\/x)\.tsx?:[12] /);
		}
	});

	test.each(LEVELS)(
		"a reference to types elsewhere is refused after the build, at level %s",
		async (level) => {
			const builder = await builderAt(level);
			for (const comment of [`/// <reference path="${MODULE}" />`, `// @deno-types="file://${MODULE}"`]) {
				const files = { [ENTRY]: `${comment}\nimport "./x.js";`, "functions/a/x.js": "console.log(1);" };
				await expect(buildText(builder, files)).rejects.toMatchObject({ code: "BUILD_ESCAPE" });
			}
		},
	);

	test("comments that name source maps are ignored", async () => {
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
		const comments = [map, spoof, ...named];
		const bundles = await buildEach(
			await builderAt("none"),
			comments.map((comment) => `console.log(1);\n${comment}`),
			"js",
		);
		for (const [index, bundle] of bundles.entries()) {
			expect(bundle.sources).toEqual([`functions/f${index}.js`]);
			expect(bundle.sourceMap).not.toContain(CANARY);
		}
	});
});

/** Uploads that name a file without importing it: they build, and the bundle contains nothing of that file. */
const NAMED: [string, string][] = [
	[
		"a URL beside the module",
		`export default () => new URL("${UP}${JSON_FILE.slice(1)}", import.meta.url).href;`,
	],
	["a file: URL", `export default () => Deno.readTextFile(new URL("file://${JSON_FILE}"));`],
	["a fetch of a file", `export default () => fetch(new URL("${JSON_FILE}", import.meta.url));`],
	[
		"a worker at a file: URL",
		`export default () => new Worker(new URL("file://${MODULE}"), { type: "module" });`,
	],
	[
		"a worker at an absolute path",
		`export default () => new Worker(new URL("${MODULE}", import.meta.url), { type: "module" });`,
	],
	["a resolved name", `export default () => import.meta.resolve("${MODULE}");`],
	["an import that only run time knows", `export default (x) => import(x ?? Deno.args[0]);`],
	["a URL that is imported", `export default () => import(new URL("${MODULE}", import.meta.url).href);`],
	["require.resolve", `export default () => (globalThis as any).require?.resolve("${JSON_FILE}");`],
	["a comment of a reference", `/// <amd-dependency path="${MODULE}" />\nexport default () => 1;`],
	["a JSX source for types", `/** @jsxImportSourceTypes file://${place.data} */ export default () => 1;`],
];

describe.each(LEVELS)("at level %s, a file is not read because a source names it", (level) => {
	let bundles: readonly BundleText[];
	beforeAll(async () => {
		const sources = NAMED.map(([, source]) => source);
		bundles = await buildEach(await builderAt(level), sources, "ts");
	});

	test.each(NAMED.map(([name], index) => [name, index] as const))("%s", (_, index) => {
		const { sources, sourceMap, text } = bundles[index] as BundleText;
		expect(sources).toContain(`functions/f${index}.ts`);
		expect(text + sourceMap).not.toContain(CANARY);
	});
});

/** Without the first check: what the builder does if the check of the imports misses something. */
describe.each(LEVELS)("unchecked sources at level %s", (level) => {
	test.each(IMPORTS.filter(([, source]) => source.includes(place.data)))(
		"%s",
		async (_, source, files = {}) => {
			const builder = await builderAt(level);
			const sources = new Map([
				...filesOf({ [ENTRY]: source, ...files, ".coffer/deno.json": files["deno.json"] ?? "{}" }),
			]);
			const built = await builder.build({ entry: ENTRY, source: "", files: sources, localNames: [] }).then(
				(bundle) => [bundle.code, bundle.sourceMap].map((bytes) => new TextDecoder().decode(bytes)).join(""),
				(error: Error) => `${error.message}`,
			);
			expect(built).not.toContain(CANARY);
		},
	);
});
