/**
 * The words for which function reads which secret, that analysis, plan, platform and commands share. A leaf.
 */

/** How it is known that a function reads a name: found in its code, seen at run time, said in its `function.jsonc`. */
export type Known = "static" | "observed" | "declared";
/** Why a function is redeployed: it is known to read the name, or it may read any. */
export type How = Known | "dynamic";

/** Evidence that a function reads a secret. */
export interface Reference {
	/** The secret's name, exactly as the code says it, or `STRIPE_*` for all that begin so (`matching.ts`). */
	name: string;
	/** The source file, relative to the upload's root (`functions/pay/index.ts`), or `npm:pkg@1.2.3/file.js`. */
	file: string;
	/** 1-based: of the access, or of the call that hands the name to a helper. */
	line: number;
	how: Known;
}

/** An access to the environment that no analysis can resolve to names. */
export interface DynamicAccess {
	file: string;
	/** 1-based. */
	line: number;
	/** What made it so, in a few words: `name from a parameter`, `whole environment passed on`. */
	why: string;
}

/** What the analysis of one bundle found. Sorted by name, file, line; no duplicates. */
export interface References {
	references: Reference[];
	/** Empty unless the function is dynamic. */
	dynamic: DynamicAccess[];
}

/** What is known about one function's reads. */
export interface Reads {
	readonly references: readonly Reference[];
	/** Not empty: the function may read any name. */
	readonly dynamic: readonly DynamicAccess[];
	/** What it does not get although it may read it: names, and `STRIPE_*` for all that begin so. */
	readonly excluded?: readonly string[] | undefined;
}
