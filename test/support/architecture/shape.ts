/** Rules about the shape of the code: lengths, names, allowed imports. */
import ts from "typescript";
import { directionFault, LAYERS, layerOf } from "./layers.ts";
import { importsThat, isProduct, nodesThat, type Rule } from "./rule.ts";
import { lineOf, type Source, type Violation, walk } from "./source.ts";

const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 50;

const fileLength: Rule = {
	name: `a file has at most ${FILE_LINES_MAX} lines`,
	check: (sources) =>
		sources.flatMap(({ path, text }) => {
			const lines = text.replace(/\n$/, "").split("\n").length;
			return lines > FILE_LINES_MAX ? [{ path, line: FILE_LINES_MAX + 1, what: `${lines} lines` }] : [];
		}),
	planted: [{ "src/long.ts": "// line\n".repeat(251) }],
	innocent: [{ "src/full.ts": "// line\n".repeat(250) }],
};

const REGISTERS = ["test", "it", "describe"];

/** A function in a test file that registers tests (a `describe` block, a contract suite) may be longer. */
function isChapter(node: ts.Node, path: string): boolean {
	let registers = false;
	if (!path.startsWith("test/")) return false;
	walk(node, (inner) => {
		if (ts.isCallExpression(inner) && REGISTERS.includes(inner.expression.getText().split(".")[0] ?? ""))
			registers = true;
	});
	return registers;
}

const functionLength: Rule = {
	name: `a function has at most ${FUNCTION_LINES_MAX} lines`,
	check: (sources) =>
		nodesThat(
			sources,
			() => true,
			(node, { tree, path }) => {
				if (!ts.isFunctionLike(node)) return undefined;
				const lines = tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(tree, node);
				return lines > FUNCTION_LINES_MAX && !isChapter(node, path)
					? `a function of ${lines} lines`
					: undefined;
			},
		),
	planted: [
		{ "src/a.ts": `function long() {\n${"\tstep();\n".repeat(49)}}` },
		{ "src/b.ts": `const long = () => {\n${"\tstep();\n".repeat(49)}};` },
		{ "src/c.ts": `class A { long() {\n${"\tstep();\n".repeat(49)}} }` },
	],
	innocent: [
		{ "src/a.ts": `function full() {\n${"\tstep();\n".repeat(48)}}` },
		{ "test/a.ts": `describe("a", () => {\n${"\ttest(name, run);\n".repeat(60)}});` },
	],
};

const BANNED_NAMES = ["util", "utils", "helper", "helpers", "common", "types", "misc", "shared"];

const names: Rule = {
	name: "no file or folder is a drawer for anything (a command has the name that users type)",
	check: (sources) =>
		sources.flatMap(({ path }) => {
			const words = path.split("/").map((segment) => segment.split(".")[0] ?? "");
			const banned = !path.startsWith("src/commands/") && words.find((word) => BANNED_NAMES.includes(word));
			return banned ? [{ path, line: 1, what: `is called ${banned}` }] : [];
		}),
	planted: [{ "src/utils/a.ts": "" }, { "src/vault/helpers.ts": "" }, { "src/types/a.ts": "" }],
	innocent: [{ "src/commands/types.ts": "" }],
};

const directions: Rule = {
	name: "imports point one way: commands → cli, project, identity, sync, platform → vault, protocol → leaves",
	check: (sources) => [
		...importsThat(sources, (_, target, { path }) =>
			target === undefined ? undefined : directionFault(path, target),
		),
		...sources
			.filter(({ path }) => path.startsWith("src/") && !((layerOf(path) ?? "") in LAYERS))
			.map(({ path }) => ({ path, line: 1, what: "belongs to no known part" })),
	],
	planted: [
		{ "src/sync/push.ts": 'import { a } from "../platform/server.ts";' },
		{ "src/platform/server.ts": 'export { a } from "../sync/push.ts";' },
		{ "src/targets/base44/client.ts": 'import { a } from "../../sync/client/platform-client.ts";' },
		{ "src/sync/push.ts": 'import { a } from "../targets/sync.ts";' },
		{ "src/vault/records/seal.ts": 'import type { A } from "../../project/files/project-root.ts";' },
		{ "src/bytes.ts": 'import { a } from "./vault/seal.ts";' },
		{ "src/project/files/project-root.ts": 'const a = await import("../../cli/shell/terminal.ts");' },
		{ "src/cli/main.ts": 'type A = import("../commands/init.ts").A;' },
		{ "src/project/files/project-root.ts": 'import { a } from "../../scripts/build.mjs";' },
		{ "src/elsewhere/a.ts": "" },
	],
	innocent: [{ "src/commands/init.ts": 'import { a } from "../project/files/project-root.ts";' }],
};

