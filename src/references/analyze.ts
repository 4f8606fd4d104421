/**
 * Which secrets a function reads, told from its bundle alone: by the syntax tree, with scopes, following
 * values through variables, functions, objects and modules.
 */

import { assembleEngine } from "./assembly.ts";
import { parse } from "./bundle/parse.ts";
import { Positions } from "./bundle/positions.ts";
import { Scopes } from "./bundle/scopes.ts";
import { SourceFiles } from "./bundle/source-files.ts";
import { BUDGET_EXCEEDED } from "./engine/solver.ts";
import type { Value } from "./engine/values.ts";
import { sourceNodes } from "./environment/source-nodes.ts";
import type { References } from "./evidence/reference.ts";
import { report } from "./report.ts";

export interface AnalysisInput {
	/** The bundle: one ES module, as `deno bundle` writes it. */
	code: string;
	/** Its source map, as JSON text. Without it the positions are those in the bundle. */
	sourceMap?: string;
	/** Turns an entry of the map's `sources` into the path that is shown. */
	sourcePath?: (source: string) => string;
}

/** How many expressions of dependencies are looked at to understand the upload's own code. */
const DEPENDENCY_NODES_MAX = 3000;
const OWN_BUDGET = { valuesMax: 2000, contextsMax: 12, stepsMax: 400_000 };
/** Dependencies are large, and what is not told apart there makes no function dynamic. */
const DEPENDENCY_BUDGET = { valuesMax: 100, contextsMax: 2, stepsMax: 200_000 };

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
	const files = new SourceFiles(positions, input.sourcePath ?? ((source) => source));
	const dependencyNodes = { left: DEPENDENCY_NODES_MAX };
	const engine = assembleEngine(new Scopes(program), files, dependencyNodes);
	const sources = sourceNodes(engine.scopes);
	const ownSources = sources.filter((start) => !engine.isDependency(start.node));
	for (const { value, node } of ownSources) engine.propagate(value, node);
	if (!engine.solver.run({ ...OWN_BUDGET, keepsReason: () => true })) {
		engine.solver.abandon();
		for (const { node } of ownSources) engine.findings.addDynamic(node, BUDGET_EXCEEDED);
	}
	dependencyNodes.left = Number.POSITIVE_INFINITY;
	for (const { value, node } of sources) engine.propagate(value, node);
	// What dependencies do on their own counts by name only, so that giving up there loses no evidence.
	const matters = ({ reportAt: site }: Value) => site !== undefined && !engine.isDependency(site);
	if (!engine.solver.run({ ...DEPENDENCY_BUDGET, keepsReason: matters })) engine.solver.abandon();
	return report(engine.findings, files);
}
