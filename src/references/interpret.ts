/** Runs the engine on a bundle: with budgets that become less precise, until a run ends within its budget. */
import type { Scopes } from "./bundle/scopes.ts";
import type { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import type { Findings } from "./engine/findings.ts";
import { BUDGET_EXCEEDED } from "./engine/solver.ts";
import { followPackages } from "./follow.ts";
import { SchemaCode } from "./models/schemas/schema-code.ts";
import {
	type Bundle,
	COARSE,
	MIDDLE,
	type OwnBudget,
	type OwnRun,
	ownSources,
	PRECISE,
	runDependencies,
	runOwn,
} from "./runs.ts";

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
	const found = runWithBudgets(bundle, isOfCode);
	return followPackages(bundle, code, found) ?? found;
}

function runWithBudgets(bundle: Bundle, isOfCode: boolean): Findings {
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
