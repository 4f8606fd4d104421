/** Runs the engine on a bundle: with budgets that become less precise, until a run ends within its budget. */
import { assembleEngine } from "./assembly.ts";
import type { Scopes } from "./bundle/scopes.ts";
import type { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import { runToCompletion } from "./engine/completion.ts";
import type { Engine } from "./engine/engine.ts";
import type { Findings } from "./engine/findings.ts";
import { BUDGET_EXCEEDED, type Budget } from "./engine/solver.ts";
import type { Value } from "./engine/values.ts";
import { sourceNodes } from "./environment/source-nodes.ts";

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
 * What a bundle reads, found by the engine.
 * @param isOfCode whether the names are known already, and the engine only looks for code that is made from text. Then
 * the least precise budget comes first. Its result counts if it shows that there is no such code, or that even this
 * budget is used up.
 */
export function runAnalysis(program: Node, scopes: Scopes, files: SourceFiles, isOfCode: boolean): Findings {
	if (isOfCode) {
		const found = runWithin(OWN_BUDGETS.slice(-1), program, scopes, files);
		const reasons = [...found.dynamic.values()];
		if (reasons.length === 0 || reasons.includes(BUDGET_EXCEEDED)) return found;
	}
	return runWithin(OWN_BUDGETS, program, scopes, files);
}

/** Runs the engine with one budget after the other. */
function runWithin(
	budgets: readonly OwnBudget[],
	program: Node,
	scopes: Scopes,
	files: SourceFiles,
): Findings {
	const replaced = new Set<string>();
	let engine: Engine | undefined;
	for (let attempt = 0; engine === undefined; ) {
		const known = replaced.size;
		const isLast = attempt === budgets.length - 1;
		engine = runEngine(program, scopes, files, replaced, budgets[attempt] as OwnBudget, isLast);
		// The built-in properties that the code replaces are known after a run. The next run treats them as unknown.
		if (replaced.size > known) engine = undefined;
		else if (engine === undefined) attempt++;
	}
	return engine.findings;
}

/**
 * @param replaced the names of built-in properties that the code replaces; the run adds to them
 * @param isLast whether accesses become dynamic where the budget is used up
 * @returns undefined if the budget is used up and is not the last one
 */
function runEngine(
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
