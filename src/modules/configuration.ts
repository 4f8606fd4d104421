/**
 * What a project's configuration files say about one entry module. Pure: the files come through `read`.
 *
 * From the root down to the entry's folder, each folder's `deno.json` or `deno.jsonc` (its `imports` and
 * `scopes`, or the file that its `importMap` names), else its `import_map.json`, and the dependencies of
 * its `package.json` count. Where two say different things about a name, the one nearer to the entry
 * holds. Nothing else of these files is used, save how JSX and decorators are compiled.
 */
import { type ImportMap, normalise, normaliseEntries } from "./import-map.ts";
import { type Jsonc, objectOf, stringsOf } from "./jsonc.ts";
import { IMPORT_MAP_NAMES_MAX } from "./limits.ts";
import { dependenciesOf, dependencySource } from "./packages/dependencies.ts";
import { LocalPackages } from "./packages/local-packages.ts";
import { configurationFault, type Manifest, type ManifestPort, Manifests } from "./packages/manifests.ts";
import { ancestorsOf, join, resolvePath } from "./paths.ts";

export interface Configuration {
	map: ImportMap;
	/** `jsx`, `jsxImportSource`, `experimentalDecorators` … as the files have them. */
	compilerOptions: ReadonlyMap<string, string | boolean>;
	/** The names that are those of code in the project. */
	packages: LocalPackages;
	/** The configuration files that were used, sorted: more of them, the more imports were resolved. */
	readonly files: string[];
}

const COMPILER_OPTIONS = [
	"jsx",
	"jsxFactory",
	"jsxFragmentFactory",
	"jsxImportSource",
	"experimentalDecorators",
	"emitDecoratorMetadata",
];

/** The maps of several files, in the order in which they count. */
class MapBuilder {
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
			throw configurationFault(
				path,
				`brings an entry's import maps over ${IMPORT_MAP_NAMES_MAX} names, which is the most`,
			);
		for (const [key, address] of normaliseEntries(entries, directory)) map.set(key, address);
	}
}

/**
 * The configuration that holds for an entry.
 * @param entry path of the module, relative to the root
 * @param outside names of workspace members that lie outside of the root, with where
 * @throws AppError `CONFIGURATION_INVALID` (exit 2) naming the file that is no JSON object, that has too
 *   many names, or whose `importMap` is not a file of the root
 */
export function configurationFor(
	entry: string,
	port: ManifestPort,
	outside: ReadonlyMap<string, string> = new Map(),
): Configuration {
	const manifests = new Manifests(port);
	const maps = new MapBuilder();
	const compilerOptions = new Map<string, string | boolean>();
	for (const directory of ancestorsOf(entry)) {
		const manifest = join(directory, "package.json");
		maps.addTo(maps.imports, manifest, registryDependencies(manifests.json(manifest)), "");
		const deno = manifests.deno(directory);
		const path = deno?.path ?? join(directory, "import_map.json");
		const config = deno?.value ?? manifests.json(path);
		if (config === undefined) continue;
		const linked = deno !== undefined && !config.has("imports") ? config.get("importMap") : undefined;
		if (typeof linked === "string") addImportMapFile(maps, path, directory, linked, manifests);
		maps.add(path, config, directory);
		for (const name of COMPILER_OPTIONS) {
			const option = objectOf(config.get("compilerOptions")).get(name);
			if (typeof option === "string" || typeof option === "boolean") compilerOptions.set(name, option);
		}
	}
	const { imports, scopes } = maps;
	const packages = new LocalPackages(entry, manifests, outside);
	return {
		map: { imports, scopes },
		compilerOptions,
		packages,
		get files() {
			return manifests.used;
		},
	};
}

/** Takes in the import map that a deno.json names. */
function addImportMapFile(
	maps: MapBuilder,
	path: string,
	directory: string,
	linked: string,
	manifests: Manifests,
): void {
	const target = /^([a-z]+:|\/)/i.test(linked) ? undefined : resolvePath(directory, linked);
	const map = target === undefined ? undefined : manifests.json(target);
	if (target === undefined || map === undefined)
		throw configurationFault(path, "names an importMap that is not there");
	maps.add(target, map, target.includes("/") ? target.slice(0, target.lastIndexOf("/")) : "");
}

/**
 * A package.json's dependencies that come from a registry, as entries of an import map. What else there is, is for
 * `LocalPackages` to say.
 */
function registryDependencies(manifest: Manifest | undefined): [string, string][] {
	return [...dependenciesOf(manifest)].flatMap(([name, text]): [string, string][] => {
		const source = /^catalog:/i.test(text) ? undefined : dependencySource(name, text, "", () => undefined);
		return source?.kind === "registry" ? [[name, source.specifier]] : [];
	});
}
