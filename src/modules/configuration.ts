/**
 * What a project's configuration files say about one entry module. Pure: the files come through `read`.
 *
 * From the root down to the entry's folder, each folder's `deno.json` or `deno.jsonc` (its `imports` and
 * `scopes`, or the file that its `importMap` names), else its `import_map.json`, and the dependencies of
 * its `package.json` count. Where two say different things about a name, the one nearer to the entry
 * holds. Nothing else of these files is used, save how JSX and decorators are compiled.
 */
import { fromUtf8 } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { type ImportMap, normalise, normaliseEntries } from "./import-map.ts";
import { type Jsonc, objectOf, parseJsonc, stringsOf } from "./jsonc.ts";
import { IMPORT_MAP_NAMES_MAX } from "./limits.ts";
import { ancestorsOf, join, resolvePath } from "./paths.ts";

export interface Configuration {
	map: ImportMap;
	/** `jsx`, `jsxImportSource`, `experimentalDecorators` … as the files have them. */
	compilerOptions: ReadonlyMap<string, string | boolean>;
	/** The configuration files that were used, sorted. */
	files: string[];
}

/** The bytes of a file of the root, or undefined where there is none. */
export type ReadFile = (path: string) => Uint8Array | undefined;

const COMPILER_OPTIONS = [
	"jsx",
	"jsxFactory",
	"jsxFragmentFactory",
	"jsxImportSource",
	"experimentalDecorators",
	"emitDecoratorMetadata",
];

function invalid(path: string, why: string): AppError {
	return new AppError({
		code: "CONFIGURATION_INVALID",
		message: `${path} ${why}.`,
		hint: "Correct the file; comments and trailing commas are fine in it.",
		exit: EXIT.usage,
	});
}

/** The maps of several files, in the order in which they count. */
class Maps {
	readonly imports = new Map<string, string>();
	readonly scopes = new Map<string, Map<string, string>>();
	#names = 0;

	/** Takes in a file's `imports` and `scopes`. */
	add(path: string, source: ReadonlyMap<string, Jsonc>, directory: string): void {
		this.addTo(this.imports, path, stringsOf(source.get("imports")), directory);
		for (const [scope, mapping] of objectOf(source.get("scopes"))) {
			const key = normalise(scope, directory);
			const known = this.scopes.get(key) ?? new Map<string, string>();
			this.addTo(known, path, stringsOf(mapping), directory);
			this.scopes.set(key, known);
		}
	}

	/** Takes entries of a file into one of the maps. */
	addTo(map: Map<string, string>, path: string, entries: [string, string][], directory: string): void {
		// And one for the scope, which may be empty.
		this.#names += entries.length + 1;
		if (this.#names > IMPORT_MAP_NAMES_MAX)
			throw invalid(
				path,
				`brings an entry's import maps over ${IMPORT_MAP_NAMES_MAX} names, which is the most`,
			);
		for (const [key, address] of normaliseEntries(entries, directory)) map.set(key, address);
	}
}

/**
 * The configuration that holds for an entry.
 * @param entry path of the module, relative to the root
 * @throws AppError `CONFIGURATION_INVALID` (exit 2) naming the file that is no JSON object, that has too
 *   many names, or whose `importMap` is not a file of the root
 */
export function configurationFor(entry: string, read: ReadFile): Configuration {
	const files = new Set<string>();
	const maps = new Maps();
	const compilerOptions = new Map<string, string | boolean>();
	const load = (path: string): ReadonlyMap<string, Jsonc> | undefined => {
		const bytes = read(path);
		if (bytes === undefined) return undefined;
		files.add(path);
		const value = parseJsonc(fromUtf8(bytes) ?? "\0");
		if (!(value instanceof Map)) throw invalid(path, "is not a JSON object");
		return value;
	};
	for (const directory of ancestorsOf(entry)) {
		const manifest = join(directory, "package.json");
		maps.addTo(maps.imports, manifest, dependencies(load(manifest)), "");
		const path = ["deno.json", "deno.jsonc"].map((name) => join(directory, name)).find((name) => read(name));
		const config = path === undefined ? load(join(directory, "import_map.json")) : load(path);
		if (config === undefined) continue;
		const linked = path !== undefined && !config.has("imports") ? config.get("importMap") : undefined;
		if (path !== undefined && typeof linked === "string") {
			const target = /^([a-z]+:|\/)/i.test(linked) ? undefined : resolvePath(directory, linked);
			const map = target === undefined ? undefined : load(target);
			if (target === undefined || map === undefined)
				throw invalid(path, "names an importMap that is not there");
			maps.add(target, map, target.includes("/") ? target.slice(0, target.lastIndexOf("/")) : "");
		}
		maps.add(path ?? join(directory, "import_map.json"), config, directory);
		for (const name of COMPILER_OPTIONS) {
			const option = objectOf(config.get("compilerOptions")).get(name);
			if (typeof option === "string" || typeof option === "boolean") compilerOptions.set(name, option);
		}
	}
	const { imports, scopes } = maps;
	return { map: { imports, scopes }, compilerOptions, files: [...files].sort() };
}

/** A package.json's dependencies as entries of an import map; those that are no plain versions are left out. */
function dependencies(manifest: ReadonlyMap<string, Jsonc> | undefined): [string, string][] {
	const entries: [string, string][] = [];
	for (const field of ["devDependencies", "dependencies"]) {
		for (const [name, version] of stringsOf(manifest?.get(field))) {
			if (/^(npm|jsr):/.test(version)) entries.push([name, version]);
			else if (/^[\w.^~<>=|*+ -]+$/.test(version)) entries.push([name, `npm:${name}@${version}`]);
		}
	}
	return entries;
}
