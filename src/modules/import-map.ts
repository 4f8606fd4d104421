/**
 * Import maps, and what a specifier means under one. Pure.
 *
 * Paths are relative to the root and written `local:/functions/pay/index.ts` inside a map, so that a local
 * module, a URL and a bare name are all plain texts that can be compared and have prefixes.
 */
import { isBuiltin } from "node:module";
import { directoryOf, resolvePath } from "./paths.ts";

const LOCAL = "local:/";
/** Where a map's address leads out of the root: kept, so that its use can be refused by name. */
const OUTSIDE = "outside:";

export interface ImportMap {
	readonly imports: ReadonlyMap<string, string>;
	/** By the prefix (or, without a trailing slash, the very module) that they hold for. */
	readonly scopes: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export type Resolution =
	| { kind: "local"; path: string }
	/** An `npm:`, `jsr:` or `node:` specifier. */
	| { kind: "package"; specifier: string }
	| { kind: "remote"; url: URL }
	| { kind: "outside" }
	/** A scheme that no module can have, or a text that is no specifier. */
	| { kind: "refused"; why: string }
	/** Any other scheme, such as that of a module which the platform provides. */
	| { kind: "other"; specifier: string }
	/** A bare name that nothing maps. */
	| { kind: "unmapped" };

const isRelative = (text: string) => /^\.\.?(\/|$)/.test(text);

/** A map's key or address as it is compared: relative ones against the folder of the file that holds the map. */
export function normalise(text: string, directory: string): string {
	if (/^(file:|\/|local:|outside:)/i.test(text) || !isSpecifier(text)) return OUTSIDE + text;
	if (!isRelative(text)) return text;
	const path = resolvePath(directory, text);
	return path === undefined ? OUTSIDE + text : LOCAL + path;
}

/** The texts of a Deno configuration from one file's `imports`, made comparable. */
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

/** A map's address as a file in a folder `.coffer/` writes it, or undefined where no module may have it. */
export function printAddress(address: string): string | undefined {
	const target = classify(address);
	if (target.kind === "local") return printLocal(target.path);
	if (target.kind === "package") return target.specifier;
	return target.kind === "remote" ? address : undefined;
}

/** A map's key or scope as a file in a folder `.coffer/` writes it, or undefined where it leads outside. */
export function printKey(key: string): string | undefined {
	if (key.startsWith(LOCAL)) return printLocal(key.slice(LOCAL.length));
	return key.startsWith(OUTSIDE) ? undefined : key;
}

/** A path as a file in a folder `.coffer/` refers to it. */
export function printLocal(path: string): string {
	return `../${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** No surrounding space and no control characters: URL parsers drop them, so what is read is not what is meant. */
function isSpecifier(text: string): boolean {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return text !== "" && text.trim() === text && !/[\u0000-\u001f\u007f\\]/.test(text);
}

/**
 * What a specifier in a module of the root means.
 * @param referrer path of the module that has it
 */
export function resolveSpecifier(map: ImportMap, specifier: string, referrer: string): Resolution {
	if (!isSpecifier(specifier)) {
		return { kind: "refused", why: "it holds a backslash, a control character or a space at an end" };
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

/** What a text begins with up to each of its slashes, the longest first: a map may be far larger than a name. */
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

/** What follows a mapped prefix stays below the folder that the prefix stands for. */
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
		return { kind: "refused", why: "it is no URL without a user name" };
	}
	if (["http", "data", "blob", "javascript"].includes(scheme)) {
		return { kind: "refused", why: `modules of ${scheme}: are not allowed` };
	}
	return { kind: "other", specifier: target };
}

/** What Deno has and the oldest Node that runs this has not. */
const NEWER_BUILTINS = new Set(["node:sqlite"]);

const PACKAGE = /^(npm|jsr):\/?(@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*(@[\w.^~<>=|*+ -]+)?(\/[^/].*|\/)?$/i;

function classifyPackage(specifier: string, scheme: string): Resolution {
	if (scheme === "node") {
		if (isBuiltin(specifier) || NEWER_BUILTINS.has(specifier)) return { kind: "package", specifier };
		return { kind: "refused", why: "Node has no such module" };
	}
	const climbs = /(^|\/)(\.|%2e){2}(\/|$)/i.test(specifier);
	if (PACKAGE.test(specifier) && !climbs) return { kind: "package", specifier };
	return { kind: "refused", why: "it names no package" };
}
