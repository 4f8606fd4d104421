/** Where imports lead in the folders of packages. */
import { statSync } from "node:fs";
import type { OnResolveArgs, PluginBuild, ResolveResult } from "esbuild";
import { fromUtf8 } from "../bytes.ts";
import { type EntryPoints, moduleOf, type PackageFiles } from "../modules/packages/entry-points.ts";
import { readSource } from "./disk.ts";

/** Where an import leads, in esbuild's words. */
export type Resolution = Pick<ResolveResult, "path" | "namespace" | "sideEffects">;

/** Marks a request to the bundler's own resolution. */
export const PLAIN = Symbol("plain");

/**
 * What the bundler has resolved so far, for all bundles. The content of these folders does not change, and the
 * bundler would read them again for each bundle.
 */
export class Resolutions {
	readonly #found = new Map<string, Promise<ResolveResult>>();
	readonly #manifests = new Map<string, ReturnType<PackageFiles["manifestOf"]>>();
	readonly #files: PackageFiles = {
		manifestOf: (folder) => {
			const known = this.#manifests.get(folder) ?? readManifest(folder);
			this.#manifests.set(folder, known);
			return known;
		},
		isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
		textOf,
	};

	/**
	 * Resolves an import.
	 * @param build the build that asks
	 * @param folder the folder of the importing module
	 * @param entryPoints those that this bundle uses
	 * @returns undefined if it leads nowhere
	 */
	async find(
		build: PluginBuild,
		args: OnResolveArgs,
		specifier: string,
		folder: string,
		entryPoints: EntryPoints,
	): Promise<Resolution | undefined> {
		const { errors, path, namespace, sideEffects } = await this.#resolve(build, args, specifier, folder);
		if (errors.length > 0) return undefined;
		const root = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
		const two = root && moduleOf({ path: specifier, resolveDir: folder }, path, root, this.#files);
		const isMain = two && entryPoints.isMain(two, args.kind);
		return { path: isMain ? two.main : path, namespace, sideEffects };
	}

	/** As esbuild resolves it, which prefers `module`. */
	#resolve(
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

/** The text of a file; empty if there is none, or if it is too large to be a source. */
function textOf(path: string): string {
	try {
		return fromUtf8(readSource(path.slice(1)) ?? new Uint8Array()) ?? "";
	} catch {
		return "";
	}
}

function readManifest(folder: string): ReturnType<PackageFiles["manifestOf"]> {
	try {
		return JSON.parse(textOf(`${folder}/package.json`)) ?? {};
	} catch {
		return {};
	}
}
