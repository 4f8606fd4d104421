/**
 * The types that describe which function reads which secret. The analysis, the plan, the platform and the commands
 * share them.
 */

/** The source of a known read: found in the code, observed at run time, or declared in `function.jsonc`. */
export type Known = "static" | "observed" | "declared";
/** The reason why a change redeploys a function: one of its reads is known, or the function may read any name. */
export type How = Known | "dynamic";

/** Evidence that a function reads a secret. */
export interface Reference {
	/**
	 * The secret's name as the code spells it, or a prefix pattern such as `STRIPE_*` (`name-pattern.ts`).
	 */
	name: string;
	/**
	 * The source file: relative to the root of the upload (`functions/pay/index.ts`), or
	 * `npm:pkg@1.2.3/file.js`.
	 */
	file: string;
	/** 1-based line of the access, or of the call that passes the name to a helper. */
	line: number;
	how: Known;
}

/** An access to the environment that may read any name. */
export interface DynamicAccess {
	file: string;
	/** 1-based. */
	line: number;
	/** The reason why it is dynamic: `the name is the result of a call`, `the whole environment is exported`. */
	why: string;
}

/** The result of the analysis of one bundle, sorted by name, file and line, without duplicates. */
export interface References {
	references: Reference[];
	/** Empty if the names of all accesses are known. */
	dynamic: DynamicAccess[];
}

/** The known reads of one function. */
export interface Reads {
	readonly references: readonly Reference[];
	/** If this is not empty, the function may read any name. */
	readonly dynamic: readonly DynamicAccess[];
	/** Names and prefix patterns that the function does not get although it may read them. */
	readonly excluded?: readonly string[] | undefined;
}
