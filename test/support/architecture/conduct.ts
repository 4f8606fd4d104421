/** Rules about what code may touch: the environment, the terminal, the process, cryptography, the clock. */
import ts from "typescript";
import { accessChain, importsThat, isCode, isProduct, nodesThat, type Rule, reads } from "./rule.ts";
import type { Source, Violation } from "./source.ts";

/** Builtins that only compute. `node:module` only lists the names of builtins. */
const PURE_BUILTINS = ["node:util", "node:path", "node:path/posix", "node:module"];

function isPure({ path }: Source): boolean {
	return /^src\/((vault|protocol|dotenv|modules|references)\/|targets\/diff\.ts$)/.test(path);
}

const IMPURE: Readonly<Record<string, readonly string[]>> = {
	Date: ["now"],
	Math: ["random"],
	performance: ["now", "timeOrigin"],
	crypto: ["getRandomValues", "randomUUID", "subtle"],
};

const IMPURE_CALLS = ["fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask"];

function impurity(node: ts.Node): string | undefined {
	if (ts.isIdentifier(node) && node.text === "process" && !isPropertyName(node)) return "touches process";
	if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length)
		return "reads the clock";
	if (ts.isCallExpression(node) && IMPURE_CALLS.includes(accessChain(node.expression).join(".")))
		return "calls out";
	const touched = Object.entries(IMPURE).find(([object, properties]) => reads(node, object, properties));
	return touched === undefined ? undefined : `uses ${touched[0]}`;
}

function isPropertyName(node: ts.Identifier): boolean {
	const { parent } = node;
	if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
	return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node;
}

const purity: Rule = {
	name: "vault, protocol, dotenv, modules and the plan are pure: no files, net, environment, clock",
	check: (sources) => [
		...importsThat(sources.filter(isPure), (specifier) =>
			specifier.startsWith("node:") && !PURE_BUILTINS.includes(specifier)
				? `imports ${specifier}`
				: undefined,
		),
		...nodesThat(sources, isPure, impurity),
	],
	planted: [
		{ "src/vault/a.ts": 'import { readFileSync } from "node:fs";' },
		{ "src/references/plan.ts": "const now = Date.now();" },
		{ "src/protocol/a.ts": "const now = new Date();" },
		{ "src/vault/a.ts": "const id = Math.random();" },
		{ "src/vault/a.ts": "const { random } = Math;" },
		{ "src/dotenv/a.ts": 'const home = process.env["HOME"];' },
		{ "src/protocol/a.ts": 'await fetch("http://127.0.0.1");' },
		{ "src/targets/diff.ts": "const now = Date.now();" },
	],
	innocent: [
		{ "src/vault/a.ts": 'const when = new Date(time); const view = { process: 1 }; import "node:util";' },
	],
};

const SODIUM = "libsodium-wrappers";

const sodium: Rule = {
	name: "libsodium is touched by src/crypto.ts alone, its sumo build by one file for passphrases",
	check: (sources) => {
		const sumo = sources.filter(
			(source) => isProduct(source) && source.imports.some(({ specifier }) => specifier === `${SODIUM}-sumo`),
		);
		const others = importsThat(sources.filter(isProduct), (specifier, _, { path }) =>
			specifier === SODIUM && path !== "src/crypto.ts" ? `imports ${specifier}` : undefined,
		);
		const spread = sumo
			.slice(1)
			.map(({ path }): Violation => ({ path, line: 1, what: `imports ${SODIUM}-sumo too` }));
		return [...others, ...spread];
	},
	planted: [
		{ "src/vault/records/seal.ts": 'import sodium from "libsodium-wrappers";' },
		{
			"src/identity/a.ts": 'await import("libsodium-wrappers-sumo");',
			"src/identity/b.ts": 'import "libsodium-wrappers-sumo";',
		},
	],
};

const ENVIRONMENT_READERS = ["src/cli/shell/process-environment.ts", "src/platform/configuration/config.ts"];

const environment: Rule = {
	name: "the environment is read in one file per side",
	check: (sources) => [
		...nodesThat(sources, isProduct, (node, { path }) =>
			!ENVIRONMENT_READERS.includes(path) && reads(node, "process", ["env"])
				? "reads process.env"
				: undefined,
		),
		...importsThat(sources.filter(isProduct), (specifier) =>
			specifier === "node:process" || specifier === "process" ? "imports process" : undefined,
		),
	],
	planted: [
		{ "src/project/files/project-root.ts": "const home = process.env.HOME;" },
		{ "src/project/files/project-root.ts": 'const home = globalThis.process["env"].HOME;' },
		{ "src/project/files/project-root.ts": "const { env } = process;" },
		{ "src/project/files/project-root.ts": 'import { env } from "node:process";' },
	],
	innocent: [{ "src/cli/shell/process-environment.ts": "const home = process.env.HOME;" }],
};

/** The main modules of separate processes, which may end the process and use its standard streams. */
const isProgram = (path: string) => path.endsWith("-program.ts");

const EXITS = ["exit", "exitCode", "abort", "reallyExit"];

