/** Rules about access to the system: the programs that are started, the files that are read. */
import ts from "typescript";
import { accessChain, importsThat, isProduct, nodesThat, type Rule } from "./rule.ts";

/**
 * Files of the product that start processes: the data plane with its gateways, functions with their isolation and
 * limits, builds, the command of `coffer run`, git.
 */
const STARTERS =
	/^src\/(platform\/(data-plane|runtime|build|egress|limits|machine)\/|cli\/shell\/child\/child\.ts$|project\/git\/run\.ts$)/;
const GIT_STARTER = "src/project/git/run.ts";
/** This runs in the maintainers' own clone, with their configuration of git. */
const RELEASE = "scripts/release.mjs";
const STARTS = ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"];

function startsGit(node: ts.Node): string | undefined {
	if (!ts.isCallExpression(node) || !STARTS.includes(accessChain(node.expression).at(-1) ?? ""))
		return undefined;
	const program = node.arguments[0];
	const isGit = program !== undefined && ts.isStringLiteralLike(program) && /^git\b/.test(program.text);
	return isGit ? "starts git" : undefined;
}

const processes: Rule = {
	name: "processes are started in a few places, git in one",
	check: (sources) => [
		...importsThat(sources.filter(isProduct), (specifier, _, { path }) =>
			/^(node:)?(child_process|cluster)$/.test(specifier) && !STARTERS.test(path)
				? `imports ${specifier}`
				: undefined,
		),
		...nodesThat(sources, ({ path }) => /^(src|bin|scripts)\//.test(path) && path !== RELEASE, startsGit),
		...importsThat(sources.filter(isProduct), (_, target, { path }) =>
			target === "src/project/git/program.ts" && path !== GIT_STARTER ? "looks for git" : undefined,
		),
	],
	planted: [
		{ "src/project/files/project-root.ts": 'import { execFile } from "node:child_process";' },
		{ "src/sync/push.ts": 'const { spawn } = await import("child_process");' },
		{ "src/cli/shell/child/child.ts": 'spawn("git", ["status"]);' },
		{ "src/project/git/run.ts": 'child.execFileSync("git status");' },
		{ "scripts/build.mjs": 'execFileSync("git", ["rev-parse", "HEAD"]);' },
		{ "src/project/git/history/objects.ts": 'import { findGit } from "../program.ts";' },
	],
	innocent: [
		{
			"src/project/git/run.ts":
				'import { spawn } from "node:child_process"; import { findGit } from "./program.ts"; spawn(program, args);',
		},
		{ "test/a.ts": 'spawnSync("git", ["init"]);' },
		{ "scripts/release.mjs": 'spawnSync("git", ["tag"]);' },
	],
};

/**
 * Files of Coffer itself. The platform also reads its own files, and files whose size was checked when they
 * were stored.
 */
const OWN_FILES = [
	"src/cli/main.ts",
	"src/cli/shell/arguments.ts",
	"src/local/analyze.ts",
	"src/bounded-file.ts",
];
const UNBOUNDED = ["readFile", "readFileSync", "createReadStream", "readv"];

function readsWhole(node: ts.Node): string | undefined {
	if (ts.isImportSpecifier(node) && UNBOUNDED.includes((node.propertyName ?? node.name).text))
		return `imports ${(node.propertyName ?? node.name).text}`;
	const name = ts.isPropertyAccessExpression(node) ? node.name.text : undefined;
	return name !== undefined && UNBOUNDED.includes(name) ? `uses ${name}` : undefined;
}

const boundedReads: Rule = {
	name: "files of other people's making are read with a bound, by src/bounded-file.ts",
	check: (sources) =>
		nodesThat(
			sources,
			(source) =>
				isProduct(source) && !source.path.startsWith("src/platform/") && !OWN_FILES.includes(source.path),
			readsWhole,
		),
	planted: [
		{ "src/project/files/project-root.ts": 'import { readFile } from "node:fs/promises";' },
		{ "src/cli/edits/secret-values.ts": 'import { readFileSync as read } from "node:fs";' },
		{ "src/identity/export-file.ts": "const bytes = await handle.readFile();" },
		{ "src/cli/edits/secret-values.ts": "for await (const chunk of fs.createReadStream(path)) take(chunk);" },
	],
	innocent: [
		{
			"src/cli/edits/secret-values.ts":
				'import { readBounded } from "../bounded-file.ts"; await handle.read(bytes);',
		},
		{ "src/platform/store/blob-files.ts": 'import { readFile } from "node:fs/promises";' },
	],
};

export const OUTSIDE_RULES: readonly Rule[] = [processes, boundedReads];
