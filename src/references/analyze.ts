/**
 * Which secrets a function reads, told from its bundle alone: by the syntax tree, with scopes, following
 * values through variables, functions, objects and modules.
 */
import { parseSync } from "oxc-parser";
import { AppError, EXIT } from "../errors.ts";
import { makeTarget } from "./backward/assignments.ts";
import { makeEvaluate } from "./backward/evaluate.ts";
import { makeReturned, makeSelf } from "./backward/functions.ts";
import { makeElements, makeNames } from "./backward/iteration.ts";
import { makeEvery, makeRead, makeSlot } from "./backward/properties.ts";
import { nestingFault } from "./bundle/nesting.ts";
import { Positions } from "./bundle/positions.ts";
import { Scopes } from "./bundle/scopes.ts";
import type { Node } from "./bundle/syntax.ts";
import { makeCallLists, makeInvoke, makeSites } from "./call-graph/invoke.ts";
import { Things } from "./engine/abstract-objects.ts";
import { type Engine, Findings } from "./engine/engine.ts";
import { LIMIT, Solver } from "./engine/solver.ts";
import { native, type Value } from "./engine/values.ts";
import { importedValue, moduleValue, ROOTS } from "./environment/runtime-apis.ts";
import type { References } from "./evidence/reference.ts";
import { makeEscape } from "./forward/arguments.ts";
import { makeArrive, makeArriveTarget } from "./forward/propagate.ts";
import { makeTrace } from "./forward/tracking.ts";
import { Files, report } from "./report.ts";

export interface AnalysisInput {
	/** The bundle: one ES module, as `deno bundle` writes it. */
	code: string;
	/** Its source map, as JSON text. Without it the positions are those in the bundle. */
	sourceMap?: string;
	/** Turns an entry of the map's `sources` into the path that is shown. */
	sourcePath?: (source: string) => string;
}

/** How many expressions of dependencies are looked at to understand the upload's own code. */
const FOREIGN_MAX = 3000;
const OWN_LIMITS = { valuesMax: 2000, contextsMax: 12, stepsMax: 400_000 };
/** Dependencies are large, and what is not told apart there makes no function dynamic. */
const FOREIGN_LIMITS = { valuesMax: 100, contextsMax: 2, stepsMax: 200_000 };

/**
 * The names of environment variables that a bundle may read, each with the original file and line of the
 * access (or of the call that hands the name to a helper), and the accesses that no name can be told of.
 * Dynamic accesses of dependencies are left out: they are beyond the author's reach.
 *
 * Pure and synchronous; the time grows with the length of the bundle.
 * @throws AppError `BUNDLE_UNPARSABLE` (exit 1) where the code does not parse or nests too deeply.
 */
export function analyzeReferences(input: AnalysisInput): References {
	const program = parse(input.code);
	const positions = new Positions(input.code, input.sourceMap);
	const files = new Files(positions, input.sourcePath ?? ((source) => source));
	const foreign = { left: FOREIGN_MAX };
	const engine = makeEngine(new Scopes(program), files, foreign);
	const starts = startsOf(engine.scopes);
	const own = starts.filter((start) => !engine.isDependency(start.node));
	for (const { value, node } of own) engine.arrive(value, node);
	if (!engine.solver.run({ ...OWN_LIMITS, matters: () => true })) {
		engine.solver.abandon();
		for (const { node } of own) engine.findings.dynamicAt(node, LIMIT);
	}
	foreign.left = Number.POSITIVE_INFINITY;
	for (const { value, node } of starts) engine.arrive(value, node);
	// What dependencies do on their own counts by name only, so that giving up there loses no evidence.
	const matters = ({ site }: Value) => site !== undefined && !engine.isDependency(site);
	if (!engine.solver.run({ ...FOREIGN_LIMITS, matters })) engine.solver.abandon();
	return report(engine.findings, files);
}

function parse(code: string): Node {
	const fault = nestingFault(code);
	if (fault !== undefined) throw unparsable(fault);
	const result = parseSync("bundle.js", code, { lang: "js", sourceType: "module", preserveParens: false });
	const error = result.errors.find(({ severity }) => String(severity) === "Error");
	if (error !== undefined) throw unparsable(error.message);
	return result.program as unknown as Node;
}

function unparsable(reason: string): AppError {
	return new AppError({
		code: "BUNDLE_UNPARSABLE",
		message: `The bundle cannot be parsed: ${reason}`,
		hint: "Check that the function runs with `deno run`, then deploy it again.",
		exit: EXIT.failure,
	});
}

/** Everything in the code that stands for the environment or leads to it. */
function startsOf(scopes: Scopes): { value: Value; node: Node }[] {
	const starts: { value: Value; node: Node }[] = [];
	for (const [name, root] of Object.entries(ROOTS)) {
		for (const node of scopes.freeReads(name)) starts.push({ value: native(root), node });
	}
	for (const node of scopes.metaProperties) {
		if (node.meta.name === "import") starts.push({ value: native("import.meta"), node });
	}
	for (const specifier of scopes.importSpecifiers) {
		const value = importedValue(specifier);
		const binding = scopes.resolve(specifier.local);
		if (value?.kind !== "native" || binding === undefined) continue;
		for (const node of scopes.uses(binding).reads) starts.push({ value, node });
	}
	for (const node of scopes.dynamicImports) {
		const value = moduleValue(String(node.source.value));
		if (value !== undefined) starts.push({ value, node });
	}
	for (const node of scopes.calls) {
		const value = /^(?:__)?require\d*$/.test(node.callee.name)
			? moduleValue(String(node.arguments[0].value))
			: undefined;
		if (value !== undefined) starts.push({ value, node });
	}
	return starts;
}

/** Puts the parts together. They know one another only as this engine. */
function makeEngine(scopes: Scopes, files: Files, foreign: { left: number }): Engine {
	const engine = {
		solver: new Solver(),
		scopes,
		things: new Things(),
		findings: new Findings(),
	} as Engine;
	return Object.assign(engine, {
		isDependency: (node: Node) => files.isDependency(node),
		spend(node: Node) {
			if (foreign.left <= 0 && files.isDependency(node)) return false;
			if (foreign.left < Number.POSITIVE_INFINITY && files.isDependency(node)) foreign.left--;
			return true;
		},
		evaluate: makeEvaluate(engine),
		target: makeTarget(engine),
		returned: makeReturned(engine),
		self: makeSelf(engine),
		read: makeRead(engine),
		slot: makeSlot(engine),
		every: makeEvery(engine),
		names: makeNames(engine),
		elements: makeElements(engine),
		arrive: makeArrive(engine),
		arriveTarget: makeArriveTarget(engine),
		trace: makeTrace(engine),
		escape: makeEscape(engine),
		invoke: makeInvoke(engine),
		...makeSites(engine),
		...makeCallLists(engine),
	});
}
