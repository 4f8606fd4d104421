/** Names that own code gives to packages which read names that are not known. */
import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { bundle } from "./mapped-bundle.ts";

const OWN = "functions/a/index.ts";
const NPM = "node_modules/pkg/index.js";

function shown(lines: Parameters<typeof bundle>[0]) {
	const { references, dynamic } = analyzeReferences(bundle(lines));
	return { references: references.map(({ name, file, line }) => `${name} ${file}:${line}`), dynamic };
}

describe("names that own code gives to packages", () => {
	const READER = [
		NPM,
		1,
		"var load = (spec, env = process.env) => { for (const key in env) copy(key); };",
	] as const;

	test.each([
		["a text", 'load("A_KEY");', ["A_KEY"]],
		[
			"keys and texts in an object",
			'load({ url: { env: "URL_KEY" }, B_KEY: String });',
			["B_KEY", "URL_KEY"],
		],
		["a table of the code", "const names = { C_KEY: 1 }; const more = [names]; load(more);", ["C_KEY"]],
		["a text of a helper", 'const get = (name) => load(name); get("D_KEY");', ["D_KEY"]],
		["a method of a result", 'const config = load({}); config.get("E_KEY");', ["E_KEY"]],
		["a part of a result", 'const { get: read } = load({}); read("F_KEY");', ["F_KEY"]],
		["a constructor", 'new (load.Of)("G_KEY");', ["G_KEY"]],
	])("%s", (_, code, names) => {
		const { references, dynamic } = shown([READER, [OWN, 3, code]]);
		expect(references).toEqual(names.map((name) => `${name} ${NPM}:1`));
		expect(dynamic).toEqual([]);
	});

	test("not to the platform's own modules, which read only names that they are given", () => {
		const provided = ["coffer:builtin-0.ts", ...READER.slice(1)] as unknown as typeof READER;
		expect(shown([provided, [OWN, 3, 'load("A_KEY");']]).references).toEqual([]);
	});

	test.each([
		["texts in small letters", 'load("a_key");'],
		["texts of own functions", 'other("A_KEY");'],
		["texts within callbacks", 'load(() => other("A_KEY"));'],
	])("%s are none", (_, code) => {
		expect(shown([READER, [OWN, 3, code]]).references).toEqual([]);
	});

	test("a package that reads known names only gets none", () => {
		expect(
			shown([
				[NPM, 1, "var load = () => process.env.LEVEL;"],
				[OWN, 3, 'load("A_KEY");'],
			]).references,
		).toEqual([`LEVEL ${NPM}:1`]);
	});
});
