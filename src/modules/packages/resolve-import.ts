/**
 * Resolves an import with the project's import maps and with the packages whose code is in the project. Pure.
 */
import { satisfies, validRange } from "semver";
import type { Configuration } from "../configuration.ts";
import { type ImportMap, type Resolution, resolveSpecifier } from "../import-map.ts";
import type { Source } from "./dependencies.ts";
import { type ImportKind, resolvePackageImport } from "./exports.ts";
import { folderAt } from "./folder-at.ts";
import { memberMap } from "./member-map.ts";
import type { LocalPackage } from "./members.ts";
import { fileOf, type ImportResolution, localFault, MOVE_HINT, packageFile } from "./package-file.ts";

/** Splits a name: `@acme/lib/sub` is the package `@acme/lib` and the subpath `/sub`. */
const NAME = /^((?:@[^/@]+\/)?[^/@]+)(\/.*)?$/;
const REGISTRY = /^(?:npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/i;

/** The name of the package in a registry specifier (`npm:`, `jsr:`); undefined for other specifiers. */
export function registryName(specifier: string): string | undefined {
	return REGISTRY.exec(specifier)?.[1];
}

/**
 * Resolves a specifier.
 * @param referrer path of the module that contains it
 * @param kind whether it is imported or required
 */
export function resolveImport(
	configuration: Configuration,
	specifier: string,
	referrer: string,
	kind: ImportKind,
): ImportResolution {
	return new Resolver(configuration, referrer, kind).resolve(specifier);
}

class Resolver {
	readonly #configuration: Configuration;
	readonly #referrer: string;
	readonly #kind: ImportKind;

	constructor(configuration: Configuration, referrer: string, kind: ImportKind) {
		this.#configuration = configuration;
		this.#referrer = referrer;
		this.#kind = kind;
	}

	resolve(specifier: string): ImportResolution {
		const { map, packages } = this.#configuration;
		const around = packages.enclosingPackage(this.#referrer);
		const fromPackage = around && this.#fromEnclosingPackage(around, specifier);
		if (fromPackage !== undefined) return fromPackage;
		const mapped = resolveSpecifier(map, specifier, this.#referrer);
		if (mapped.kind === "package") return this.#package(mapped, false);
		if (mapped.kind !== "unmapped") return { resolution: mapped, needsMapping: false };
		if (specifier.startsWith("#")) return this.#packageImport(specifier);
		return this.#bare(specifier) ?? { resolution: mapped, needsMapping: false };
	}

	/** Resolves a name with the manifests of the local package that contains the module. */
	#fromEnclosingPackage(around: LocalPackage, specifier: string): ImportResolution | undefined {
		// Deno reads the deno.json of workspace members only. Node reads the package.json of every package.
		const isMember = this.#configuration.packages.isMember(around.folder, this.#referrer);
		const map: ImportMap | undefined = isMember ? memberMap(around) : undefined;
		const mapped = map && resolveSpecifier(map, specifier, this.#referrer);
		const isPlain = mapped === undefined || ["unmapped", "refused"].includes(mapped.kind);
		const unmapped =
			map && resolveSpecifier({ imports: new Map(), scopes: new Map() }, specifier, this.#referrer);
		if (!isPlain && JSON.stringify(mapped) !== JSON.stringify(unmapped))
			return mapped.kind === "package"
				? this.#package(mapped, true)
				: { resolution: mapped, needsMapping: true };
		const [, name, subpath = ""] = NAME.exec(specifier) ?? [];
		if (name === undefined || /^[.#]|:/.test(name)) return undefined;
		const source = this.#configuration.packages.declaredIn(around.folder, name);
		return source && this.#fromSource(source, name, subpath);
	}

	/** A package from a registry, unless the project has a package with this name. */
	#package(mapped: Extract<Resolution, { kind: "package" }>, needsMapping: boolean): ImportResolution {
		const [, name, range, subpath = ""] = REGISTRY.exec(mapped.specifier) ?? [];
		if (name === undefined) return { resolution: mapped, needsMapping };
		return this.#local(name, range ?? "", subpath) ?? { resolution: mapped, needsMapping };
	}

	#bare(specifier: string): ImportResolution | undefined {
		const { packages } = this.#configuration;
		const [, name, subpath = ""] = NAME.exec(specifier) ?? [];
		if (name === undefined || name.includes(":")) return undefined;
		const declared = packages.declaredSource(name, this.#referrer);
		if (declared !== undefined) return this.#fromSource(declared, name, subpath);
		const local = this.#local(name, "", subpath);
		if (local !== undefined) return local;
		const peer = packages.peerSource(name, this.#referrer);
		return peer && this.#fromSource(peer, name, subpath);
	}

	/** Resolves an import of a declared dependency. */
	#fromSource(source: Source, name: string, subpath: string): ImportResolution {
		const { packages } = this.#configuration;
		if (source.kind === "refused")
			return localFault(
				source.outside ? "IMPORT_OUTSIDE" : "IMPORT_LOCAL_PACKAGE",
				source.why,
				source.outside ? MOVE_HINT : REPLACE_HINT,
			);
		if (source.kind === "registry") {
			const specifier = source.specifier + subpath;
			const resolution = resolveSpecifier(
				{ imports: new Map(), scopes: new Map() },
				specifier,
				this.#referrer,
			);
			return resolution.kind === "package"
				? this.#package(resolution, true)
				: { resolution, needsMapping: true };
		}
		if (source.kind === "folder") {
			const found = packages.packageAt(source.folder);
			const isPlain = found === undefined && packages.has(`${source.folder}/index.js`);
			if (found === undefined && !isPlain)
				return localFault(
					"IMPORT_LOCAL_PACKAGE",
					`package.json says "${source.text}", but there is neither a package.json nor a deno.json in ${source.folder || "the root"}`,
					"Correct the path, or add the manifest.",
				);
			return this.#file(found ?? { folder: source.folder, npm: undefined, deno: undefined }, name, subpath);
		}
		const local = this.#local(source.name, source.range, subpath);
		if (local !== undefined) return local;
		const hint =
			"Add the package to the workspace, or correct its name. A name that is declared as local is never requested from a registry.";
		return localFault(
			"IMPORT_LOCAL_PACKAGE",
			`package.json says "${source.text}", but no member of the workspace has the name "${source.name}"`,
			hint,
		);
	}

	/** Resolves a name to a package in the project; undefined if the project has none with this name. */
	#local(name: string, range: string, subpath: string): ImportResolution | undefined {
		const { packages } = this.#configuration;
		const [member, second] = packages.membersNamed(name, this.#referrer);
		if (member !== undefined && second !== undefined)
			return localFault(
				"IMPORT_LOCAL_PACKAGE",
				`${member.folder || "."} and ${second.folder || "."} both have this name`,
				"Rename one of them.",
			);
		if (member !== undefined)
			return this.#versionFault(member, name, range) ?? this.#file(member, name, subpath);
		const declared =
			packages.declaredSource(name, this.#referrer) ?? packages.peerSource(name, this.#referrer);
		if (declared?.kind === "folder" || declared?.kind === "refused")
			return this.#fromSource(declared, name, subpath);
		if (declared?.kind === "member" && declared.name !== name)
			return this.#fromSource(declared, name, subpath);
		const outside = packages.outside(name);
		if (outside === undefined) return undefined;
		return localFault(
			"IMPORT_OUTSIDE",
			`it is the workspace member ${outside}, which is outside the project`,
			MOVE_HINT,
		);
	}

	#versionFault(
		{ deno, folder, npm }: LocalPackage,
		name: string,
		range: string,
	): ImportResolution | undefined {
		const version = npm?.value.get("version") ?? deno?.value.get("version");
		// A tag such as `latest` is not a range, so every version satisfies it.
		if (typeof version !== "string" || range === "" || validRange(range) === null) return undefined;
		if (satisfies(version, range, { includePrerelease: true })) return undefined;
		const why = `it is the workspace member ${folder || "."} at version ${version}, which does not satisfy "${range}"`;
		return localFault(
			"IMPORT_LOCAL_PACKAGE",
			why,
			`Use a range that includes ${version}, or rename the member. The name of a member (${name}) is never requested from a registry.`,
		);
	}

	#file(local: LocalPackage, name: string, subpath: string): ImportResolution {
		return packageFile(local, name, subpath, this.#kind, this.#configuration.packages);
	}

	/** Resolves a name that begins with `#` with the nearest package.json. */
	#packageImport(name: string): ImportResolution {
		const { packages } = this.#configuration;
		const scope = packages.nearestManifest(this.#referrer);
		const path = scope === undefined ? "package.json" : folderAt(scope.folder, "package.json");
		const found = scope && resolvePackageImport(scope.manifest.get("imports"), name, this.#kind);
		if (scope === undefined || found === undefined)
			return localFault(
				"IMPORT_UNMAPPED",
				`neither an import map nor the "imports" of ${path} contain this name`,
				`Add it to the "imports" of ${path} or of deno.json.`,
			);
		if ("fault" in found)
			return localFault(
				"IMPORT_LOCAL_PACKAGE",
				`${path} ${found.fault}`,
				`Correct the "imports" of ${path}.`,
			);
		if (found.target.startsWith(".")) {
			const local = { folder: scope.folder, npm: undefined, deno: undefined };
			return fileOf(
				local,
				found.target,
				`"imports" of ${path} says ${JSON.stringify(found.target)}`,
				packages,
			);
		}
		return { ...this.resolve(found.target), needsMapping: true };
	}
}

const REPLACE_HINT =
	"Add the code to the project as a member of its workspace, or use a version from a registry.";
