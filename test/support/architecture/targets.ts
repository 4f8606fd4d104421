/** Rules that keep a kind of target in one place: `src/targets/kinds.ts` says which kinds there are. */
import ts from "typescript";
import { TARGET_KINDS } from "../../../src/targets/kinds.ts";
import { importsThat, nodesThat, type Rule } from "./rule.ts";
import { isErased } from "./serving.ts";
import { lineOf, type Source, type Violation } from "./source.ts";

/**
 * The parts of the product that work with targets. In other parts, `base44` is a scope of access tokens, and in
 * `src/cli/imports` `supabase` is a kind of file.
 */
const CLIENT = /^src\/(cli\/(?!imports\/)|commands\/|identity\/|local\/|project\/|sync\/)/;

/** The kind of target to which the command or step in a file belongs; undefined for every other file. */
function ownerOf(path: string): string | undefined {
	const [, kind] =
		/^src\/commands\/(?:link|import)\/([^/]+)\.ts$/.exec(path) ?? /^src\/cli\/([^/]+)\//.exec(path) ?? [];
	return kind !== undefined && TARGET_KINDS.has(kind) ? kind : undefined;
}

const literals: Rule = {
	name: "only a kind of target, and its own commands, know its name",
	check: (sources) =>
		nodesThat(
			sources,
			({ path }) => CLIENT.test(path) && ownerOf(path) === undefined,
			(node) =>
				ts.isStringLiteralLike(node) && TARGET_KINDS.has(node.text) ? `names ${node.text}` : undefined,
		),
	planted: [
		{ "src/commands/status.ts": 'if (binding.kind === "base44") render();' },
		{ "src/cli/views/plan-result.ts": 'export interface Plan { target?: "base44" }' },
		{ "src/project/files/config.ts": "const kind = z.literal(`base44`);" },
	],
	innocent: [
		{ "src/commands/link/base44.ts": 'const kind = "base44";' },
		{ "src/cli/base44/import.ts": 'const kind = "base44";' },
		{ "src/platform/tokens/tokens.ts": 'const scope = "base44";' },
		{ "src/cli/imports/kinds.ts": 'const file = "supabase";' },
	],
};

const imports: Rule = {
	name: "only the list of kinds, and the kind's own commands, import a kind of target",
	check: (sources) =>
		importsThat(sources, (_, target, { path }) => {
			const [, kind] = /^src\/targets\/([^/]+?)(?:\/|\.ts$)/.exec(target ?? "") ?? [];
			const isKind = kind !== undefined && TARGET_KINDS.has(kind);
			if (!isKind || !path.startsWith("src/") || path.startsWith(`src/targets/${kind}/`)) return undefined;
			const mayImport = path === "src/targets/kinds.ts" || ownerOf(path) === kind;
			return mayImport ? undefined : `imports ${target}`;
		}),
	planted: [
		{ "src/cli/edits/after-edit.ts": 'import { BASE44 } from "../../targets/base44/kind.ts";' },
		{ "src/targets/sync.ts": 'const { BASE44 } = await import("./base44/kind.ts");' },
		{ "src/cli/targets/sync.ts": 'import { BASE44 } from "../../targets/base44.ts";' },
	],
	innocent: [
		{ "src/commands/link/base44.ts": 'import { BASE44 } from "../../targets/base44/kind.ts";' },
		{ "src/targets/kinds.ts": 'const { BASE44 } = await import("./base44/kind.ts");' },
	],
};

/** The modules that a file loads when it is loaded itself, so without `import()`. */
function loadedAtOnce({ imports, tree }: Source): string[] {
	const loaded = tree.statements
		.filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
		.filter((node) => !isErased(node))
		.map((node) => lineOf(tree, node.moduleSpecifier ?? node));
	return imports.flatMap(({ line, target }) =>
		target !== undefined && loaded.includes(line) ? [target] : [],
	);
}

/** Commands that work without a link. Everything that they load adds to their start-up time. */
const LOCAL = /^src\/commands\/(run|init|secrets\/[a-z]+|environments\/[a-z]+)\.ts$/;
/** The list of kinds, which imports nothing when it is loaded. */
const LIST = "src/targets/kinds.ts";

const lazy: Rule = {
	name: "a command that works without a link loads no target at its start",
	check: (sources) => {
		const byPath = new Map(sources.map((source) => [source.path, source]));
		const violations: Violation[] = [];
		const reached = new Set([...byPath.keys()].filter((path) => LOCAL.test(path) || path === LIST));
		for (const path of reached) {
			const source = byPath.get(path);
			for (const target of source === undefined ? [] : loadedAtOnce(source)) {
				if (target.startsWith("src/targets/") && target !== LIST)
					violations.push({ path, line: 1, what: `loads ${target}` });
				reached.add(target);
			}
		}
		return violations;
	},
	planted: [
		{ "src/commands/secrets/get.ts": 'import { syncTarget } from "../../targets/sync.ts";' },
		{
			"src/commands/run.ts": 'export { a } from "../cli/a.ts";',
			"src/cli/a.ts": 'import { linkedTarget } from "../targets/linked.ts";',
		},
		{ [LIST]: 'import { BASE44 } from "./base44/kind.ts";' },
	],
	innocent: [
		{ "src/commands/secrets/set.ts": 'const { syncTarget } = await import("../../targets/sync.ts");' },
		{ "src/commands/secrets/get.ts": `import { loadedKind } from "../../targets/kinds.ts";` },
		{
			[LIST]: 'import type { TargetKind } from "./target.ts"; const load = () => import("./base44/kind.ts");',
		},
	],
};

export const TARGET_RULES: readonly Rule[] = [literals, imports, lazy];
