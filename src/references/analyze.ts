/**
 * Which secrets a function reads, told from its bundle alone: by the syntax tree, with scopes, following
 * values through variables, functions, objects and modules.
 */

import { makeEngine } from "./assembly.ts";
import { parse } from "./bundle/parse.ts";
import { Positions } from "./bundle/positions.ts";
import { Scopes } from "./bundle/scopes.ts";
import { Files } from "./bundle/source-files.ts";
import { LIMIT } from "./engine/solver.ts";
import type { Value } from "./engine/values.ts";
import { startsOf } from "./environment/source-nodes.ts";
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
