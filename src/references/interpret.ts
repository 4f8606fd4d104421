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
import { addGivenNames } from "./environment/given-names.ts";
import { sourceNodes } from "./environment/source-nodes.ts";
import { SchemaCode } from "./models/schemas/schema-code.ts";

type OwnBudget = Pick<Budget, "valuesMax" | "contextsMax" | "stepsMax">;

/** The most nodes of dependencies that are evaluated while the upload's own code is analysed. */
const DEPENDENCY_NODES_MAX = 3000;
/** Budgets for the upload's own code, which distinguish fewer and fewer calls of a function. */
const PRECISE: OwnBudget = { valuesMax: 2000, contextsMax: 12, stepsMax: 150_000 };
const MIDDLE: OwnBudget = { valuesMax: 200, contextsMax: 0, stepsMax: 150_000 };
/** Where this budget is used up as well, accesses become dynamic. */
const COARSE: OwnBudget = { valuesMax: 30, contextsMax: 0, stepsMax: 400_000 };
/** Dependencies are large. Precision matters less in them, since their dynamic accesses are not reported. */
const DEPENDENCY_BUDGET = { valuesMax: 100, contextsMax: 2, stepsMax: 200_000 };
/**
 * The most steps for what the upload's own code gets from dependencies, apart from what their own reads need. It comes
 * last, so that it takes no step from those. A larger limit costs more than the rest of the analysis if the dependency
 * is an SDK. Names that are not found within it are observed at run time.
 */
const FURTHER_STEPS_MAX = 10_000;

interface Bundle {
	readonly program: Node;
	readonly scopes: Scopes;
	readonly files: SourceFiles;
	readonly schemas: SchemaCode;
}

/** What the engine has found in the upload's own code with one budget. */
interface OwnRun {
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

/**
 * What a bundle reads, found by the engine.
 *
 * If the precise budget is used up, the analysis starts again. The coarse budget comes before the middle one: it needs
 * fewer steps, so if it needs more than the middle one has, the middle one would be used up in vain.
 * @param code the text of the bundle
 * @param isOfCode whether the names are known already, and the engine only looks for code that is made from text. Then
 * the coarse budget comes first. Its result counts if it shows that there is no such code, or that even this budget is
 * used up.
 */
export function runAnalysis(
	program: Node,
	scopes: Scopes,
	files: SourceFiles,
	code: string,
	isOfCode: boolean,
): Findings {
	const bundle = { program, scopes, files, schemas: new SchemaCode(program, files, code) };
	if (isOfCode) {
		const found = finish(runOwn(bundle, COARSE, new Set()));
		const reasons = [...found.dynamic.values()];
		if (reasons.length === 0 || reasons.includes(BUDGET_EXCEEDED)) return found;
	}
	const replaced = new Set<string>();
	const precise = runToEnd(bundle, PRECISE, replaced);
	if (precise !== undefined) return precise;
	const coarse = runOwn(bundle, COARSE, new Set(replaced));
	const isMiddleInVain = coarse.longestSteps > MIDDLE.stepsMax;
	const middle = isMiddleInVain ? undefined : runToEnd(bundle, MIDDLE, replaced);
	return middle ?? finish(coarse);
}

/** Analyses with one budget. @returns undefined if it is used up by the upload's own code */
function runToEnd(bundle: Bundle, budget: OwnBudget, replaced: Set<string>): Findings | undefined {
	for (;;) {
		const own = runOwn(bundle, budget, replaced);
		if (!own.isComplete) return undefined;
		const known = replaced.size;
		runDependencies(own);
		if (replaced.size === known) return own.engine.findings;
	}
}

/**
 * What a run has found, with the dependencies. If the budget for the own code is used up, each of its accesses is
 * dynamic.
 */
function finish(own: OwnRun): Findings {
	const { bundle, budget, replaced, engine, isComplete } = own;
	if (!isComplete) {
		engine.solver.abandon();
		for (const { node } of ownSources(engine)) engine.findings.addDynamic(node, BUDGET_EXCEEDED);
	}
	const known = replaced.size;
	runDependencies(own);
	return replaced.size > known ? finish(runOwn(bundle, budget, replaced)) : engine.findings;
}

/** Analyses the upload's own code. Dependencies are analysed only as far as the names of own reads depend on them. */
function runOwn(bundle: Bundle, budget: OwnBudget, replaced: Set<string>): OwnRun {
	const { program, scopes, files, schemas } = bundle;
	const known = replaced.size;
	const dependencyNodes = { left: DEPENDENCY_NODES_MAX };
	const engine = assembleEngine(scopes, files, dependencyNodes, replaced, schemas);
	for (const { value, node } of ownSources(engine)) engine.propagate(value, node);
	let longestSteps = 0;
	const run = () => {
		const before = engine.solver.steps;
		const isComplete = engine.solver.run({ ...budget, keepsReason: () => true, isOwn: isOwnIn(engine) });
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
	if (replaced.size > known) return runOwn(bundle, budget, replaced);
	return { bundle, budget, replaced, engine, dependencyNodes, isComplete, longestSteps };
}

/** Analyses the dependencies after the upload's own code, as far as their budgets allow. */
function runDependencies({ bundle, engine, dependencyNodes }: OwnRun): void {
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

const isOwnIn = (engine: Engine) => (node: Node) => !engine.isDependency(node);

const ownSources = (engine: Engine) => sourceNodes(engine.scopes).filter(({ node }) => isOwnIn(engine)(node));
