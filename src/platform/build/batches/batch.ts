/**
 * Batches: builds that share one run of the bundler. The bundler parses a package once for all functions of a run, and
 * links each function separately, so its bundle has the same bytes as in a separate run. Pure.
 *
 * Builds share a run only if they belong to one upload and each gets the same configuration as in a separate run
 * (`./sharing.ts`).
 */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import { printLocal } from "../../../modules/import-map.ts";
import { ancestorsOf } from "../../../modules/paths.ts";
import type { PreparedBuild } from "../check/checker.ts";
import { CONFIGURATION } from "../hidden-folder.ts";

/** Builds, with the files that the bundler gets for them. */
export interface Batch {
	/** At least one build. */
	readonly builds: readonly PreparedBuild[];
	/** Path → content: the files of all builds, with one configuration. */
	readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Collects the builds of a batch, one by one. */
class Collector {
	readonly #builds: PreparedBuild[] = [];
	readonly #files = new Map<string, Uint8Array>();
	readonly #fileScopes = new Map<string, string>();

	/** Adds a build. @returns false, without a change, if it cannot share the run of those that were added before */
	add(build: PreparedBuild): boolean {
		const [first] = this.#builds;
		if (first !== undefined && !this.#fits(build, first)) return false;
		this.#builds.push(build);
		for (const [path, content] of build.files) this.#files.set(path, content);
		for (const [file, scope] of build.sharing?.fileScopes ?? []) this.#fileScopes.set(file, scope);
		return true;
	}

	finish(): Batch {
		if (this.#builds.length > 1) this.#files.set(CONFIGURATION, this.#configuration());
		return { builds: this.#builds, files: this.#files };
	}

	#fits(build: PreparedBuild, { sharing: first }: PreparedBuild): boolean {
		const { files, sharing } = build;
		if (sharing === undefined || sharing.upload !== first?.upload || sharing.key !== first.key) return false;
		for (const [path, content] of files) {
			const known = this.#files.get(path);
			// Equal contents of one upload are one object.
			if (path !== CONFIGURATION && known !== undefined && known !== content) return false;
		}
		if (this.#builds.some((other) => importsEntry(other, build) || importsEntry(build, other))) return false;
		// A scope of one file has no effect on a build without this file.
		for (const [file, scope] of sharing.fileScopes) {
			const known = this.#fileScopes.get(file);
			if (known === undefined ? this.#files.has(file) : known !== scope) return false;
		}
		return [...this.#fileScopes.keys()].every((file) => sharing.fileScopes.has(file) || !files.has(file));
	}

	/** The configuration that all builds have in common, with all scopes of single files. */
	#configuration(): Uint8Array {
		const { scopes, ...rest } = JSON.parse(fromUtf8(this.#files.get(CONFIGURATION) ?? utf8("{}")) ?? "{}");
		const added = [...this.#fileScopes].map(([file, scope]) => [printLocal(file), JSON.parse(scope)]);
		return utf8(JSON.stringify({ ...rest, scopes: { ...scopes, ...Object.fromEntries(added) } }));
	}
}

/**
 * Whether a build imports a JavaScript file that is the entry of another. For the entries of a run, the source map has
 * such a file as it was uploaded; otherwise, as the bundler prints it.
 */
function importsEntry({ entry, files }: PreparedBuild, { entry: other }: PreparedBuild): boolean {
	return entry !== other && /\.[cm]?jsx?$/.test(other) && files.has(other);
}

/**
 * Takes the first build and those that can share its run.
 * @param waiting at least one build
 * @param countMax the most builds of the batch
 */
export function batchOf(waiting: Iterable<PreparedBuild>, countMax: number): Batch {
	const collector = new Collector();
	let count = 0;
	for (const build of waiting) {
		if (count === countMax) break;
		if (collector.add(build)) count++;
	}
	return collector.finish();
}

/**
 * The path of an entry's bundle below the output folder. The bundler keeps the path from the folder that all entries
 * have in common, replaces the extension, and writes special characters as in a URL (`with%20space`).
 * @param entries the entries of the batch
 */
export function outputOf(entry: string, entries: readonly string[]): string {
	const [first = "", ...others] = entries.map((one) => ancestorsOf(one));
	const shared = [...first].filter((folder) => others.every((folders) => folders.includes(folder)));
	const base = shared.at(-1) ?? "";
	const inside = base === "" ? entry : entry.slice(base.length + 1);
	return asInUrl(inside.replace(/\.[^./]+$/, ".js"));
}

/** A path as it is written in a `file:` URL. */
function asInUrl(path: string): string {
	const escaped = path.replace(/[%\\?#]/g, encodeURIComponent);
	return new URL(`file:///${escaped}`).pathname.slice(1);
}
