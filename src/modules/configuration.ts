/**
 * Reads the configuration that a project's files contain for one entry module. Pure: a port reads the files.
 *
 * In each folder from the root down to the entry's folder, these files are read: `deno.json` or `deno.jsonc` (its
 * `imports` and `scopes`, or the file in its `importMap`), otherwise `import_map.json`, and the dependencies in
 * `package.json`. If two files map the same name, the one nearer to the entry wins. An import map that the function's
 * settings name wins over all of them. Apart from dependencies, only the compiler options for JSX and decorators are
 * used.
 */
import { type ImportMap, normalise, normaliseEntries } from "./import-map.ts";
import { type Jsonc, objectOf, stringsOf } from "./jsonc.ts";
import { IMPORT_MAP_NAMES_MAX } from "./limits.ts";
import { dependenciesOf, dependencySource } from "./packages/dependencies.ts";
import { LocalPackages } from "./packages/local-packages.ts";
import { configurationFault, type Manifest, type ManifestPort, Manifests } from "./packages/manifests.ts";
import { ancestorsOf, directoryOf, join, resolvePath } from "./paths.ts";

export interface Configuration {
	map: ImportMap;
	/** `jsx`, `jsxImportSource`, `experimentalDecorators` and others, unchanged. */
	compilerOptions: ReadonlyMap<string, string | boolean>;
	/** The packages whose code is in the project. */
	packages: LocalPackages;
	/** The configuration files used so far, sorted. Resolving further imports can add some. */
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

/** Combines the import maps of several files. Later ones win. */
class MapBuilder {
	readonly imports = new Map<string, string>();
	readonly scopes = new Map<string, Map<string, string>>();
	#names = 0;

	/** Adds the `imports` and `scopes` of a file. */
	add(path: string, source: ReadonlyMap<string, Jsonc>, directory: string): void {
		this.addTo(this.imports, path, stringsOf(source.get("imports")), directory);
		for (const [scope, mapping] of objectOf(source.get("scopes"))) {
			const key = normalise(scope, directory);
			const known = this.scopes.get(key) ?? new Map<string, string>();
			this.addTo(known, path, stringsOf(mapping), directory);
			this.scopes.set(key, known);
		}
	}

	/** Adds entries of a file to one of the maps. */
	addTo(map: Map<string, string>, path: string, entries: [string, string][], directory: string): void {
		// Count the scope too, because it may have no entries.
		this.#names += entries.length + 1;
		if (this.#names > IMPORT_MAP_NAMES_MAX)
			throw configurationFault(
				path,
				`makes an entry's import maps exceed the limit of ${IMPORT_MAP_NAMES_MAX} names`,
			);
		for (const [key, address] of normaliseEntries(entries, directory)) map.set(key, address);
	}
}

export interface ConfigurationOptions {
	/** Names of workspace members outside the root, with their paths. */
	readonly outside?: ReadonlyMap<string, string> | undefined;
	/** Path of an import map or a `deno.json` that the function's settings name. */
	readonly importMap?: string | undefined;
}

/**
 * Reads the configuration for an entry module.
 * @param entry path of the module, relative to the root
 * @throws AppError `CONFIGURATION_INVALID` (exit 2) with the path of a file that is not a JSON object, has too many
 *   names, or has an `importMap` that is not a file below the root, and if `importMap` does not exist
 */
export function configurationFor(
	entry: string,
	port: ManifestPort,
	{ importMap, outside }: ConfigurationOptions = {},
): Configuration {
	const manifests = new Manifests(port);
	const maps = new MapBuilder();
	const compilerOptions = new Map<string, string | boolean>();
	const addConfig = (path: string, config: Manifest, isDeno: boolean) => {
		const directory = directoryOf(path);
		const linked = isDeno && !config.has("imports") ? config.get("importMap") : undefined;
		if (typeof linked === "string") addImportMapFile(maps, path, directory, linked, manifests);
		maps.add(path, config, directory);
		for (const name of COMPILER_OPTIONS) {
			const option = objectOf(config.get("compilerOptions")).get(name);
			if (typeof option === "string" || typeof option === "boolean") compilerOptions.set(name, option);
		}
	};
	for (const directory of ancestorsOf(entry)) {
		const manifest = join(directory, "package.json");
		maps.addTo(maps.imports, manifest, registryDependencies(manifests.json(manifest)), "");
		const deno = manifests.deno(directory);
		const path = deno?.path ?? join(directory, "import_map.json");
		const config = deno?.value ?? manifests.json(path);
		if (config !== undefined) addConfig(path, config, deno !== undefined);
	}
	if (importMap !== undefined) {
		const config = manifests.json(importMap);
		if (config === undefined)
			throw configurationFault(
				importMap,
				"is the import map that the function's settings name, but it does not exist",
			);
		addConfig(importMap, config, /(^|\/)deno\.jsonc?$/.test(importMap));
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

/** Adds the file in a deno.json's `importMap`. */
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
		throw configurationFault(path, "has an importMap that does not exist in the project");
	maps.add(target, map, directoryOf(target));
}

/**
 * The dependencies of a package.json that come from a registry, as entries of an import map. `LocalPackages` handles
 * all other dependencies.
 */
function registryDependencies(manifest: Manifest | undefined): [string, string][] {
	return [...dependenciesOf(manifest)].flatMap(([name, text]): [string, string][] => {
		const source = /^catalog:/i.test(text) ? undefined : dependencySource(name, text, "", () => undefined);
		return source?.kind === "registry" ? [[name, source.specifier]] : [];
	});
}
