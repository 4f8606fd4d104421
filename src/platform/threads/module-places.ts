/**
 * Gives each module of a bundle its own location. `deno bundle` does not change `import.meta`, `__dirname` and
 * `__filename`, so they would have the location of the bundle.
 *
 * The location of an upload's module is the path of its source below the folder of the function's files. The location
 * of a package's module is in `.npm` there, and the location of a web module is its URL. The folder is beside the
 * bundle and has its name without `.js`. Each expression is replaced by a shorter call and spaces, so the source map
 * stays valid. The called function is declared at the end of the bundle.
 */

import { posix } from "node:path";
import { IMPORT_BYTES } from "../../modules/files/wanted-files.ts";
import { WORKERS_FOLDER, workerPath } from "../../modules/files/worker-path.ts";
import type { BundleParser } from "../../references/bundle/program-parts.ts";
import { Scopes } from "../../references/bundle/scopes.ts";
import { type Node, staticKey } from "../../references/bundle/syntax.ts";

/** The properties of `import.meta` that are replaced. Others do not depend on the location. */
const PROPERTIES = new Set(["dirname", "filename", "main", "resolve", "url"]);
const NAMES = ["$m", "$p", "$q", "$w", "$x", "$y", "$z", "$mm", "$pp", "$qq", "$ww", "$xx", "$yy", "$zz"];

/** A bundle's syntax tree, with the locations of its modules. */
export interface PlacedBundle {
	readonly scopes: Scopes;
	/** The location of the module that contains a node: a path below the folder of files, or a URL. Empty if unknown. */
	placeOf(node: Node): string;
}

/** The paths of the build's folder and of the cache inside the sandbox. */
interface Root {
	readonly build: string;
	readonly cache: string;
}

/**
 * Parses a bundle. The result is valid until the parser parses the next one.
 * @returns undefined if no module of the bundle reads its location
 * @throws AppError `BUNDLE_UNPARSABLE` (exit 1)
 */
export function placedBundle(code: string, root: Root, parser: BundleParser): PlacedBundle | undefined {
	if (!["import.meta", "__dirname", "__filename"].some((word) => code.includes(word))) return undefined;
	const { parts, program } = parser.parse(code);
	// The bundler begins each module with a comment that names it. The source map does not identify the module, because a
	// package may have its own source maps, which name the files from which it was made.
	const starts = parts
		.flatMap((part) => part.comments.map(({ start, value }) => ({ start: part.start + start, value })))
		.filter(({ value }) => value.startsWith(" "));
	const places = starts.map(({ value }) => placeOfModule(value.slice(1), root));
	const placeOf = (node: Node) => places[lastIndexBefore(starts, node.start)] ?? "";
	return { scopes: new Scopes(program, parts), placeOf };
}

