/**
 * The words that builder, plan, runtime, gateway and API share about functions. A leaf.
 */
import type { FunctionSettings } from "../modules/function-settings.ts";

/** How it is known that a function reads a name: found in its code, seen at run time, or cannot be told. */
export type How = "static" | "observed" | "dynamic";

/** Evidence that a function reads a secret. */
export interface Reference {
	/** The secret's name, exactly as the code says it. */
	name: string;
	/** The source file, relative to the upload's root (`functions/pay/index.ts`), or `npm:pkg@1.2.3/file.js`. */
	file: string;
	/** 1-based: of the access, or of the call that hands the name to a helper. */
	line: number;
	how: "static" | "observed";
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

/** A function's entry and the files that it may use. */
export interface FunctionSource {
	/** Route and identity, `hello` or `api/billing`. */
	name: string;
	/** Path of its entry module in the file set. */
	entry: string;
	/** Path of its `function.jsonc` in the file set, where it has one. */
	settings?: string | undefined;
}

/** A built function, as the platform remembers it. */
export interface Deployment extends References {
	/** Unique per deployment, sortable by time. */
	id: string;
	function: string;
	/** Hash of the bundle in the blob store. */
	bundle: string;
	/** Hash of the bundle's source map in the blob store, so that a function's errors name its own files and lines. */
	sourceMap: string;
	/** Hash of everything that the bundle was made from, so that an unchanged upload need not be built. */
	source: string;
	/** How it is to be run. */
	settings?: FunctionSettings | undefined;
}