const exit: Rule = {
	name: "the process ends in bin/run.js alone",
	check: (sources) =>
		nodesThat(
			sources,
			({ path }) =>
				path.startsWith("bin/") ||
				(path.startsWith("src/") && !path.startsWith("src/platform/runtime/host/")),
			(node, { path }) =>
				path !== "bin/run.js" && !isProgram(path) && reads(node, "process", EXITS)
					? "ends the process"
					: undefined,
		),
	planted: [
		{ "src/cli/main.ts": "process.exit(1);" },
		{ "src/cli/main.ts": "process.exitCode = 1;" },
		{ "bin/dev.js": "const { exit } = process;" },
		{ "src/platform/egress/proxy/proxy.ts": "process.exit(0);" },
	],
	innocent: [
		{ "bin/run.js": "process.exit(0);" },
		{ "src/platform/egress/proxy/proxy-program.ts": "process.exit(0);" },
	],
};

const terminal: Rule = {
	name: "only src/cli writes to the terminal",
	check: (sources) =>
		nodesThat(
			sources,
			(source) => isProduct(source) && !source.path.startsWith("src/cli/") && !isProgram(source.path),
			(node) => {
				if (reads(node, "process", ["stdout", "stderr"])) return "uses a standard stream";
				return ts.isIdentifier(node) && node.text === "console" && !isPropertyName(node)
					? "uses console"
					: undefined;
			},
		),
	planted: [
		{ "src/commands/init.ts": 'console.log("a");' },
		{ "src/platform/server.ts": 'process.stderr.write("a");' },
		{ "src/sync/push.ts": "const { log } = console;" },
	],
};

const base64: Rule = {
	name: "base64 is decoded strictly, by src/crypto.ts",
	check: (sources) =>
		nodesThat(sources, isCode, (node) => {
			if (!ts.isCallExpression(node)) return undefined;
			const callee = accessChain(node.expression).join(".");
			if (callee === "atob") return "decodes leniently";
			const encoding = node.arguments[1];
			const lenient =
				encoding !== undefined && ts.isStringLiteralLike(encoding) && encoding.text.startsWith("base64");
			return callee === "Buffer.from" && lenient ? "decodes leniently" : undefined;
		}),
	planted: [
		{ "src/a.ts": 'Buffer.from(text, "base64");' },
		{ "src/a.ts": 'Buffer.from(text, "base64url");' },
		{ "src/a.ts": "atob(text);" },
	],
	innocent: [{ "src/a.ts": 'Buffer.from(text, "utf8"); Buffer.from(bytes).toString("base64");' }],
};

const NOT_RUN = ["skip", "only", "todo", "skipIf", "runIf", "fails"];
const BLOCKS = ["it", "test", "describe", "suite", "bench"];

const everyTest: Rule = {
	name: "every test runs",
	check: (sources) =>
		nodesThat(
			sources,
			({ path }) => path.startsWith("test/"),
			(node) => {
				if (!ts.isPropertyAccessExpression(node)) return undefined;
				const [block = "", ...modifiers] = accessChain(node);
				const isLast = NOT_RUN.includes(node.name.text) && modifiers.length > 0;
				return BLOCKS.includes(block) && isLast ? `${block}.${node.name.text}` : undefined;
			},
		),
	planted: [
		{ "test/a.test.ts": 'test.skip("a", () => {});' },
		{ "test/a.test.ts": 'describe.only("a", () => {});' },
		{ "test/a.test.ts": 'it.concurrent.todo("a");' },
		{ "test/a.test.ts": 'test.skipIf(true)("a", () => {});' },
	],
	innocent: [{ "test/a.test.ts": 'test.each([1])("a", () => {}); options.only;' }],
};

/** Comments that switch the type checker off. The compiler's own scanner finds them. */
function directives({ path, tree }: Source): Violation[] {
	const found =
		"commentDirectives" in tree
			? (tree.commentDirectives as readonly { range: ts.TextRange }[] | undefined)
			: undefined;
	const lines = (found ?? []).map(({ range }) => tree.getLineAndCharacterOfPosition(range.pos).line + 1);
	const whole = "checkJsDirective" in tree && tree.checkJsDirective !== undefined ? [1] : [];
	return [...lines, ...whole].map((line) => ({ path, line, what: "switches the type checker off" }));
}

const typeChecks: Rule = {
	name: "the type checker is not overruled",
	check: (sources) => [
		...sources.flatMap(directives),
		...nodesThat(
			sources,
			() => true,
			(node) =>
				(ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) &&
				node.type.kind === ts.SyntaxKind.AnyKeyword
					? "casts to any"
					: undefined,
		),
	],
	planted: [
		{ "src/a.ts": "const a = b as any;" },
		{ "src/a.ts": "// @ts-ignore\nconst a = b;" },
		{ "src/a.ts": "// @ts-expect-error because\nconst a = b;" },
		{ "src/a.ts": "// @ts-nocheck\nconst a = b;" },
	],
	innocent: [{ "src/a.ts": 'const a = "@ts-ignore"; const b = c as unknown;' }],
};

export const CONDUCT_RULES: readonly Rule[] = [
	purity,
	sodium,
	environment,
	exit,
	terminal,
	base64,
	everyTest,
	typeChecks,
];
