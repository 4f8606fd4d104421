/**
 * What the imports of local modules mean, as the platform's build has it, but without refusing anything: what cannot be
 * had stays an import, and is told of.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { configurationFor, type ReadFile } from "../modules/configuration.ts";
import { type ImportMap, type Resolution, resolveSpecifier } from "../modules/import-map.ts";
import { scanModule } from "../modules/scan.ts";
import type { Warnings } from "./warnings.ts";

/** What a specifier may leave out, or say otherwise, in code that was written for Node or another bundler. */
const SLOPPY = [".ts", ".tsx", ".js", ".mjs", "/index.ts", "/index.js", "/mod.ts"];

/** Files of one root, each read once. */
export class RootFiles {
	readonly root: string;
	readonly #contents = new Map<string, Uint8Array | undefined>();

	/** @param root absolute */
	constructor(root: string) {
		this.root = root;
	}

	readonly read: ReadFile = (path) => {
		if (!this.#contents.has(path)) this.#contents.set(path, this.#readNow(path));
		return this.#contents.get(path);
	};

	isFile(path: string): boolean {
		return statSync(join(this.root, path), { throwIfNoEntry: false })?.isFile() === true;
	}

	#readNow(path: string): Uint8Array | undefined {
		try {
			return this.isFile(path) ? readFileSync(join(this.root, path)) : undefined;
		} catch {
			return undefined;
		}
	}
}

export interface ResolverOptions {
	readonly files: RootFiles;
	/** Path from the root. */
	readonly entry: string;
	/** Modules that do not parse: they stay imports. */
	readonly broken: ReadonlySet<string>;
	readonly warnings: Warnings;
	/** Called with what leads to a package or to the web. */
	readonly onRemote: (specifier: string) => void;
	/** Called with what leads nowhere, and stays an import. */
	readonly onLeft: (specifier: string) => void;
}

/** The import map for an entry; a configuration that cannot be read counts as none. */
function mapFor({ entry, files, warnings }: ResolverOptions): ImportMap {
	try {
		return configurationFor(entry, files.read).map;
	} catch (error) {
		warnings.add({ file: entry, line: 1, message: (error as Error).message });
		return { imports: new Map(), scopes: new Map() };
	}
}

/** A plugin that resolves every import. */
export function resolver(options: ResolverOptions): Plugin {
	const map = mapFor(options);
	const { files } = options;
	return {
		name: "local",
		setup(build) {
			build.onResolve({ filter: /.*/ }, (args) => {
				if (args.kind === "entry-point") return { path: join(files.root, options.entry) };
				const referrer = args.importer.slice(files.root.length).replace(/^\/+/, "");
				return resolveOne(options, map, args, referrer);
			});
		},
	};
}

function resolveOne(
	options: ResolverOptions,
	map: ImportMap,
	{ kind, path: specifier }: OnResolveArgs,
	referrer: string,
): OnResolveResult {
	const { broken, files, onLeft, onRemote, warnings } = options;
	const warn = (message: string) =>
		warnings.add({ file: referrer, line: lineOf(files, referrer, specifier), message });
	const left = () => {
		onLeft(specifier);
		return { path: specifier, external: true };
	};
	const resolution = resolveSpecifier(map, specifier, referrer);
	if (resolution.kind === "local") {
		const found = existing(files, resolution.path);
		if (found !== undefined && broken.has(found)) return left();
		if (found !== undefined) return { path: join(files.root, found), namespace: "file" };
		// A `require` need not lead anywhere.
		if (kind !== "require-call") warn(`imports ${JSON.stringify(specifier)}, which is not there`);
		return left();
	}
	const remote = remoteOf(resolution);
	if (remote !== undefined) {
		if (!remote.startsWith("node:")) onRemote(remote);
		return { path: remote, external: true };
	}
	if (resolution.kind === "unmapped" || resolution.kind === "outside")
		warn(`imports ${JSON.stringify(specifier)}, and nothing says what that is`);
	if (resolution.kind === "refused") warn(`imports ${JSON.stringify(specifier)}: ${resolution.why}`);
	return left();
}

function remoteOf(resolution: Resolution): string | undefined {
	if (resolution.kind === "package") return resolution.specifier;
	return resolution.kind === "remote" ? resolution.url.href : undefined;
}

function existing(files: RootFiles, path: string): string | undefined {
	if (files.isFile(path)) return path;
	const swapped = path.replace(/\.(c|m)?js(x?)$/, ".$1ts$2");
	return [swapped, ...SLOPPY.map((end) => path.replace(/\/$/, "") + end)].find((other) =>
		files.isFile(other),
	);
}

/** Where a module says so; 1 where that cannot be found. */
function lineOf(files: RootFiles, path: string, specifier: string): number {
	const source = files.read(path);
	if (source === undefined) return 1;
	const { requests } = scanModule(path, Buffer.from(source).toString("utf8"));
	return requests.find((request) => request.specifier === specifier)?.line ?? 1;
}
