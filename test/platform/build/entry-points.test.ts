/** Which entry point of a package is in a bundle: `main`, which Node loads, or `module`, which is for bundlers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { type NpmRegistry, startNpmRegistry } from "../../support/npm-registry.ts";
import { type Harness, openRuntime } from "../runtime/harness.ts";
import { buildEach, buildText, ENTRY, makeBuildFolders, NETWORK, testBuilder } from "./builder.ts";
import { jsonOf, packageFolder } from "./published-packages.ts";

const place = makeBuildFolders();
let registry: NpmRegistry;
let builder: Builder;
let harness: Harness;

/** A package that is a function for `require`, and has a default export for bundlers. */
const TWO_ENTRY_POINTS = {
	"main.js": 'module.exports = () => "main"; module.exports.part = "main";',
	"module.mjs": 'export default () => "module"; export const part = "module";',
	"inner/package.json": '{"main": "main.js", "module": "module.js"}',
	"inner/main.js": 'module.exports = () => "inner main";',
	"inner/module.js": 'export default () => "inner module";',
};

beforeAll(async () => {
	registry = await startNpmRegistry({
		two: packageFolder(place, "two", { main: "main", module: "module.mjs" }, TWO_ENTRY_POINTS),
		gone: packageFolder(place, "gone", { main: "main.js", module: "gone.mjs" }, TWO_ENTRY_POINTS),
		umd: packageFolder(
			place,
			"umd",
			{ main: "umd.js", module: "module.mjs" },
			{
				...TWO_ENTRY_POINTS,
				"umd.js":
					"(function (factory) { module.exports = factory(require, exports); })((require) => require('./main'));",
			},
		),
		calling: packageFolder(
			place,
			"calling",
			{ main: "index.js", dependencies: { two: "1.0.0", umd: "1.0.0" } },
			{
				"index.js":
					'exports.names = [require("two")(), require("two/inner")(), require("./own")(), require("umd").part];',
				"own/package.json": '{"main": "main.js", "module": "module.js"}',
				"own/main.js": 'module.exports = () => "own main";',
				"own/module.js": 'export default () => "own module";',
			},
		),
	});
	// The bundler itself comes from the real registry.
	const warm = await testBuilder(place);
	await buildText(warm, { [ENTRY]: "console.log(1);" });
	warm.close();
	builder = await testBuilder(place, { passthrough: { ...NETWORK, NPM_CONFIG_REGISTRY: registry.url } });
	harness = await openRuntime();
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	builder.close();
	await harness.close();
});

const answerOf = (files: Record<string, string>) => jsonOf(builder, harness, files);

describe("a package with `main` and `module`", () => {
	const importing = 'import two, { part } from "npm:two@1.0.0"; import inner from "npm:two@1.0.0/inner";';
	const handler = "export default () => Response.json([two(), part, inner()]);";

	test("is its main for require", async () => {
		const code = `import { names } from "npm:calling@1.0.0"; export default () => Response.json(names);`;
		expect(await answerOf({ [ENTRY]: code })).toEqual(["main", "inner main", "own main", "module"]);
	});

	test("is its module for import", async () => {
		expect(await answerOf({ [ENTRY]: importing + handler })).toEqual(["module", "module", "inner module"]);
	});

	test("is its main for import if the function also loads it with require", async () => {
		const code = `${importing} import "npm:calling@1.0.0"; ${handler}`;
		expect(await answerOf({ [ENTRY]: code })).toEqual(["main", "main", "inner main"]);
	});

	test("is its main if there is no module", async () => {
		const code = `import gone from "npm:gone@1.0.0"; export default () => Response.json(gone());`;
		expect(await answerOf({ [ENTRY]: code })).toBe("main");
	});

	test("is in each function what it would be if that function was built alone", async () => {
		const codes = [importing + handler, `${importing} import "npm:calling@1.0.0"; ${handler}`];
		const together = await buildEach(builder, codes, "ts");
		const usesModule = together.map(({ sources }) =>
			sources.some((path) => path.endsWith("two@1.0.0/module.mjs")),
		);
		expect(usesModule).toEqual([true, false]);
	});
});
