/**
 * Which files of an upload are kept with a deployment, so that they can be given back. PURE.
 */
import type { PreparedBuild } from "./build/bundle.ts";
import type { FunctionSource, KeptSources } from "./function.ts";

/** The files that the function is made of: those that its entry reaches, or, of Base44's, all that were sent with it. */
export function keptSources(
	{ entry, layout, settings }: FunctionSource,
	prepared: PreparedBuild,
	hashOf: ReadonlyMap<string, string>,
): KeptSources {
	const isOwn = (path: string) => layout === "base44" || prepared.files.has(path) || path === settings;
	return { entry, files: [...hashOf].filter(([path]) => isOwn(path)).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
