/** What a package.json says about where a name comes from. Pure. */
import { objectOf, stringsOf } from "../jsonc.ts";
import { folderAt } from "./folder-at.ts";
import type { Manifest } from "./manifests.ts";

export type Source =
	/** A specifier that begins with `npm:` or `jsr:`. */
	| { readonly kind: "registry"; readonly specifier: string }
	/** The package in a folder of the project. */
	| { readonly kind: "folder"; readonly folder: string; readonly text: string }
	/** The workspace member of a name, at a version that a range takes. */
	| { readonly kind: "member"; readonly name: string; readonly range: string; readonly text: string }
	/** What `why` says; a sentence about the name ends with it. `outside`: it leads out of the project. */
	| { readonly kind: "refused"; readonly outside: boolean; readonly why: string };

/** Versions by name, of a workspace's catalogs; the one without a name is called `default`. */
export type Catalogs = (catalog: string, name: string) => string | undefined;

const RANGE = /^[\w.^~<>=|*+ -]*$/;
const LOCAL = /^(file|link|portal):/i;
/** As npm takes a path that has no protocol. */
const BARE_PATH = /^(\.{1,2}\/|\/|~\/|[a-z]:[\\/])|^\.{1,2}$/i;
/** Later ones hold over earlier ones. */
const FIELDS = ["optionalDependencies", "devDependencies", "dependencies"];

/**
 * Where a name comes from.
 * @param text as the package.json has it
 * @param folder that of the package.json
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
					`package.json says "${text}", and no pnpm-workspace.yaml or package.json above it has that in a catalog`,
				);
			return dependencySource(name, version, folder, catalogs);
		}
		case "npm":
		case "jsr": {
			// `npm:^4` is a version of the package that is called so, as Yarn and pnpm write it.
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
	return refusedSource(`package.json takes it from ${where}, which is neither the project nor a registry`);
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
	// Which of its versions a member is published to accept says nothing about the one that is there.
	return { kind: "member", name: alias ?? name, range: /^[*^~]?$/.test(wanted) ? "*" : wanted, text };
}

function folderSource(path: string, folder: string, text: string): Source {
	if (/\.(tgz|tar|tar\.gz)$/i.test(path))
		return refusedSource(`package.json says "${text}", and archives are not unpacked`);
	const target = folderAt(folder, path);
	if (target === undefined)
		return refusedSource(`package.json says "${text}", which leads out of the project`, true);
	return { kind: "folder", folder: target, text };
}

/** Names and where they come from, of a package.json's own dependencies; peers are not among them. */
export function dependenciesOf(manifest: Manifest | undefined): Map<string, string> {
	return new Map(FIELDS.flatMap((field) => stringsOf(manifest?.get(field))));
}

/** Names that a package.json wants somebody else to choose. */
export function peersOf(manifest: Manifest | undefined): Map<string, string> {
	return new Map(stringsOf(manifest?.get("peerDependencies")));
}

/**
 * Names that a workspace's root gives to local code, whatever a dependency says: `overrides` of npm and pnpm, and
 * `resolutions` of Yarn.
 * @returns by name, the text that holds
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
		// `**/name`, `parent/name`, `parent>name`, `name@range`: of all of these, the name.
		const name = /(?:^|[/>])((?:@[^/@>]+\/)?[^/@>]+)(?:@[^/>]*)?$/.exec(key.replace(/^.*>/, ""))?.[1];
		if (name !== undefined) found.set(name, text);
	}
	return found;
}
