/**
 * Finds the members of workspaces: of npm, Yarn and Bun (`workspaces` of a package.json), of pnpm
 * (`pnpm-workspace.yaml`) and of Deno (`workspace` and `links` of a deno.json). Pure.
 */
import picomatch from "picomatch";
import { type Jsonc, objectOf } from "../jsonc.ts";
import { FOLDERS_MAX, PATH_DEPTH_MAX } from "../limits.ts";
import { join } from "../paths.ts";
import { folderAt } from "./folder-at.ts";
import { configurationFault, type Manifest, type Manifests } from "./manifests.ts";

/** A package whose code is in the project. */
export interface LocalPackage {
	/** Its folder, "" for the root. */
	readonly folder: string;
	/** Its package.json. */
	readonly npm: { readonly path: string; readonly value: Manifest } | undefined;
	/** Its deno.json or deno.jsonc. */
	readonly deno: { readonly path: string; readonly value: Manifest } | undefined;
}

/** The names of a package in its package.json and its deno.json. */
export function namesOf({ deno, npm }: LocalPackage): string[] {
	const names = [npm?.value.get("name"), deno?.value.get("name")];
	return names.filter((name): name is string => typeof name === "string" && name !== "");
}

/** The package in a folder; undefined if the folder has neither a package.json nor a deno.json. */
export function packageAt(folder: string, manifests: Manifests): LocalPackage | undefined {
	const path = join(folder, "package.json");
	const value = manifests.json(path);
	const npm = value && { path, value };
	const deno = manifests.deno(folder);
	return npm === undefined && deno === undefined ? undefined : { folder, npm, deno };
}

/**
 * The members of the workspace whose root is the folder, and the root itself. Empty if the folder is not the root of a
 * workspace. Members outside the project are not found.
 * @throws AppError `CONFIGURATION_INVALID` (exit 2)
 */
export function membersAt(folder: string, manifests: Manifests): LocalPackage[] {
	const patterns = patternsAt(folder, manifests);
	if (patterns === undefined) return [];
	const folders = new Set([folder, ...matchingFolders(folder, patterns, manifests)]);
	return [...folders].flatMap((path) => packageAt(path, manifests) ?? []);
}

function stringsIn(value: Jsonc | undefined): string[] {
	return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The patterns in a list, or in the list with the given key of an object. */
function patternsOf(value: Jsonc | undefined, key: string): string[] {
	return stringsIn(value instanceof Map ? (value as Manifest).get(key) : value);
}

/** The patterns for members in the files of a folder; undefined if none of them describes a workspace. */
function patternsAt(folder: string, manifests: Manifests): string[] | undefined {
	const npm = manifests.json(join(folder, "package.json"))?.get("workspaces");
	const pnpm = manifests.yaml(join(folder, "pnpm-workspace.yaml"));
	const deno = manifests.deno(folder)?.value;
	const [members, links] = [deno?.get("workspace"), deno?.get("links") ?? deno?.get("patch")];
	if ([npm, pnpm, members, links].every((value) => value === undefined)) return undefined;
	return [
		...patternsOf(npm, "packages"),
		...patternsOf(objectOf(pnpm).get("packages"), "packages"),
		...patternsOf(members, "members"),
		...patternsOf(links, "links"),
	];
}

/** The folders below a root that match a pattern, but no pattern that begins with an exclamation mark. */
function matchingFolders(root: string, patterns: readonly string[], manifests: Manifests): string[] {
	const [taken, left] = [
		patterns.filter((one) => !one.startsWith("!")),
		patterns.filter((one) => one.startsWith("!")),
	];
	const excluded = left.map((one) => picomatch(plainPattern(one.slice(1))));
	const found = new Set<string>();
	for (const pattern of taken.map(plainPattern)) {
		const { base, glob } = picomatch.scan(pattern);
		const start = folderAt(root, base);
		if (start === undefined) continue;
		if (glob === "") found.add(start);
		else {
			const matches = picomatch(glob);
			const depth = glob.includes("**") ? PATH_DEPTH_MAX : glob.split("/").length;
			for (const path of foldersBelow(start, depth, manifests))
				if (matches(path)) found.add(join(start, path));
		}
	}
	const fromRoot = (path: string) => (root === "" ? path : path.slice(root.length + 1));
	return [...found].filter((path) => !excluded.some((isLeft) => isLeft(fromRoot(path))));
}

function plainPattern(pattern: string): string {
	return pattern.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
}

/** The paths of all folders below `start`, relative to it. */
function foldersBelow(start: string, depth: number, manifests: Manifests): string[] {
	const found: string[] = [];
	const search = (path: string, left: number) => {
		if (left === 0) return;
		for (const name of manifests.folders(path === "" ? start : join(start, path))) {
			const child = join(path, name);
			found.push(child);
			if (found.length > FOLDERS_MAX)
				throw configurationFault(
					start === "" ? "The workspace" : start,
					`has more than ${FOLDERS_MAX} folders that could be members`,
				);
			search(child, left - 1);
		}
	};
	search("", depth);
	return found;
}
