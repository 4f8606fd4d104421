/** The runs of the engine on a bundle: first for the upload's own code, and then for the dependencies. */
import { assembleEngine } from "./assembly.ts";
import type { Scopes } from "./bundle/scopes.ts";
import type { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import { runToCompletion } from "./engine/completion.ts";
import type { Engine } from "./engine/engine.ts";
import type { Findings } from "./engine/findings.ts";
import { BUDGET_EXCEEDED, type Budget } from "./engine/solver.ts";
import type { Value } from "./engine/values.ts";
import { addGivenNames } from "./environment/given-names.ts";
import { sourceNodes } from "./environment/source-nodes.ts";
import type { SchemaCode } from "./models/schemas/schema-code.ts";

export type OwnBudget = Pick<Budget, "valuesMax" | "contextsMax" | "stepsMax">;

/** The most nodes of dependencies that are evaluated while the upload's own code is analysed. */
const DEPENDENCY_NODES_MAX = 3000;
/** Budgets for the upload's own code, which distinguish fewer and fewer calls of a function. */
export const PRECISE: OwnBudget = { valuesMax: 2000, contextsMax: 12, stepsMax: 150_000 };
export const MIDDLE: OwnBudget = { valuesMax: 200, contextsMax: 0, stepsMax: 150_000 };
/** Where this budget is used up as well, accesses become dynamic. */
export const COARSE: OwnBudget = { valuesMax: 30, contextsMax: 0, stepsMax: 400_000 };
/** Dependencies are large. Precision matters less in them, since their dynamic accesses are not reported. */
const DEPENDENCY_BUDGET = { valuesMax: 100, contextsMax: 2, stepsMax: 200_000 };
/**
 * The most steps for what the upload's own code gets from dependencies, apart from what their own reads need. It comes
 * last, so that it takes no step from those. A larger limit costs more than the rest of the analysis if the dependency
 * is an SDK. Names that are not found within it are observed at run time.
 */
const FURTHER_STEPS_MAX = 10_000;

export interface Bundle {
	readonly program: Node;
	readonly scopes: Scopes;
	readonly files: SourceFiles;
	readonly schemas: SchemaCode;
}

/** What the engine has found in the upload's own code with one budget. */
export interface OwnRun {
	readonly bundle: Bundle;
	readonly budget: OwnBudget;
	/** The names of built-in properties that the code replaces. `finish` adds to them. */
	readonly replaced: Set<string>;
	readonly engine: Engine;
	readonly dependencyNodes: { left: number };
	/** Whether the run ended before the budget was used up. */
	readonly isComplete: boolean;
	/** The steps of the longest run of the solver. */
	readonly longestSteps: number;
}

/** After so many steps a run checks whether it is in vain. */
const STEPS_OF_PART = 2000;

/**
 * Analyses the upload's own code. Dependencies are analysed only as far as the names of own reads depend on them.
 * @param isInVain whether what was found so far shows that the result will not be needed. The run ends then
 */
export function runOwn(
	bundle: Bundle,
	budget: OwnBudget,
	replaced: Set<string>,
	isInVain?: (findings: Findings) => boolean,
): OwnRun {
	const { program, scopes, files, schemas } = bundle;
	const known = replaced.size;
	const dependencyNodes = { left: DEPENDENCY_NODES_MAX };
	const engine = assembleEngine(scopes, files, dependencyNodes, replaced, schemas);
	for (const { value, node } of ownSources(engine)) engine.propagate(value, node);
	let longestSteps = 0;
	const run = () => {
		const before = engine.solver.steps;
		const left = () => before + budget.stepsMax - engine.solver.steps;
		let isComplete = false;
		while (!isComplete && left() > 0 && !isInVain?.(engine.findings)) {
			const stepsMax = isInVain === undefined ? budget.stepsMax : Math.min(left(), STEPS_OF_PART);
			const { valuesMax, contextsMax } = budget;
			const isOwn = isOwnIn(engine);
			isComplete = engine.solver.run({ valuesMax, contextsMax, stepsMax, keepsReason: () => true, isOwn });
		}
		longestSteps = Math.max(longestSteps, engine.solver.steps - before);
		return isComplete;
	};
	// The values on which the names of own reads depend are known now. The rest of the code needs no further values from
	// dependencies.
	const isKnown = run();
	dependencyNodes.left = 0;
	engine.reach(program);
	const isComplete = isKnown && runToCompletion(engine, run);
	// The built-in properties that the code replaces are known after a run. The next run treats them as unknown.
	if (replaced.size > known) return runOwn(bundle, budget, replaced, isInVain);
	return { bundle, budget, replaced, engine, dependencyNodes, isComplete, longestSteps };
}

/** Analyses the dependencies after the upload's own code, as far as their budgets allow. */
export function runDependencies({ bundle, engine, dependencyNodes }: OwnRun): void {
	dependencyNodes.left = Number.POSITIVE_INFINITY;
	for (const task of engine.postponed.splice(0)) engine.solver.enqueue(task);
	for (const { value, node } of sourceNodes(engine.scopes)) engine.propagate(value, node);
	const isOwn = isOwnIn(engine);
	// Unknown values that occur only in dependencies need no reason, because it is never reported.
	const keepsReason = ({ reportAt }: Value) => reportAt !== undefined && isOwn(reportAt);
	const runWithin = (stepsMax: number) =>
		runToCompletion(engine, () => engine.solver.run({ ...DEPENDENCY_BUDGET, stepsMax, keepsReason, isOwn }));
	let isComplete = runWithin(DEPENDENCY_BUDGET.stepsMax);
	if (isComplete && engine.unevaluated.length > 0) {
		for (const node of engine.unevaluated.splice(0)) engine.evaluate(node);
		isComplete = runWithin(FURTHER_STEPS_MAX);
	}
	if (!isComplete) engine.solver.abandon();
	const reader = unknownReader(engine, bundle.files, isComplete);
	if (reader !== undefined) addGivenNames(engine, bundle.program, reader);
}

/** The reasons of accesses that read variables, and do not only run other code. */
const READS_NAMES = new RegExp(
	`^(?:the name is|the (?:whole )?environment|a reader of the environment|${BUDGET_EXCEEDED})`,
);

/**
 * Where a package reads names that are not known, or may do so after the budget was used up. The platform's own modules
 * read only names that they are given as arguments.
 */
function unknownReader(engine: Engine, files: SourceFiles, isComplete: boolean): Node | undefined {
	const isOfPackage = (node: Node) => engine.isForeign(node) && !files.at(node).file.startsWith("coffer:");
	for (const [node, why] of engine.findings.dynamic)
		if (READS_NAMES.test(why) && isOfPackage(node)) return node;
	return isComplete ? undefined : sourceNodes(engine.scopes).find(({ node }) => isOfPackage(node))?.node;
}

export const isOwnIn = (engine: Engine) => (node: Node) => !engine.isDependency(node);

export const ownSources = (engine: Engine) =>
	sourceNodes(engine.scopes).filter(({ node }) => isOwnIn(engine)(node));
