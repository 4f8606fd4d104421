/**
 * Decides bundles without the engine. Most functions read the environment by names that they spell where they read it.
 * Then the syntax alone shows which names these are, and the engine would only confirm it.
 */
import type { Scopes } from "../bundle/scopes.ts";
import type { SourceFiles } from "../bundle/source-files.ts";
import type { Node } from "../bundle/syntax.ts";
import type { Findings } from "../engine/findings.ts";
import { findDirectReads } from "./direct-reads.ts";
import { loadsKnownModules, makesNoCode } from "./other-code.ts";

/** Longer own code needs more steps than the first budgets of the engine have. */
const LONG = 65_536;

export interface Decision {
	/** All that the engine would find; undefined if the engine has to run. */
	readonly findings: Findings | undefined;
	/** Whether the names are known, and the engine only has to look for code that is made from text, in long own code. */
	readonly isOfCode: boolean;
}

/** What a bundle reads, as far as the syntax alone shows it. */
export function decide(program: Node, scopes: Scopes, files: SourceFiles): Decision {
	const findings = loadsKnownModules(program, scopes) ? findDirectReads(scopes, files) : undefined;
	if (findings === undefined) return { findings, isOfCode: false };
	if (makesNoCode(scopes, files)) return { findings, isOfCode: false };
	return { findings: undefined, isOfCode: ownLength(program, files) > LONG };
}

/** The characters of the upload's own code. */
function ownLength(program: Node, files: SourceFiles): number {
	let length = 0;
	for (const statement of program.body as Node[])
		if (!files.isDependency(statement)) length += statement.end - statement.start;
	return length;
}
