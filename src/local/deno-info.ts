/** Parses the used part of the output of `deno info --json`. Pure. */

/** A module that Deno fetched, or failed to fetch. */
export interface DenoModule {
	/** `esm`, `asserted`, `npm`, `node`, `external` … */
	readonly kind: string;
	/** Its URL, after redirects. */
	readonly specifier: string;
	/** The targets of its imports, by specifier. */
	readonly imports: ReadonlyMap<string, string>;
	/** Path of the file in Deno's cache. */
	readonly local?: string;
	/** Deno's name of its language: `TypeScript`, `JavaScript`, `Json`. */
	readonly mediaType?: string;
	/** For a package: it and all packages that it depends on, in exact versions, with their registries. */
	readonly packages?: readonly string[];
	readonly error?: string;
}

interface InfoPackage {
	registryUrl?: string;
	dependencies?: string[];
}

interface InfoModule extends Omit<DenoModule, "imports" | "packages"> {
	npmPackage?: string;
	dependencies?: { specifier: string; code?: { specifier?: string; error?: string } }[];
}

/** The modules by URL, and by each URL that redirects to them. */
export function parseInfo(json: string): Map<string, DenoModule> {
	const info = JSON.parse(json) as {
		modules: InfoModule[];
		redirects?: Record<string, string>;
		npmPackages?: Record<string, InfoPackage>;
	};
	const modules = new Map<string, DenoModule>();
	for (const module of info.modules) {
		const { kind = "", specifier, local, mediaType, npmPackage, error, dependencies = [] } = module;
		const imports = new Map<string, string>();
		for (const { specifier: written, code } of dependencies)
			if (code?.specifier !== undefined) imports.set(written, code.specifier);
		modules.set(specifier, {
			kind,
			specifier,
			imports,
			...(local !== undefined && { local }),
			...(mediaType !== undefined && { mediaType }),
			...(npmPackage !== undefined && { packages: withDependencies(npmPackage, info.npmPackages ?? {}) }),
			...(error !== undefined && { error: oneLine(error) }),
		});
	}
	for (const from of Object.keys(info.redirects ?? {})) {
		const module = modules.get(followed(from, info.redirects ?? {}));
		if (module !== undefined) modules.set(from, module);
	}
	return modules;
}

/** A package and all packages that it depends on. */
function withDependencies(root: string, packages: Readonly<Record<string, InfoPackage>>): string[] {
	const names = new Set([root]);
	// Iterating a set also visits elements that are added during the iteration.
	for (const name of names)
		for (const dependency of packages[name]?.dependencies ?? []) names.add(dependency);
	return [...names].sort().map((name) => `${packages[name]?.registryUrl ?? ""} ${name}`);
}

function followed(from: string, redirects: Readonly<Record<string, string>>): string {
	const seen = new Set<string>();
	let at = from;
	for (let next = redirects[at]; next !== undefined && !seen.has(at); next = redirects[at]) {
		seen.add(at);
		at = next;
	}
	return at;
}

/** The first line of an error, replaced by a clearer text if there is one. */
function oneLine(text: string): string {
	const line = (text.split("\n")[0] ?? "").replace(/\.$/, "");
	const host = /^Requires import access to "([^"]+?)(?::443)?"/.exec(line)?.[1];
	if (host !== undefined) return `modules of ${host} are not allowed`;
	return /Import '.*' failed$/.test(line) ? "it cannot be downloaded on this machine" : line;
}
