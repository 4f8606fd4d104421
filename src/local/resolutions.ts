/** Where imports lead in the folders of packages, as Node resolves them. */
import type { OnResolveArgs, PluginBuild, ResolveResult } from "esbuild";

/** Marks a request to the bundler's own resolution. */
export const PLAIN = Symbol("plain");

/**
 * What the bundler has resolved so far, for all bundles. The content of these folders does not change, and the
 * bundler would read them again for each bundle.
 */
export class Resolutions {
	readonly #found = new Map<string, Promise<ResolveResult>>();

	/**
	 * Resolves an import. An import that leads nowhere has `errors` in its result.
	 * @param build the build that asks
	 * @param folder the folder of the importing module
	 */
	find(
		build: PluginBuild,
		{ importer, kind }: OnResolveArgs,
		specifier: string,
		folder: string,
	): Promise<ResolveResult> {
		const key = JSON.stringify([kind, folder, specifier]);
		let found = this.#found.get(key);
		if (found === undefined) {
			found = build.resolve(specifier, { kind, importer, resolveDir: folder, pluginData: PLAIN });
			this.#found.set(key, found);
			// The next build asks again if this one ended before it had an answer.
			found.catch(() => this.#found.delete(key));
		}
		return found;
	}
}
