/** Rules about how packages are imported. */
import ts from "typescript";
import { isCode, nodesThat, type Rule } from "./rule.ts";

function importsAllOfZod(node: ts.Node): string | undefined {
	if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== "z") return undefined;
	const { moduleSpecifier } = node.parent.parent.parent;
	return moduleSpecifier.getText().slice(1, -1) === "zod" ? "imports all of zod" : undefined;
}

const usedOfZod: Rule = {
	name: "zod is imported as `* as z`, of which the bundles keep what is used",
	check: (sources) => nodesThat(sources, isCode, importsAllOfZod),
	planted: [
		{ "src/a.ts": 'import { z } from "zod";' },
		{ "src/a.ts": 'import { type JSONType, z as all } from "zod";' },
	],
	innocent: [{ "src/a.ts": 'import * as z from "zod"; import { z as other } from "./z.ts";' }],
};

export const PACKAGE_RULES: readonly Rule[] = [usedOfZod];
