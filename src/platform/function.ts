/**
 * The words that builder, plan, runtime, gateway and API share about functions. A leaf.
 */
import type { FunctionSettings } from "../modules/function-settings.ts";
import type { Reads, References } from "../references/reference.ts";

/** A function's entry and the files that it may use. */
export interface FunctionSource {
	/** Route and identity, `hello` or `api/billing`. */
	name: string;
	/** Path of its entry module in the file set. */
	entry: string;
	/** Path of its `function.jsonc` in the file set, where it has one. */
	settings?: string | undefined;
}

/** What a deployment reads, and what it is kept from. */
export function readsOf({ references, dynamic, settings }: Deployment): Reads {
	return { references, dynamic, excluded: settings?.secrets?.exclude };
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
	/** The variables that this bundle was seen to read, whether or not its code tells of them. */
	seen?: readonly string[] | undefined;
	/** How it is to be run. */
	settings?: FunctionSettings | undefined;
}
