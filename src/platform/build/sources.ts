/**
 * Collects the files that the bundler sees for an entry, and computes their hash. Pure.
 */
import { concat, fromUtf8, lengthPrefixed, utf8 } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import { printAddress, printKey, printLocal } from "../../modules/import-map.ts";
import { cleanLock } from "../../modules/lock-file.ts";
import { registryName } from "../../modules/packages/resolve-import.ts";
import { ancestorsOf, join } from "../../modules/paths.ts";
import { CONFIGURATION, HIDDEN_FOLDER, LOCK } from "./hidden-folder.ts";
import type { CheckedImports } from "./imports.ts";

/** Increase this when a new version of the builder makes another bundle from the same sources. */
const BUILDER_VERSION = 4;

/**
 * The files of a build: the modules that the entry reaches. The hidden folder contains a configuration for this build,
 * the modules that the platform provides, and the upload's lock file.
 */
export function buildFiles(
	uploaded: ReadonlyMap<string, Uint8Array>,
	entry: string,
	checked: CheckedImports,
): Map<string, Uint8Array> {
	const files = new Map<string, Uint8Array>();
	for (const path of checked.files) {
		const content = uploaded.get(path);
		if (content !== undefined)
			files.set(path, withoutMapLinks(content, checked.scans.get(path)?.comments ?? NO_COMMENTS));
	}
	for (const [name, text] of checked.provided) files.set(`${HIDDEN_FOLDER}/${name}`, utf8(text));
	files.set(CONFIGURATION, utf8(configurationText(entry, checked)));
	const lock = lockText(uploaded, entry, checked);
	if (lock !== undefined) files.set(LOCK, utf8(lock));
	return files;
}

/**
 * The hash of everything that determines a bundle.
 * @param conditions other inputs than the files: Deno's version, the permitted hosts
 * @param hashOf returns a content's BLAKE2b-256 in url-safe base64
 */
export function sourceHash(
	entry: string,
	conditions: readonly string[],
	files: ReadonlyMap<string, Uint8Array>,
	hashOf: (content: Uint8Array) => string,
): string {
	const head = lengthPrefixed("coffer build", BUILDER_VERSION, entry, conditions.length, ...conditions);
	const parts = [...files].sort(byKey).map(([path, content]) => lengthPrefixed(path, hashOf(content)));
	return toBase64(hash(concat(head, ...parts)));
}

type Comments = readonly { start: number; end: number }[];

const NO_COMMENTS: Comments = [];
/** A cache with the list of a module's comments as its key. Functions that share a module share this list. */
const withoutLinks = new WeakMap<Comments, Uint8Array>();

/**
 * Disables comments `sourceMappingURL=…` by replacing the keyword with a word of the same length. Such a comment makes
 * the bundler read the named file, and can give a module a false origin.
 */
function withoutMapLinks(content: Uint8Array, comments: Comments): Uint8Array {
	const known = withoutLinks.get(comments);
	if (known !== undefined) return known;
	const changed = replaceMapLinks(content, comments);
	if (comments !== NO_COMMENTS) withoutLinks.set(comments, changed);
	return changed;
}

function replaceMapLinks(content: Uint8Array, comments: Comments): Uint8Array {
	const text = fromUtf8(content);
	if (text === undefined || !text.includes("sourceMappingURL")) return content;
	// Replaced in one pass, because a module may have a million comments.
	const parts: string[] = [];
	let at = 0;
	for (const { start, end } of comments) {
		parts.push(
			text.slice(at, start),
			text.slice(start, end).replaceAll("sourceMappingURL", "sourceMappingOff"),
		);
		at = end;
	}
	return utf8(parts.join("") + text.slice(at));
}

/**
 * The configuration of the build: the effective import map, without entries that are not permitted. A name of the
 * project's own package must not come from a registry, not even for a type, which is downloaded although it is erased.
 */
function configurationText(entry: string, { configuration, replaced }: CheckedImports): string {
	const isLocal = (address: string) => {
		const name = registryName(address);
		return name !== undefined && configuration.packages.isLocal(name, entry);
	};
	const printed = (mapping: ReadonlyMap<string, string>) =>
		printedEntries([...mapping].filter(([, address]) => !isLocal(address)));
	const scopes = new Map<string, [string, string][]>();
	for (const [scope, mapping] of configuration.map.scopes) {
		const key = printKey(scope);
		if (key !== undefined) scopes.set(key, printed(mapping));
	}
	for (const { file, specifier, address } of replaced) {
		const key = printLocal(file);
		scopes.set(key, [...(scopes.get(key) ?? []), [specifier, address]]);
	}
	const config = {
		nodeModulesDir: "none",
		// For imports with { type: "bytes" }.
		unstable: ["raw-imports"],
		compilerOptions: Object.fromEntries(configuration.compilerOptions),
		imports: sorted(printed(configuration.map.imports)),
		scopes: Object.fromEntries([...scopes].sort(byKey).map(([scope, entries]) => [scope, sorted(entries)])),
	};
	return JSON.stringify(config);
}

function printedEntries(mapping: readonly [string, string][]): [string, string][] {
	return mapping.flatMap(([key, address]): [string, string][] => {
		const [from, to] = [printKey(key), printAddress(address)];
		return from === undefined || to === undefined ? [] : [[from, to]];
	});
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
	a < b ? -1 : a > b ? 1 : 0;

function sorted(entries: [string, string][]): Record<string, string> {
	return Object.fromEntries(entries.sort(byKey));
}

/** The lock file nearest to the entry, as `cleanLock` returns it. */
function lockText(
	uploaded: ReadonlyMap<string, Uint8Array>,
	entry: string,
	{ configuration: { packages } }: CheckedImports,
): string | undefined {
	const path = ancestorsOf(entry)
		.map((directory) => join(directory, "deno.lock"))
		.findLast((name) => uploaded.has(name));
	const bytes = path === undefined ? undefined : uploaded.get(path);
	if (path === undefined || bytes === undefined) return undefined;
	return cleanLock(path, bytes, (name) => packages.isLocal(name, entry));
}