function lastIndexBefore(starts: readonly { start: number }[], offset: number): number {
	let low = 0;
	let high = starts.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((starts[middle]?.start ?? 0) < offset) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** @param module a module as the bundler names it: a path relative to the sources, or a URL */
function placeOfModule(module: string, { build, cache }: Root): string {
	if (/^https?:\/\//.test(module)) return module;
	const path = posix.resolve(`${build}/src`, module.replace(/ with \{.*$/, ""));
	if (path.startsWith(`${build}/src/`)) {
		const own = path.slice(build.length + "/src/".length);
		return own.startsWith(".") ? "" : own;
	}
	if (!path.startsWith(`${cache}/npm/`)) return "";
	const [, name, version, file] =
		/^[^/]+\/((?:@[^/]+\/)?[^/@]+)\/(\d[^/]*)\/(.+)$/.exec(path.slice(`${cache}/npm/`.length)) ?? [];
	return file === undefined ? "" : `.npm/${name}@${version}/${file}`;
}

interface Replacement {
	readonly node: Node;
	readonly place: string;
	readonly kind: "meta" | "dirname" | "filename" | "worker";
}

function replacements({ placeOf, scopes }: PlacedBundle): Replacement[] {
	const found: Replacement[] = [];
	const add = (node: Node, kind: Replacement["kind"]) => {
		const place = placeOf(node);
		if (place !== "") found.push({ node, place, kind });
	};
	for (const node of scopes.metaProperties) {
		const { parent } = node;
		const isMember = parent?.type === "MemberExpression" && parent.object === node;
		const key = isMember ? staticKey(parent.property, parent.computed) : undefined;
		if (node.meta.name === "import" && (key === undefined || PROPERTIES.has(key))) add(node, "meta");
	}
	for (const kind of ["dirname", "filename"] as const)
		for (const node of scopes.freeReads(`__${kind}`)) add(node, kind);
	for (const node of scopes.freeReads("Worker")) {
		const isNew = node.parent?.type === "NewExpression" && node.parent.callee === node;
		// Workers of packages have no separate bundles.
		if (isNew && !placeOf(node).startsWith(".npm/")) add(node, "worker");
	}
	return found.sort((a, b) => a.node.start - b.node.start);
}

/**
 * Replaces the expressions that return the location of a module.
 * @param entry the path of the entry, whose `import.meta.main` is true
 */
export function placeModules(
	code: string,
	bundle: PlacedBundle,
	{ entry, isWorker = false }: { readonly entry: string; readonly isWorker?: boolean | undefined },
): string {
	const found = replacements(bundle);
	if (found.length === 0) return code;
	const name = NAMES.find((one) => !code.includes(one)) ?? "$coffer_place";
	const startsWorkers = found.some(({ kind }) => kind === "worker");
	const ids = new Map<string, number>();
	const parts: string[] = [];
	let end = 0;
	for (const { kind, node, place } of found) {
		const key = JSON.stringify([kind === "worker" ? "" : place, kind]);
		const id = ids.get(key) ?? ids.size;
		ids.set(key, id);
		const isShorthand = node.parent?.type === "Property" && node.parent.shorthand;
		const call = kind === "worker" ? name : `${isShorthand ? `__${kind}: ` : ""}${name}(${id})`;
		parts.push(code.slice(end, node.start), call.padEnd(node.end - node.start));
		end = node.end;
	}
	return `${parts.join("")}${code.slice(end)}\n${declaration(name, [...ids.keys()], { entry, isWorker, startsWorkers })}\n`;
}

/** Called by `new`, the declared function starts a worker from its bundle. */
const WORKER_START = `
	if (new.target) {
		const url = String(id);
		const isOwn = url.startsWith(root);
		const path = isOwn ? root + "${WORKERS_FOLDER}/" + url.slice(root.length).replace(/[?#].*$/s, "") + ".js" : id;
		return new Worker(path, options);
	}`;

/** Functions are hoisted, so the declaration may be at the end. */
function declaration(
	name: string,
	keys: readonly string[],
	{
		entry,
		isWorker,
		startsWorkers,
	}: { readonly entry: string; readonly isWorker: boolean; readonly startsWorkers: boolean },
): string {
	const up = "../".repeat(workerPath(entry).split("/").length - 1);
	const root = isWorker
		? `new URL(${JSON.stringify(up || "./")}, own.url).href`
		: 'own.url.slice(0, -3) + "/"';
	// A bundle that starts no worker must not contain a call that could start one, because the analysis treats it as
	// unknown code.
	return `function ${name}(id, options) {
	const own = import.meta;
	const root = ${root};${startsWorkers ? WORKER_START : ""}
	const cache = ${name}.cache ??= [];
	if (cache[id] !== undefined) return cache[id];
	const [place, kind] = [${keys.join(", ")}][id];
	const isRemote = /^https?:/.test(place);
	const encode = (path) => path.split("/").map(encodeURIComponent).join("/");
	const url = isRemote ? place : new URL(root + encode(place)).href;
	const filename = isRemote ? undefined : decodeURIComponent(new URL(root).pathname) + place;
	const dirname = filename?.replace(/\\/[^/]*$/, "");
	if (kind !== "meta") return cache[id] = kind === "dirname" ? dirname : filename;
	const resolve = (to) => {
		if (/^\\.{0,2}\\//.test(to)) return new URL(to, url).href;
		if (!/^(npm|jsr):/.test(to)) return own.resolve(to);
		throw new TypeError("import.meta.resolve: " + to + " has no location, because packages are in the function's bundle. " + ${JSON.stringify(IMPORT_BYTES)});
	};
	const places = isRemote ? { url } : { url, filename, dirname };
	const main = place === ${JSON.stringify(entry)};
	return cache[id] = Object.assign(Object.create(null), { ...places, main, resolve });
}`;
}
