/** Selects the files of an upload that are stored with a deployment, so that a client can read them back. Pure. */
import type { CheckedFunction, PreparedBuild } from "../build/check/checker.ts";
import type { FunctionSource, KeptSources } from "../functions/function.ts";

/**
 * The files of a function: those that its entry reaches and that it reads when it runs, or the whole upload if it
 * belongs to this function.
 */
export function keptSources(
	{ entry, ownsUpload, settings }: FunctionSource,
	prepared: PreparedBuild & Partial<Pick<CheckedFunction, "assets">>,
	hashOf: ReadonlyMap<string, string>,
): KeptSources {
	const assets = new Set(prepared.assets);
	const isOwn = (path: string) =>
		ownsUpload || prepared.files.has(path) || assets.has(path) || path === settings;
	return { entry, files: [...hashOf].filter(([path]) => isOwn(path)).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