const PLATFORM_FRONT = [
	"src/platform/server.ts",
	"src/platform/stop-left.ts",
	"src/platform/configuration/config.ts",
	"src/platform/configuration/limits.ts",
	"src/platform/configuration/store-access.ts",
	"src/platform/faults/log.ts",
	"src/platform/backup/backup.ts",
	"src/platform/backup/restore.ts",
	"src/platform/migrate.ts",
	"src/platform/configuration/store-sides.ts",
];

const platformFront: Rule = {
	name: "only the commands under platform load the platform, and only by its front",
	check: (sources) =>
		importsThat(sources, (_, target, { path }) => {
			if (target === undefined || !path.startsWith("src/commands/") || !target.startsWith("src/platform/"))
				return undefined;
			const mayLoad = path.startsWith("src/commands/platform/") && PLATFORM_FRONT.includes(target);
			return mayLoad ? undefined : `imports ${target}`;
		}),
	planted: [
		{ "src/commands/init.ts": 'import { a } from "../platform/server.ts";' },
		{ "src/commands/platform/start.ts": 'import { a } from "../../platform/store/sqlite.ts";' },
	],
	innocent: [{ "src/commands/platform/start.ts": 'import { a } from "../../platform/server.ts";' }],
};

/** The files of the first cycle that a walk from the path finds; empty if there is none. */
function cycleFrom(
	path: string,
	graph: ReadonlyMap<string, readonly string[]>,
	done: Set<string>,
	trail: string[],
): string[] {
	const start = trail.indexOf(path);
	if (start !== -1) return [...trail.slice(start), path];
	if (done.has(path)) return [];
	done.add(path);
	for (const next of graph.get(path) ?? []) {
		const cycle = cycleFrom(next, graph, done, [...trail, path]);
		if (cycle.length > 0) return cycle;
	}
	return [];
}

function findCycles(sources: readonly Source[]): Violation[] {
	const graph = new Map(
		sources.map(({ path, imports }) => [
			path,
			imports.flatMap(({ target }) => (target === undefined ? [] : [target])),
		]),
	);
	const done = new Set<string>();
	return [...graph.keys()].flatMap((path) => {
		const cycle = cycleFrom(path, graph, done, []);
		return cycle.length === 0 ? [] : [{ path, line: 1, what: cycle.join(" → ") }];
	});
}

const cycles: Rule = {
	name: "no import cycles, of types neither",
	check: findCycles,
	planted: [
		{ "src/a.ts": 'import { b } from "./b.ts";', "src/b.ts": 'import type { A } from "./a.ts";' },
		{
			"src/a.ts": 'import "./b.ts";',
			"src/b.ts": 'export * from "./c.ts";',
			"src/c.ts": 'await import("./a.ts");',
		},
		{ "src/a.ts": 'import "./a.ts";' },
	],
	innocent: [
		{ "src/a.ts": 'import "./b.ts"; import "./c.ts";', "src/b.ts": 'import "./c.ts";', "src/c.ts": "" },
	],
};

const extensions: Rule = {
	name: "relative imports name the file that is meant",
	check: (sources) =>
		importsThat(sources.filter(isProduct), (specifier) =>
			specifier.startsWith(".") && !/\.(tsx?|json)$/.test(specifier) ? `imports ${specifier}` : undefined,
		),
	planted: [{ "src/a.ts": 'import { b } from "./b";' }, { "src/a.ts": 'import { b } from "./b.js";' }],
};

export const SHAPE_RULES: readonly Rule[] = [
	fileLength,
	functionLength,
	names,
	directions,
	platformFront,
	cycles,
	extensions,
];
