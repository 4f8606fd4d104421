/**
 * The bundler's plugin that resolves and loads modules: local ones by the project's import maps, remote ones from
 * Deno's cache.
 */
import { isBuiltin } from "node:module";
import { dirname } from "node:path";
import type {
	Loader,
	OnLoadResult,
	OnResolveArgs,
	OnResolveResult,
	PartialMessage,
	Plugin,
	PluginBuild,
} from "esbuild";
import { readBounded } from "../bounded-file.ts";
import { fromUtf8 } from "../bytes.ts";
import { isDataType } from "../modules/dynamic.ts";
import { FILE_BYTES_MAX } from "../modules/limits.ts";
import type { EntryPoints } from "../modules/packages/entry-points.ts";
import { isWasm } from "../modules/paths.ts";
import { scanWasm } from "../modules/scan-wasm.ts";
import { absolute, readSource, type Setting } from "./disk.ts";
import type { Found, Remotes } from "./remote.ts";
import { PLAIN, type Resolutions } from "./resolutions.ts";
import { digestOf } from "./results.ts";
import { targetOf } from "./target.ts";
import { withWorkers } from "./workers.ts";

export interface BundleRequest {
	/** Path of the entry module. */
	readonly entry: string;
	/** The entry's name in messages. */
	readonly shown: string;
	readonly setting: Setting;
	readonly remotes: Remotes;
	/** The text of the module that replaces std's `http/server.ts`. */
	readonly stdHttp: string;
}

/** The parts that a build leaves out, because earlier builds failed at them. Paths as in the bundler's messages. */
export interface Patches {
	/** Modules that do not parse. */
	readonly broken: Set<string>;
	/** Names that are imported from modules that do not export them. */
	readonly exports: Map<string, Set<string>>;
	/** The hash of each local module that was read, by its path. */
	readonly sources: Map<string, string>;
	readonly entryPoints: EntryPoints;
}

/** A note about an import. It is emitted as a warning of the bundler, which adds the position. */
export interface Note {
	readonly specifier: string;
	readonly why: string;
	/** The specifier that was not fetched yet. */
	readonly pending?: string;
}

const CODE: Readonly<Record<string, Loader>> = {
	ts: "ts",
	mts: "ts",
	cts: "ts",
	tsx: "tsx",
	js: "jsx",
	mjs: "jsx",
	cjs: "jsx",
	jsx: "jsx",
	json: "json",
};
const MEDIA: Readonly<Record<string, Loader>> = {
	TypeScript: "ts",
	Mts: "ts",
	Cts: "ts",
	TSX: "tsx",
	Json: "json",
};

export function isNote(detail: unknown): detail is Note {
	return typeof detail === "object" && detail !== null && "specifier" in detail && "why" in detail;
}

/** What one build is for. */
export interface Work {
	readonly request: BundleRequest;
	readonly patches: Patches;
	readonly resolutions: Resolutions;
}

/** The plugin for one build after the other. @param work tells what the current one is for */
export function resolver(work: () => Work): Plugin {
	return {
		name: "coffer",
		setup: (build) => {
			build.onResolve({ filter: /.*/ }, async (args) => {
				const found = await resolve(args, { build, ...work() });
				return found && isBroken(found, work().patches) ? { path: args.path, external: true } : found;
			});
			build.onLoad({ filter: /.*/, namespace: "file" }, (args) => {
				if (args.pluginData !== OWN) return undefined;
				return loadSource(args.path.slice(1), args.with, work().patches);
			});
			build.onLoad({ filter: /.*/, namespace: "remote" }, ({ path }) => loadRemote(path, work().request));
			build.onLoad({ filter: /.*/, namespace: "coffer" }, () => ({
				contents: work().request.stdHttp,
				loader: "ts",
			}));
		},
	};
}

/** Marks a module of the sources. */
const OWN = Symbol("own");

/** One build, as the resolution of an import sees it. */
interface Resolving extends Work {
	readonly build: PluginBuild;
}

async function resolve(args: OnResolveArgs, resolving: Resolving): Promise<OnResolveResult | undefined> {
	const { request } = resolving;
	if (args.pluginData === PLAIN) return undefined;
	if (args.kind === "entry-point") return { path: absolute(request.entry), pluginData: OWN };
	if (args.namespace === "remote")
		return await lead(request.remotes.findFrom(args.importer, args.path), args, resolving);
	if (isFromPackage(args.importer, request)) return await withinPackage(args, resolving);
	const manner = args.kind.startsWith("require") ? "require" : "import";
	const target = targetOf(args.path, args.importer.slice(1), request.setting, manner);
	switch (target.kind) {
		case "file": {
			if (!isReadable(target.path, args.with)) return without(args, "it is neither code nor data");
			const path = absolute(target.path);
			const guess = `Deno finds it only by its whole name, ${path.slice(path.lastIndexOf("/") + 1)}`;
			return { path, pluginData: OWN, ...(target.guess && { warnings: [note(args.path, guess)] }) };
		}
		case "runtime":
			return { path: target.specifier, external: true };
		case "std http":
			return { path: "std-http.ts", namespace: "coffer" };
		case "nothing":
			// A `require` may fail without harm.
			return args.kind === "require-call" ? { path: args.path, external: true } : without(args, target.why);
		case "remote": {
			const found = request.remotes.leadOf(target.specifier);
			if (found !== undefined) return await lead(found, args, resolving);
			return without(args, "it was not requested", target.specifier);
		}
	}
}

