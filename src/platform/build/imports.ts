/**
 * What the modules of an upload may import, decided before anything of it is written or run. Pure.
 *
 * Local modules lie in the upload; `npm:`, `jsr:` and `node:` are fine; `https:` only from the hosts of a
 * list; nothing else. How a module is imported (attributes, `require`, `export from`) changes nothing.
 */
import { type Configuration, configurationFor } from "../../modules/configuration.ts";
import { type ImportSite, importError, type NonLocalResolution, walkGraph } from "../../modules/graph.ts";
import type { ModuleScan, Scanner } from "../../modules/scan.ts";

/** The folder of the build that no upload can reach, since its name is hidden. */
export const HIDDEN_FOLDER = ".coffer";

export interface ImportRules {
	/** Host names, with `:port` where it is not 443. */
	hosts: readonly string[];
	/** Modules that the platform provides: text by specifier, each complete in itself. */
	builtins: ReadonlyMap<string, string>;
	/** The text of the module that stands in for std's `http/server.ts`. */
	stdHttp: string;
}

export interface CheckedImports {
	/** The upload's files that the bundle may come from, configuration not among them. */
	files: string[];
	scans: ReadonlyMap<string, ModuleScan>;
	configuration: Configuration;
	/** Specifiers that mean something else than they say, each for one module. */
	replaced: readonly { file: string; specifier: string; address: string }[];
	/** The platform's own modules that are used: text by file name in the hidden folder. */
	provided: ReadonlyMap<string, string>;
}

const STD_HTTP = /^https:\/\/deno\.land\/std(@[\w.-]+)?\/http\/(server|mod)\.ts$/;
const STD_HTTP_FILE = "std-http.ts";

/** Whether a URL is that of std's `http/server.ts`, which the platform has its own of. */
export function isStdHttp(url: URL): boolean {
	return STD_HTTP.test(url.href);
}

/** The files of an upload. */
export interface UploadPort {
	/** Contents by path. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** @throws AppError for a file that cannot be parsed, as it is known from before */
	read(path: string): Uint8Array | undefined;
	readonly scanner: Scanner;
}

/**
 * Walks everything local that an entry imports.
 * @throws AppError (exit 2) with file and line: what `walkGraph` and `configurationFor` throw, and
 *   `IMPORT_NOT_ALLOWED` for a host that is not on the list or a scheme that no module may have
 */
export function checkImports(
	{ files, read, scanner }: UploadPort,
	entry: string,
	rules: ImportRules,
): CheckedImports {
	const folders = foldersIn(files.keys());
	const port = { read, folders: (directory: string) => folders.get(directory) ?? [] };
	const configuration = configurationFor(entry, port);
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
			throw notAllowed(at, `modules of ${target.url.host} are not allowed`);
		}
		if (target.kind === "refused") throw notAllowed(at, target.why);
		const names = [...rules.builtins.keys()];
		const text = rules.builtins.get(target.specifier);
		if (text === undefined) throw notAllowed(at, "nothing provides such a module");
		return provide(`builtin-${names.indexOf(target.specifier)}.ts`, text);
	};
	const list = (directory: string) =>
		[...files.keys()].filter((path) => directory === "" || path.startsWith(`${directory}/`));
	const graph = walkGraph(entry, { ...port, list, scanner }, { configuration, onNonLocal: elsewhere });
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

/** A bare built-in of Node's is written out; a package that a map names stays with the map. */
function renamed(specifier: string): string | undefined {
	return specifier.startsWith("node:") ? specifier : undefined;
}

function notAllowed(at: ImportSite, why: string) {
	const hint =
		"Import from the project itself, npm:, jsr:, node:, or an https: host that the platform allows.";
	return importError("IMPORT_NOT_ALLOWED", at, why, hint);
}
