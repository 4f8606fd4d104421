/**
 * Import maps, and the resolution of a specifier with one. Pure.
 *
 * Inside a map, paths are relative to the root and written `local:/functions/pay/index.ts`. Then local modules, URLs
 * and bare names are all plain strings, which can be compared by prefix.
 */
import { isBuiltin } from "node:module";
import { directoryOf, resolvePath } from "./paths.ts";

const LOCAL = "local:/";
/** Marks an address that leads out of the root. It stays in the map, so that the error can name its use. */
const OUTSIDE = "outside:";

export interface ImportMap {
	readonly imports: ReadonlyMap<string, string>;
	/** By scope: a prefix of module paths, or, without a trailing slash, one module. */
	readonly scopes: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export type Resolution =
	| { kind: "local"; path: string }
	/** An `npm:`, `jsr:` or `node:` specifier. */
	| { kind: "package"; specifier: string }
	| { kind: "remote"; url: URL }
	| { kind: "outside" }
	/** A scheme that is not allowed, or a text that is not a specifier. */
	| { kind: "refused"; why: string }
	/** Any other scheme, such as the one of a module that the platform provides. */
	| { kind: "other"; specifier: string }
	/** A bare name that is in no map. */
	| { kind: "unmapped" };

const isRelative = (text: string) => /^\.\.?(\/|$)/.test(text);

/** Normalises a key or an address of a map. Relative ones are resolved against the folder of the map's file. */
export function normalise(text: string, directory: string): string {
	if (/^(file:|\/|local:|outside:)/i.test(text) || !isSpecifier(text)) return OUTSIDE + text;
	if (!isRelative(text)) return text;
	const path = resolvePath(directory, text);
	return path === undefined ? OUTSIDE + text : LOCAL + path;
}

/**
 * Normalises the entries of one file's `imports`. As Deno does, an entry for an `npm:` or `jsr:` package without a
 * trailing slash also gets an entry for the package's subpaths.
 */
export function normaliseEntries(
	entries: readonly (readonly [string, string])[],
	directory: string,
): Map<string, string> {
	const out = new Map<string, string>();
	for (const [key, address] of entries) out.set(normalise(key, directory), normalise(address, directory));
	for (const [key, address] of entries) {
		const expanded = /^(npm|jsr):\/?(.+[^/])$/.exec(address);
		if (expanded === null || key.endsWith("/") || isRelative(key) || out.has(`${key}/`)) continue;
		out.set(`${key}/`, `${expanded[1]}:/${expanded[2]}/`);
	}
	return out;
}

/** Prints an address for a file in the folder `.coffer/`; undefined if no module may have this address. */
export function printAddress(address: string): string | undefined {
	if (PACKAGE_PREFIX.test(address)) return address;
	const target = classify(address);
	if (target.kind === "local") return printLocal(target.path);
	if (target.kind === "package") return target.specifier;
	return target.kind === "remote" ? address : undefined;
}

/** Prints a key or scope for a file in the folder `.coffer/`; undefined if it leads out of the root. */
export function printKey(key: string): string | undefined {
	if (key.startsWith(LOCAL)) return printLocal(key.slice(LOCAL.length));
	return key.startsWith(OUTSIDE) ? undefined : key;
}

/** Prints a path for a file in the folder `.coffer/`. */
export function printLocal(path: string): string {
	return `../${printPath(path)}`;
}

/** Prints a path as a relative URL. */
export function printPath(path: string): string {
	return path.split("/").map(encodeURIComponent).join("/");
}

/** Rejects surrounding spaces and control characters. URL parsers drop them, so the result would be another address. */
function isSpecifier(text: string): boolean {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression has to find them
	return text !== "" && text.trim() === text && !/[\u0000-\u001f\u007f\\]/.test(text);
}

/**
 * Resolves a specifier of a local module.
 * @param referrer path of the module that contains it
 */
export function resolveSpecifier(map: ImportMap, specifier: string, referrer: string): Resolution {
	if (!isSpecifier(specifier)) {
		return {
			kind: "refused",
			why: "it contains a backslash or a control character, or begins or ends with a space",
		};
	}
	const key = isRelative(specifier) ? normalise(specifier, directoryOf(referrer)) : specifier;
	if (/^(local|outside):/i.test(specifier)) return { kind: "other", specifier };
	return classify(mapped(map, key, LOCAL + referrer) ?? key);
}

function mapped(map: ImportMap, key: string, referrer: string): string | undefined {
	for (const scope of [referrer, ...foldersOf(referrer)]) {
		const mapping = map.scopes.get(scope);
		const address = mapping && lookup(mapping, key);
		if (address !== undefined) return address;
	}
	return lookup(map.imports, key);
}

/** All prefixes of a text that end in a slash, the longest first. A map can be much larger than their number. */
function foldersOf(text: string): string[] {
	const out: string[] = [];
	for (let at = text.lastIndexOf("/"); at !== -1; at = at === 0 ? -1 : text.lastIndexOf("/", at - 1))
		out.push(text.slice(0, at + 1));
	return out;
}

function lookup(imports: ReadonlyMap<string, string>, key: string): string | undefined {
	const exact = imports.get(key);
	if (exact !== undefined) return exact;
	const prefix = foldersOf(key).find((folder) => imports.has(folder));
	const address = prefix === undefined ? undefined : imports.get(prefix);
	if (prefix === undefined || address === undefined) return undefined;
	const rest = key.slice(prefix.length);
	if (address.startsWith(LOCAL)) return below(address, rest);
	return /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(rest) ? OUTSIDE + key : address + rest;
}

/** The path below a mapped folder. It may not leave the folder. */
function below(address: string, rest: string): string {
	const directory = address.slice(LOCAL.length).replace(/\/$/, "");
	const path = resolvePath(directory, `./${rest}`);
	if (path === undefined || !(LOCAL + path).startsWith(address)) return OUTSIDE + rest;
	return LOCAL + path;
}

function classify(target: string): Resolution {
	if (target.startsWith(LOCAL)) return { kind: "local", path: target.slice(LOCAL.length) };
	if (target.startsWith(OUTSIDE) || target.startsWith("/")) return { kind: "outside" };
	const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(target)?.[1]?.toLowerCase();
	if (scheme === undefined) {
		return isBuiltin(target) ? { kind: "package", specifier: `node:${target}` } : { kind: "unmapped" };
	}
	if (scheme === "file") return { kind: "outside" };
	if (scheme === "node" || scheme === "npm" || scheme === "jsr") return classifyPackage(target, scheme);
	if (scheme === "https") {
		const url = URL.canParse(target) ? new URL(target) : undefined;
		if (url?.username === "" && url.password === "") return { kind: "remote", url };
		return { kind: "refused", why: "it is not a valid URL, or it contains a user name or password" };
	}
	if (["http", "data", "blob", "javascript"].includes(scheme)) {
		return { kind: "refused", why: `${scheme}: modules are not allowed` };
	}
	return { kind: "other", specifier: target };
}

/** Built-in modules that Deno has and the oldest supported version of Node does not. */
const NEWER_BUILTINS = new Set(["node:sqlite"]);

/** The beginning of packages' specifiers, such as `npm:/` for the key `https://esm.sh/`. */
const PACKAGE_PREFIX = /^(npm|jsr):\/(@[\w~-][\w.~-]*\/)?$/;
const PACKAGE = /^(npm|jsr):\/?(@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*(@[\w.^~<>=|*+ -]+)?(\/[^/].*|\/)?$/i;

function classifyPackage(specifier: string, scheme: string): Resolution {
	if (scheme === "node") {
		if (isBuiltin(specifier) || NEWER_BUILTINS.has(specifier)) return { kind: "package", specifier };
		return { kind: "refused", why: "Node has no such module" };
	}
	const climbs = /(^|\/)(\.|%2e){2}(\/|$)/i.test(specifier);
	if (PACKAGE.test(specifier) && !climbs) return { kind: "package", specifier };
	return { kind: "refused", why: "it is not a valid package specifier" };
}
