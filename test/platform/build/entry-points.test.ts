/** Which entry point of a package is in a bundle: `main`, which Node loads, or `module`, which is for bundlers. */
import { describe, expect, test } from "vitest";
import { buildEach, ENTRY, makeBuildFolders } from "./builder.ts";
import { packageFolder, usePackages } from "./published-packages.ts";

const place = makeBuildFolders();

/** A package that is a function for `require`, and has a default export for bundlers. */
const TWO_ENTRY_POINTS = {
	"main.js": 'module.exports = () => "main"; module.exports.part = "main";',
	"module.mjs": 'export default () => "module"; export const part = "module";',
	"inner/package.json": '{"main": "main.js", "module": "module.js"}',
	"inner/main.js": 'module.exports = () => "inner main";',
	"inner/module.js": 'export default () => "inner module";',
};

const published = usePackages(place, {
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

describe("a package with `main` and `module`", () => {
	const importing = 'import two, { part } from "npm:two@1.0.0"; import inner from "npm:two@1.0.0/inner";';
	const handler = "export default () => Response.json([two(), part, inner()]);";

	test("is its main for require", async () => {
		const code = `import { names } from "npm:calling@1.0.0"; export default () => Response.json(names);`;
		expect(await published.answerOf({ [ENTRY]: code })).toEqual(["main", "inner main", "own main", "module"]);
	});

	test("is its module for import", async () => {
		expect(await published.answerOf({ [ENTRY]: importing + handler })).toEqual([
			"module",
			"module",
			"inner module",
		]);
	});

	test("is its main for import if the function also loads it with require", async () => {
		const code = `${importing} import "npm:calling@1.0.0"; ${handler}`;
		expect(await published.answerOf({ [ENTRY]: code })).toEqual(["main", "main", "inner main"]);
	});

	test("is its main if there is no module", async () => {
		const code = `import gone from "npm:gone@1.0.0"; export default () => Response.json(gone());`;
		expect(await published.answerOf({ [ENTRY]: code })).toBe("main");
	});

	test("is in each function what it would be if that function was built alone", async () => {
		const codes = [importing + handler, `${importing} import "npm:calling@1.0.0"; ${handler}`];
		const together = await buildEach(published.builder, codes, "ts");
		const usesModule = together.map(({ sources }) =>
			sources.some((path) => path.endsWith("two@1.0.0/module.mjs")),
		);
		expect(usesModule).toEqual([true, false]);
	});
});
