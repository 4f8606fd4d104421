/** Rules about the thread that serves requests: nothing in it may take long. */
import ts from "typescript";
import { nodesThat, type Rule } from "./rule.ts";
import type { Source, Violation } from "./source.ts";

const SYNCHRONOUS = ["spawnSync", "execSync", "execFileSync"];

function isPlatform({ path }: Source): boolean {
	return path.startsWith("src/platform/");
}

const synchronousChildren: Rule = {
	name: "the platform waits for no child process",
	check: (sources) =>
		nodesThat(sources, isPlatform, (node) =>
			(ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && SYNCHRONOUS.includes(node.text)
				? `uses ${node.text}`
				: undefined,
		),
	planted: [
		{ "src/platform/a.ts": 'import { spawnSync } from "node:child_process";' },
		{ "src/platform/build/a.ts": 'import * as child from "node:child_process"; child.execFileSync("true");' },
		{ "src/platform/a.ts": 'import { execSync as run } from "node:child_process";' },
		{ "src/platform/a.ts": 'const run = child["spawnSync"];' },
	],
	innocent: [
		{ "src/platform/a.ts": 'import { spawn } from "node:child_process"; // spawnSync' },
		{ "src/project/git/run.ts": 'import { spawnSync } from "node:child_process";' },
	],
};

/** Whether an import or export has only types, so that it does not exist at run time. */
export function isErased(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
	if (ts.isExportDeclaration(node)) return node.isTypeOnly;
	const clause = node.importClause;
	if (clause === undefined) return false;
	const named = clause.namedBindings;
	const areTypes =
		clause.name === undefined &&
		named !== undefined &&
		ts.isNamedImports(named) &&
		named.elements.every(({ isTypeOnly }) => isTypeOnly);
	return clause.isTypeOnly || areTypes;
}

/** The modules that a module loads when it runs, with the line. */
function loadedBy({ imports, tree }: Source): Source["imports"] {
	const erased = new Set(
		tree.statements
			.filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
			.filter(isErased)
			.map((node) => node.moduleSpecifier)
			.filter((name) => name !== undefined && ts.isStringLiteralLike(name))
			.map((name) => `${tree.getLineAndCharacterOfPosition(name.getStart(tree)).line + 1} ${name.text}`),
	);
	return imports.filter(({ line, specifier }) => !erased.has(`${line} ${specifier}`));
}

const SERVER = "src/platform/server.ts";
/**
 * Parsers of code. A stack overflow in a native parser ends the process, and every parser blocks its thread.
 */
const PARSERS = ["oxc-parser", "esbuild", "typescript", "yaml"];

const noParser: Rule = {
	name: "what serves loads no parser of sources, by however many modules",
	check: (sources) => {
		const byPath = new Map(sources.map((source) => [source.path, source]));
		const violations: Violation[] = [];
		const reached = new Set([SERVER]);
		for (const path of reached) {
			const source = byPath.get(path);
			for (const { line, specifier, target } of source === undefined ? [] : loadedBy(source)) {
				if (PARSERS.includes(specifier)) violations.push({ path, line, what: `loads ${specifier}` });
				if (target !== undefined) reached.add(target);
			}
		}
		return violations;
	},
	planted: [
		{ [SERVER]: 'import { parseSync } from "oxc-parser";' },
		{
			[SERVER]: 'import "./a.ts";',
			"src/platform/a.ts": 'await import("../modules/b.ts");',
			"src/modules/b.ts": 'export * from "oxc-parser";',
		},
		{ [SERVER]: 'import { type A, b } from "./a.ts";', "src/platform/a.ts": 'import "esbuild";' },
	],
	innocent: [
		{
			[SERVER]:
				'import type { A } from "./a.ts"; import { type B } from "./a.ts"; export type { C } from "./a.ts";',
			"src/platform/a.ts": 'import { parseSync } from "oxc-parser";',
		},
	],
};

export const SERVING_RULES: readonly Rule[] = [synchronousChildren, noParser];
