/**
 * Checks the imports of an upload's modules before any file is written or used. Pure.
 *
 * Permitted are local modules of the upload, `npm:`, `jsr:`, `node:`, and `https:` from listed hosts. The kind of import
 * (attributes, `require`, `export from`) makes no difference.
 */
import { type Configuration, configurationFor } from "../../modules/configuration.ts";
import type { StaticFiles } from "../../modules/files/wanted-files.ts";
import { type NonLocalResolution, walkGraph } from "../../modules/graph.ts";
import { type ImportSite, importError } from "../../modules/import-errors.ts";
import type { ModuleScan, Scanner } from "../../modules/scan.ts";

export interface ImportRules {
	/** Host names, with `:port` if the port is not 443. */
	hosts: readonly string[];
	/** The modules that the platform provides: specifier → text. They import nothing. */
	builtins: ReadonlyMap<string, string>;
	/** The text of the module that replaces std's `http/server.ts`. */
	stdHttp: string;
}

export interface CheckedImports {
	/** The upload's files that the bundle may contain, without configuration files. */
	files: string[];
	/** The upload's files that the function reads when it runs. */
	assets: string[];
	/** The modules of workers. */
	workers: string[];
	scans: ReadonlyMap<string, ModuleScan>;
	configuration: Configuration;
	/** Specifiers that resolve to another address, each in one module. */
	replaced: readonly { file: string; specifier: string; address: string }[];
	/** The platform's modules that are used: name of the file in the hidden folder → text. */
	provided: ReadonlyMap<string, string>;
}

const STD_HTTP = /^https:\/\/deno\.land\/std(@[\w.-]+)?\/http\/(server|mod)\.ts$/;
const STD_HTTP_FILE = "std-http.ts";

/** Whether a URL is the address of std's `http/server.ts`, which the platform replaces with its own module. */
export function isStdHttp(url: URL): boolean {
	return STD_HTTP.test(url.href);
}

/** The files of an upload. */
export interface UploadPort {
	/** Path → content. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** @throws AppError for a file that ended a process in an earlier attempt to parse it */
	read(path: string): Uint8Array | undefined;
	readonly scanner: Scanner;
}

/** Files that a function's settings name. */
export interface NamedFiles {
	/** The files that the function reads when it runs. */
	readonly staticFiles?: StaticFiles | undefined;
	/** The path of an import map. */
	readonly importMap?: string | undefined;
}

/**
 * Walks all local modules that an entry imports.
 * @param named the files that the function's settings name
 * @throws AppError (exit 2) with file and line: the errors of `walkGraph` and `configurationFor`, and
 *   `IMPORT_NOT_ALLOWED` for a host that is not listed or a scheme that is not permitted
 */
export function checkImports(
	{ files, read, scanner }: UploadPort,
	entry: string,
	rules: ImportRules,
	named: NamedFiles = {},
): CheckedImports {
	const folders = foldersIn(files.keys());
	const port = { read, folders: (directory: string) => folders.get(directory) ?? [] };
	const configuration = configurationFor(entry, port, named);
	const provided = new Map<string, string>();
	const provide = (name: string, text: string) => {
		provided.set(name, text);
		return `./${name}`;
	};
	const elsewhere = (target: NonLocalResolution, at: ImportSite) => {
		if (target.kind === "package")
			return target.specifier === at.specifier ? undefined : renamed(target.specifier);
		if (target.kind === "remote") {
			if (isStdHttp(target.url)) return provide(STD_HTTP_FILE, rules.stdHttp);
			if (rules.hosts.includes(target.url.host)) return undefined;
			throw hostNotAllowed(at, target.url.host, rules.hosts);
		}
		if (target.kind === "refused") throw notAllowed(at, target.why);
		const names = [...rules.builtins.keys()];
		const text = rules.builtins.get(target.specifier);
		if (text === undefined) throw notAllowed(at, "the platform does not provide such a module");
		return provide(`builtin-${names.indexOf(target.specifier)}.ts`, text);
	};
	const list = (directory: string) =>
		[...files.keys()].filter((path) => directory === "" || path.startsWith(`${directory}/`));
	const graph = walkGraph(
		entry,
		{ ...port, list, scanner },
		{ configuration, onNonLocal: elsewhere, staticFiles: named.staticFiles },
	);
	return { ...graph, configuration, provided };
}

/** The names of the folders in each folder. */
function foldersIn(paths: Iterable<string>): Map<string, string[]> {
	const found = new Map<string, Set<string>>();
	for (const path of paths) {
		const segments = path.split("/");
		for (let depth = 0; depth < segments.length - 1; depth++) {
			const above = segments.slice(0, depth).join("/");
			const names = found.get(above) ?? new Set<string>();
			const name = segments[depth] ?? "";
			if (name !== "node_modules") found.set(above, names.add(name));
		}
	}
	return new Map([...found].map(([folder, names]) => [folder, [...names]]));
}

/** The full specifier of a Node built-in that is imported without `node:`. Packages of an import map are resolved by the map. */
function renamed(specifier: string): string | undefined {
	return specifier.startsWith("node:") ? specifier : undefined;
}

function hostNotAllowed(at: ImportSite, host: string, hosts: readonly string[]) {
	const hint = `Import it from npm:, jsr:, the project itself, or one of ${[...hosts].sort().join(", ")}. To allow another host, set COFFER_IMPORT_HOSTS=${host} where 'coffer dev' or the platform starts.`;
	return importError("IMPORT_NOT_ALLOWED", at, `modules of ${host} are not allowed`, hint);
}

function notAllowed(at: ImportSite, why: string) {
	const hint =
		"Import from the project itself, npm:, jsr:, node:, or an https: host that the platform allows.";
	return importError("IMPORT_NOT_ALLOWED", at, why, hint);
}
