/** Reads the dependencies of a package.json, and finds the source of each package. Pure. */
import { objectOf, stringsOf } from "../jsonc.ts";
import { folderAt } from "./folder-at.ts";
import type { Manifest } from "./manifests.ts";

export type Source =
	/** `specifier` begins with `npm:` or `jsr:`. */
	| { readonly kind: "registry"; readonly specifier: string }
	/** The package in a folder of the project. */
	| { readonly kind: "folder"; readonly folder: string; readonly text: string }
	/** The workspace member with this name, at a version in the range. */
	| { readonly kind: "member"; readonly name: string; readonly range: string; readonly text: string }
	/** Not supported. `why` is a clause that ends the message. `outside`: the path leads out of the project. */
	| { readonly kind: "refused"; readonly outside: boolean; readonly why: string };

/** Returns the version of a package in a workspace's catalog. The catalog without a name is called `default`. */
export type Catalogs = (catalog: string, name: string) => string | undefined;

const RANGE = /^[\w.^~<>=|*+ -]*$/;
const LOCAL = /^(file|link|portal):/i;
/** Text without a protocol that npm reads as a path. */
const BARE_PATH = /^(\.{1,2}\/|\/|~\/|[a-z]:[\\/])|^\.{1,2}$/i;
/** Entries of later fields win over those of earlier ones. */
const FIELDS = ["optionalDependencies", "devDependencies", "dependencies"];

/**
 * Finds the source of a package.
 * @param text the value of the dependency in the package.json
 * @param folder the folder of the package.json
 */
export function dependencySource(name: string, text: string, folder: string, catalogs: Catalogs): Source {
	const [, protocol = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [];
	switch (protocol.toLowerCase()) {
		case "workspace":
			return workspaceSource(name, rest, folder, text);
		case "file":
		case "link":
		case "portal":
			return folderSource(rest, folder, text);
		case "catalog": {
			const version = catalogs(rest.trim() || "default", name);
			if (version === undefined || /^catalog:/i.test(version))
				return refusedSource(
					`package.json says "${text}", but no catalog in a pnpm-workspace.yaml or package.json above it contains the package`,
				);
			return dependencySource(name, version, folder, catalogs);
		}
		case "npm":
		case "jsr": {
			// Yarn and pnpm write `npm:^4` for a version of the package with the dependency's own name.
			const isVersion = /^[\d^~<>=*v]/.test(rest) || rest === "";
			const specifier = isVersion
				? registry(protocol.toLowerCase(), name, rest)
				: `${protocol.toLowerCase()}:${rest}`;
			return { kind: "registry", specifier };
		}
	}
	if (BARE_PATH.test(text)) return folderSource(text, folder, text);
	if (RANGE.test(text)) return { kind: "registry", specifier: registry("npm", name, text) };
	const where = protocol === "" ? "a git repository" : `an address that begins with "${protocol}:"`;
	return refusedSource(`package.json takes it from ${where}, which is neither in the project nor a registry`);
}

function registry(scheme: string, name: string, range: string): string {
	return `${scheme}:${name}${range.trim() === "" ? "" : `@${range.trim()}`}`;
}

function refusedSource(why: string, outside = false): Source {
	return { kind: "refused", outside, why };
}

function workspaceSource(name: string, rest: string, folder: string, text: string): Source {
	if (BARE_PATH.test(rest)) return folderSource(rest, folder, text);
	const [, alias, range = ""] = /^((?:@[^/@]+\/)?[^/@^~<>=*\s][^/@]*)@(.*)$/.exec(rest) ?? [];
	const wanted = alias === undefined ? rest : range;
	// `workspace:^` and the like are replaced when the package is published. Any local version satisfies them.
	return { kind: "member", name: alias ?? name, range: /^[*^~]?$/.test(wanted) ? "*" : wanted, text };
}

function folderSource(path: string, folder: string, text: string): Source {
	if (/\.(tgz|tar|tar\.gz)$/i.test(path))
		return refusedSource(`package.json says "${text}", but archives are not supported`);
	const target = folderAt(folder, path);
	if (target === undefined)
		return refusedSource(`package.json says "${text}", which leads out of the project`, true);
	return { kind: "folder", folder: target, text };
}

/** The dependencies of a package.json, by name, without peer dependencies. */
export function dependenciesOf(manifest: Manifest | undefined): Map<string, string> {
	return new Map(FIELDS.flatMap((field) => stringsOf(manifest?.get(field))));
}

/** The peer dependencies of a package.json, by name. */
export function peersOf(manifest: Manifest | undefined): Map<string, string> {
	return new Map(stringsOf(manifest?.get("peerDependencies")));
}

/**
 * The names that the root of a workspace maps to local code, regardless of the dependencies: `overrides` of npm and
 * pnpm, and `resolutions` of Yarn.
 * @returns by name, the text of the override
 */
export function localOverrides(
	manifest: Manifest | undefined,
	pnpm: Manifest | undefined,
): Map<string, string> {
	const tables = [
		manifest?.get("overrides"),
		manifest?.get("resolutions"),
		objectOf(manifest?.get("pnpm")).get("overrides"),
		pnpm?.get("overrides"),
	];
	const found = new Map<string, string>();
	for (const [key, text] of tables.flatMap((table) => stringsOf(table))) {
		if (!LOCAL.test(text) && !/^workspace:/i.test(text) && !BARE_PATH.test(text)) continue;
		// The key can be `**/name`, `parent/name`, `parent>name` or `name@range`.
		const name = /(?:^|[/>])((?:@[^/@>]+\/)?[^/@>]+)(?:@[^/>]*)?$/.exec(key.replace(/^.*>/, ""))?.[1];
		if (name !== undefined) found.set(name, text);
	}
	return found;
}