/** Whether a module is known not to parse. */
function isBroken({ path = "", namespace = "file" }: OnResolveResult, { broken }: Patches): boolean {
	return broken.has(namespace === "file" ? path.slice(1) : `${namespace}:${path}`);
}

function isFromPackage(importer: string, { remotes }: BundleRequest): boolean {
	return importer.startsWith(`${remotes.folder}/`);
}

/** Resolves imports in a package's files as Node does, in the layout that Deno made. */
async function withinPackage(
	args: OnResolveArgs,
	{ build, patches, resolutions }: Resolving,
): Promise<OnResolveResult> {
	if (isBuiltin(args.path)) return { path: args.path.replace(/^(?!node:)/, "node:"), external: true };
	const found = await resolutions.find(build, args, args.path, args.resolveDir, patches.entryPoints);
	// Packages may try to load optional packages.
	return found ?? { path: args.path, external: true };
}

async function lead(found: Found, args: OnResolveArgs, resolving: Resolving): Promise<OnResolveResult> {
	const { build, patches, resolutions } = resolving;
	switch (found.kind) {
		case "runtime":
			return { path: found.specifier, external: true };
		case "nothing":
			return without(args, found.why);
		case "module":
			return { path: found.module.specifier, namespace: "remote" };
		case "package": {
			const { specifier, folder } = found;
			const resolved = await resolutions.find(build, args, specifier, folder, patches.entryPoints);
			return resolved ?? without(args, "the package has no such module");
		}
	}
}

function without(args: OnResolveArgs, why: string, pending?: string): OnResolveResult {
	return { path: args.path, external: true, warnings: [note(args.path, why, pending)] };
}

function note(specifier: string, why: string, pending?: string): PartialMessage {
	return { text: why, detail: { specifier, why, ...(pending !== undefined && { pending }) } satisfies Note };
}

function extensionOf(path: string): string {
	return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}

function isReadable(path: string, attributes: Record<string, string>): boolean {
	return isDataType(attributes.type) || extensionOf(path) in CODE || isWasm(path);
}

function loadSource(path: string, attributes: Record<string, string>, patches: Patches): OnLoadResult {
	const bytes = readSource(path);
	patches.sources.set(path, bytes === undefined ? "" : digestOf([bytes]));
	const text = bytes && fromUtf8(bytes);
	if (attributes.type === "text" || attributes.type === "bytes") return { contents: "", loader: "text" };
	if (bytes !== undefined && isWasm(path)) return loadWasm(path, bytes);
	if (text === undefined) return { errors: [{ text: "it is not UTF-8 text", location: { file: path } }] };
	const loader = attributes.type === "json" ? "json" : (CODE[extensionOf(path)] ?? "ts");
	return {
		contents: withWorkers(path, withExports(withoutMapLink(text), patches.exports.get(path))),
		loader,
		resolveDir: dirname(absolute(path)),
	};
}

/** Replaces a WebAssembly module with a CommonJS module, which has its imports and may have any export. */
function loadWasm(path: string, bytes: Uint8Array): OnLoadResult {
	const imports = scanWasm(bytes).imports.map((specifier) => `require(${JSON.stringify(specifier)});\n`);
	return {
		contents: `${imports.join("")}module.exports = {};`,
		loader: "js",
		resolveDir: dirname(absolute(path)),
	};
}

/** A comment with a source map's name would make the bundler read another file. */
function withoutMapLink(text: string): string {
	return text.includes("sourceMappingURL=")
		? text.replaceAll("sourceMappingURL=", "sourceMappingOff=")
		: text;
}

function withExports(text: string, names: ReadonlySet<string> | undefined): string {
	if (names === undefined) return text;
	const lines = [...names].map((name, index) => `export { missing$${index} as ${JSON.stringify(name)} };`);
	return `${text}\nvar ${[...names].map((_, index) => `missing$${index}`).join(", ")};\n${lines.join("\n")}\n`;
}

async function loadRemote(url: string, { remotes }: BundleRequest): Promise<OnLoadResult> {
	const found = remotes.moduleAt(url);
	if (found?.local === undefined) return { contents: "" };
	const contents = (await readBounded(found.local, FILE_BYTES_MAX, { links: true })).toString("utf8");
	return { contents: withoutMapLink(contents), loader: MEDIA[found.mediaType ?? ""] ?? "jsx" };
}
