/**
 * Finds the secrets that a function reads, from its bundle. An analysis has these steps:
 *
 * 1. `bundle/` checks the nesting of the code, parses it and resolves identifiers to declarations. The syntax trees of
 *    modules that an earlier bundle also had are reused.
 * 2. `environment/` finds the sources: nodes that are the environment or lead to it, such as `Deno` and
 *    `process`.
 * 3. `direct/` decides bundles whose reads the syntax alone shows. The engine runs for all others:
 * 4. `forward/` propagates each source to its uses: variables, properties, parameters, return values.
 * 5. At an access such as `Deno.env.get(name)`, `backward/` evaluates `name` to a set of abstract values.
 * 6. `call-graph/` links calls to functions. `models/` describes the effects of built-in functions and of esbuild's
 *    helpers. `exceptions/` follows what the code throws.
 * 7. Each rule is a listener on value sets. `engine/` runs them until a fixpoint, or until the budget is used
 *    up.
 * 8. A known string becomes a reference, and a known prefix the reference `PREFIX_*`. Anything else makes the
 *    access dynamic.
 * 9. The upload's own code is analysed first, and then its dependencies, with a smaller budget. Small packages to which
 *    it passes the environment are analysed like own code in a second run (`follow.ts`).
 * 10. `report.ts` converts nodes to files and lines, and sorts them.
 *
 * `evidence/` contains the types of the result. `plan/` decides which functions a changed secret affects.
 */
import { Positions } from "./bundle/positions.ts";
import { BundleParser } from "./bundle/program-parts.ts";
import { Scopes } from "./bundle/scopes.ts";
import { SourceFiles } from "./bundle/source-files.ts";
import { decide } from "./direct/decide.ts";
import type { References } from "./evidence/reference.ts";
import { runAnalysis } from "./interpret.ts";
import { report } from "./report.ts";

export interface AnalysisInput {
	/** The bundle: one ES module, as `deno bundle` writes it. */
	code: string;
	/** Its source map, as JSON text. Without it, positions are those in the bundle. */
	sourceMap?: string;
	/** Converts an entry of the map's `sources` to the displayed path. */
	sourcePath?: (source: string) => string;
}

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
	const { findings, isOfCode } = decide(program, scopes, files);
	return report(findings ?? runAnalysis(program, scopes, files, input.code, isOfCode), files, input.code);
}
