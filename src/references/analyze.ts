/**
 * Finds the secrets that a function reads, from its bundle. An analysis has these steps:
 *
 * 1. `bundle/` checks the nesting of the code, parses it and resolves identifiers to declarations. The syntax trees of
 *    modules that an earlier bundle also had are reused.
 * 2. `environment/` finds the sources: nodes that are the environment or lead to it, such as `Deno` and
 *    `process`.
 * 3. `forward/` propagates each source to its uses: variables, properties, parameters, return values.
 * 4. At an access such as `Deno.env.get(name)`, `backward/` evaluates `name` to a set of abstract values.
 * 5. `call-graph/` links calls to functions. `models/` describes the effects of built-in functions and of esbuild's
 *    helpers. `exceptions/` follows what the code throws.
 * 6. Each rule is a listener on value sets. `engine/` runs them until a fixpoint, or until the budget is used
 *    up.
 * 7. A known string becomes a reference, and a known prefix the reference `PREFIX_*`. Anything else makes the
 *    access dynamic.
 * 8. The upload's own code is analysed first, and then its dependencies, with a smaller budget.
 * 9. `report.ts` converts nodes to files and lines, and sorts them.
 *
 * `evidence/` contains the types of the result. `plan/` decides which functions a changed secret affects.
 */
import { assembleEngine } from "./assembly.ts";
import { Positions } from "./bundle/positions.ts";
import { BundleParser } from "./bundle/program-parts.ts";
import { Scopes } from "./bundle/scopes.ts";
import { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import { runToCompletion } from "./engine/completion.ts";
import type { Engine } from "./engine/engine.ts";
import { BUDGET_EXCEEDED, type Budget } from "./engine/solver.ts";
import type { Value } from "./engine/values.ts";
import { sourceNodes } from "./environment/source-nodes.ts";
import type { References } from "./evidence/reference.ts";
import { report } from "./report.ts";

export interface AnalysisInput {
	/** The bundle: one ES module, as `deno bundle` writes it. */
	code: string;
	/** Its source map, as JSON text. Without it, positions are those in the bundle. */
	sourceMap?: string;
	/** Converts an entry of the map's `sources` to the displayed path. */
	sourcePath?: (source: string) => string;
}

type OwnBudget = Pick<Budget, "valuesMax" | "contextsMax" | "stepsMax">;

/** The most nodes of dependencies that are evaluated while the upload's own code is analysed. */
const DEPENDENCY_NODES_MAX = 3000;
/**
 * The budgets for the upload's own code, the most precise first. If a budget is used up, the analysis starts again with
 * the next one, which distinguishes fewer calls of a function.
 */
const OWN_BUDGETS: readonly OwnBudget[] = [
	{ valuesMax: 2000, contextsMax: 12, stepsMax: 150_000 },
	{ valuesMax: 200, contextsMax: 0, stepsMax: 150_000 },
	{ valuesMax: 30, contextsMax: 0, stepsMax: 400_000 },
];
/** Dependencies are large. Precision matters less in them, since their dynamic accesses are not reported. */
const DEPENDENCY_BUDGET = { valuesMax: 100, contextsMax: 2, stepsMax: 200_000 };
/**
 * The most steps for what the upload's own code gets from dependencies, apart from what their own reads need. It comes
 * last, so that it takes no step from those. A larger limit costs more than the rest of the analysis if the dependency
 * is an SDK. Names that are not found within it are observed at run time.
 */
const FURTHER_STEPS_MAX = 10_000;

/**
 * The names of environment variables that a bundle may read.
 *
 * Each reference has the original file and line of the access, or of the call that passes the name to a helper.
 * Accesses whose names are unknown are dynamic. Dynamic accesses of dependencies are left out, since the author cannot
 * change them. The function is pure and synchronous. Its time grows with the length of the bundle.
 * @param parser keeps the parts of bundles for the next analysis, which has the same result without it
 * @throws AppError `BUNDLE_UNPARSABLE` (exit 1) if the code does not parse or nests too deeply
 */
export function analyzeReferences(input: AnalysisInput, parser = new BundleParser(0)): References {
	const { program, parts } = parser.parse(input.code);
	const positions = new Positions(input.code, input.sourceMap);
	const files = new SourceFiles(positions, input.sourcePath ?? ((source) => source));
	const scopes = new Scopes(program, parts);
	const replaced = new Set<string>();
	let engine: Engine | undefined;
	for (let attempt = 0; engine === undefined; ) {
		const known = replaced.size;
		const isLast = attempt === OWN_BUDGETS.length - 1;
		engine = runAnalysis(program, scopes, files, replaced, OWN_BUDGETS[attempt] as OwnBudget, isLast);
		// The built-in properties that the code replaces are known after a run. The next run treats them as unknown.
		if (replaced.size > known) engine = undefined;
		else if (engine === undefined) attempt++;
	}
	return report(engine.findings, files, input.code);
}

/**
 * @param replaced the names of built-in properties that the code replaces; the run adds to them
 * @param isLast whether accesses become dynamic where the budget is used up
 * @returns undefined if the budget is used up and is not the last one
 */
function runAnalysis(
	program: Node,
	scopes: Scopes,
	files: SourceFiles,
	replaced: Set<string>,
	budget: OwnBudget,
	isLast: boolean,
): Engine | undefined {
	const dependencyNodes = { left: DEPENDENCY_NODES_MAX };
	const engine = assembleEngine(scopes, files, dependencyNodes, replaced);
	const sources = sourceNodes(engine.scopes);
	const ownSources = sources.filter(({ node }) => !engine.isDependency(node));
	for (const { value, node } of ownSources) engine.propagate(value, node);
	const isOwn = (node: Node) => !engine.isDependency(node);
	const runOwn = () => engine.solver.run({ ...budget, keepsReason: () => true, isOwn });
	// The values on which the names of own reads depend are known now. The rest of the code needs no further values from
	// dependencies.
	const isKnown = runOwn();
	dependencyNodes.left = 0;
	engine.reach(program);
	if (!isKnown || !runToCompletion(engine, runOwn)) {
		if (!isLast) return undefined;
		engine.solver.abandon();
		for (const { node } of ownSources) engine.findings.addDynamic(node, BUDGET_EXCEEDED);
	}
	dependencyNodes.left = Number.POSITIVE_INFINITY;
	for (const task of engine.postponed.splice(0)) engine.solver.enqueue(task);
	for (const { value, node } of sources) engine.propagate(value, node);
	// Unknown values that occur only in dependencies need no reason, because it is never reported.
	const keepsReason = ({ reportAt }: Value) => reportAt !== undefined && isOwn(reportAt);
	const runAll = () => engine.solver.run({ ...DEPENDENCY_BUDGET, keepsReason, isOwn });
	let isComplete = runToCompletion(engine, runAll);
	if (isComplete && engine.unevaluated.length > 0) {
		for (const node of engine.unevaluated.splice(0)) engine.evaluate(node);
		isComplete = runToCompletion(engine, () =>
			engine.solver.run({ ...DEPENDENCY_BUDGET, stepsMax: FURTHER_STEPS_MAX, keepsReason, isOwn }),
		);
	}
	if (!isComplete) engine.solver.abandon();
	return engine;
}
