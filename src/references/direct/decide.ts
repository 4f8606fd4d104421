/**
 * Decides bundles without the engine. Most functions read the environment by names that they spell where they read it.
 * Then the syntax alone shows which names these are, and the engine would only confirm it.
 */
import type { Scopes } from "../bundle/scopes.ts";
import type { SourceFiles } from "../bundle/source-files.ts";
import type { Node } from "../bundle/syntax.ts";
import type { Findings } from "../engine/findings.ts";
import { findDirectReads } from "./direct-reads.ts";
import { runsNoOtherCode } from "./other-code.ts";

/** Longer own code needs more steps than the first budgets of the engine have. */
const LONG = 65_536;

export interface Decision {
	/** All that the bundle reads, if it reads the environment only directly. */
	readonly findings: Findings | undefined;
	/** Whether the findings are all that the engine would find: the bundle runs no other code either. */
	readonly isComplete: boolean;
	/** Whether the upload's own code is long. */
	readonly isLong: boolean;
}

export function decide(program: Node, scopes: Scopes, files: SourceFiles): Decision {
	const findings = findDirectReads(scopes, files);
	if (findings === undefined) return { findings, isComplete: false, isLong: false };
	const isComplete = runsNoOtherCode(program, scopes, files);
	return { findings, isComplete, isLong: !isComplete && ownLength(program, files) > LONG };
}

/** The characters of the upload's own code. */
function ownLength(program: Node, files: SourceFiles): number {
	let length = 0;
	for (const statement of program.body as Node[])
		if (!files.isDependency(statement)) length += statement.end - statement.start;
	return length;
}
