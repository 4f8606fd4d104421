/**
 * Batches: builds that share one run of the bundler. The bundler parses a package once for all functions of a run, and
 * links each function by itself, so its bundle has the same bytes as that of a run of its own. Pure.
 *
 * Builds share a run only if they belong to one upload and each would see the same configuration as in a run of its own.
 */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import { ancestorsOf } from "../../../modules/paths.ts";
import type { PreparedBuild } from "../check/checker.ts";
import { CONFIGURATION, LOCK } from "../hidden-folder.ts";

/** Builds with all that the bundler sees for them. */
export interface Batch {
	/** At least one build. */
	readonly builds: readonly PreparedBuild[];
	/** Path → content: the files of all builds, with one configuration. */
	readonly files: ReadonlyMap<string, Uint8Array>;
}

type Scopes = Readonly<Record<string, unknown>>;

interface Configuration {
	/** Everything but the scopes. */
	readonly rest: string;
	readonly scopes: Scopes;
}

function configurationOf({ files }: PreparedBuild): Configuration {
	const { scopes = {}, ...rest } = JSON.parse(fromUtf8(files.get(CONFIGURATION) ?? utf8("{}")) ?? "{}");
	return { rest: JSON.stringify(rest), scopes };
}

/** The upload's file that a scope concerns, as `printLocal` wrote it. Undefined for scopes of folders and of URLs. */
function fileOf(scope: string): string | undefined {
	if (!scope.startsWith("../") || scope.endsWith("/")) return undefined;
	return decodeURIComponent(scope.slice("../".length));
}

/** Whether a build's modules would resolve the same with the scopes of others beside its own. */
function isUnaffected(build: PreparedBuild, own: Scopes, others: Scopes): boolean {
	return Object.entries(others).every(([scope, mapping]) => {
		if (JSON.stringify(own[scope]) === JSON.stringify(mapping)) return true;
		// A scope of one file changes nothing in a build without this file.
		const file = fileOf(scope);
		return file !== undefined && own[scope] === undefined && !build.files.has(file);
	});
}

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined) =>
	one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0);

/** Collects the builds of a batch, one by one. */
class Collector {
	readonly #builds: { readonly build: PreparedBuild; readonly scopes: Scopes }[] = [];
	readonly #files = new Map<string, Uint8Array>();
	#scopes: Record<string, unknown> = {};
	#rest = "";

	/** Adds a build. @returns false, without a change, if it cannot share the run of those that were added before */
	add(build: PreparedBuild): boolean {
		const { rest, scopes } = configurationOf(build);
		if (this.#builds.length > 0 && !this.#fits(build, rest, scopes)) return false;
		this.#rest = rest;
		this.#scopes = { ...this.#scopes, ...scopes };
		this.#builds.push({ build, scopes });
		for (const [path, content] of build.files) this.#files.set(path, content);
		return true;
	}

	finish(): Batch {
		const builds = this.#builds.map(({ build }) => build);
		if (builds.length === 1) return { builds, files: this.#files };
		const configuration = { ...JSON.parse(this.#rest), scopes: this.#scopes };
		this.#files.set(CONFIGURATION, utf8(JSON.stringify(configuration)));
		return { builds, files: this.#files };
	}

	#fits(build: PreparedBuild, rest: string, scopes: Scopes): boolean {
		const first = this.#builds[0]?.build;
		if (first === undefined || build.upload === undefined || build.upload !== first.upload) return false;
		if (rest !== this.#rest || build.localNames.join() !== first.localNames.join()) return false;
		if (build.files.has(LOCK) !== first.files.has(LOCK)) return false;
		for (const [path, content] of build.files) {
			const known = this.#files.get(path);
			if (path !== CONFIGURATION && known !== undefined && !sameBytes(known, content)) return false;
		}
		return (
			isUnaffected(build, scopes, this.#scopes) &&
			this.#builds.every((other) => isUnaffected(other.build, other.scopes, scopes))
		);
	}
}

/**
 * Takes the first build and those that can share its run.
 * @param waiting at least one build
 * @param countMax the most builds of the batch
 */
export function batchOf(waiting: readonly PreparedBuild[], countMax: number): Batch {
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
 * have in common, and replaces the extension.
 * @param entries the entries of the batch
 */
export function outputOf(entry: string, entries: readonly string[]): string {
	const [first = "", ...others] = entries.map((one) => ancestorsOf(one));
	const shared = [...first].filter((folder) => others.every((folders) => folders.includes(folder)));
	const base = shared.at(-1) ?? "";
	const inside = base === "" ? entry : entry.slice(base.length + 1);
	return inside.replace(/\.[^./]+$/, ".js");
}
