/**
 * The graph of local modules that an entry module reaches. Pure: a port reads the files.
 *
 * The client walks the graph to collect the files to upload. The platform does the same walk to reject imports that
 * lead out of the upload. So a function that passes on the developer's machine also passes on the platform.
 */
import { AppError, EXIT } from "../errors.ts";
import type { Configuration } from "./configuration.ts";
import type { FileRequest } from "./files/file-requests.ts";
import { matchesPieces } from "./files/pieces.ts";
import { type FileWarning, type StaticFiles, WantedFiles } from "./files/wanted-files.ts";
import { type ImportSite, importError, outsideProject, tooManyPatterns, unmapped } from "./import-errors.ts";
import { printLocal, type Resolution } from "./import-map.ts";
import { PATTERNS_MAX } from "./limits.ts";
import type { ManifestPort } from "./packages/manifests.ts";
import { registryName, resolveImport } from "./packages/resolve-import.ts";
import { directoryOf, isCode, isWasm, resolvePath } from "./paths.ts";
import type { ModuleRequest, ModuleScan, PatternRequest, Scanner } from "./scan.ts";

/** `read` throws an AppError if a file may not be read, for example a link out of the root. */
export interface GraphPort extends ManifestPort {
	/** The paths of all files below a folder ("" for the root), in any order. */
	list(directory: string): readonly string[];
	/** Parses each module only once, even for several walks. */
	readonly scanner: Scanner;
}

/** An import that does not lead to a local module, but to a package, a URL or another scheme. */
export type NonLocalResolution = Extract<Resolution, { kind: "package" | "remote" | "refused" | "other" }>;

export interface GraphOptions {
	configuration: Configuration;
	/**
	 * Decides about an import that does not lead to a local module. It throws, or returns the address to use instead (in
	 * an import map), or undefined to keep the specifier.
	 */
	onNonLocal(resolution: NonLocalResolution, at: ImportSite): string | undefined;
	/** Files that the function's settings list. */
	staticFiles?: StaticFiles | undefined;
}

export interface Graph {
	/** Every local file that the entry needs, sorted. */
	files: string[];
	/** Every file that the modules read when they run, or that the settings name, sorted. The bundle contains none of them. */
	assets: string[];
	/** The modules of workers, sorted. They are among `files`, and so is what they import. */
	workers: string[];
	/** Files that may be missing when the function runs. */
	warnings: readonly FileWarning[];
	/** The results of the modules among them that were scanned. */
	scans: ReadonlyMap<string, ModuleScan>;
	/** The specifiers that a bundler must map to another address. */
	replaced: { file: string; specifier: string; address: string }[];
}

/**
 * Follows the static imports, re-exports, `require` calls and dynamic imports of a module, and of the modules that they
 * lead to.
 * @throws AppError (exit 2), each with file and line: `IMPORT_OUTSIDE`, `IMPORT_NOT_FOUND`, `IMPORT_UNMAPPED`,
 *   `IMPORT_UNSUPPORTED` (neither code nor data, or too many imports that are known in part only), `SOURCE_SYNTAX`,
 *   `SOURCE_NOT_TEXT`; the errors of `WantedFiles`, and errors of `onNonLocal`
 */
export function walkGraph(entry: string, port: GraphPort, options: GraphOptions): Graph {
	return new Walk(port, options).from(entry);
}

/** A module that is not visited yet. If only type imports lead to it, it is erased when compiled. */
interface PendingModule {
	readonly path: string;
	readonly isErased: boolean;
}

class Walk {
	readonly #port: GraphPort;
	readonly #options: GraphOptions;
	readonly #files = new Set<string>();
	readonly #scans = new Map<string, ModuleScan>();
	readonly #erased = new Set<string>();
	readonly #replaced: Graph["replaced"] = [];
	readonly #pending: PendingModule[] = [];
	readonly #assets: WantedFiles;
	readonly #workers = new Set<string>();
	#patterns = 0;

	constructor(port: GraphPort, options: GraphOptions) {
		this.#port = port;
		this.#options = options;
		this.#assets = new WantedFiles(port, options.staticFiles !== undefined);
	}

	from(entry: string): Graph {
		this.#files.add(entry);
		this.#pending.push({ path: entry, isErased: false });
		for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
			const { isErased, path } = next;
			if (this.#scans.has(path) || (isErased && this.#erased.has(path))) continue;
			if (isErased) this.#visitErased(path);
			else this.#visit(path);
		}
		if (this.#options.staticFiles !== undefined) this.#assets.addStatic(this.#options.staticFiles);
		const { paths: assets, warnings } = this.#assets;
		return {
			files: [...this.#files].sort(),
			workers: [...this.#workers].sort(),
			...{ assets, warnings, scans: this.#scans, replaced: this.#replaced },
		};
	}

	#visit(path: string): void {
		const scan = scanFile(path, this.#port);
		this.#scans.set(path, scan);
		for (const request of requestsOf(path, scan, this.#options.configuration)) this.#follow(path, request);
		for (const request of scan.files) this.#want(path, request);
		for (const pattern of scan.patterns) {
			if (++this.#patterns > PATTERNS_MAX) throw tooManyPatterns(path, pattern.line);
			for (const match of matchingFiles(path, pattern, this.#port)) {
				const at = { specifier: match, file: path, line: pattern.line };
				if (isCode(match) || /\.json$/i.test(match)) this.#reach(match, at, "module");
			}
		}
	}

	#want(file: string, request: FileRequest): void {
		const [worker, ...rest] = request.pieces ?? [];
		const isModule = request.isWorker && rest.length === 0 && isCode(worker ?? "");
		if (!isModule || worker === undefined || this.#port.read(worker) === undefined)
			return void this.#assets.add(file, request);
		this.#workers.add(worker);
		this.#files.add(worker);
		this.#pending.push({ path: worker, isErased: false });
	}

	/** Deno also resolves the types in erased modules, so their local names need a mapping. */
	#visitErased(path: string): void {
		this.#erased.add(path);
		const { requests } = this.#port.scanner.scan(path, this.#port.read(path) ?? new Uint8Array());
		for (const request of requests) this.#follow(path, { ...request, form: "type" });
	}

	#follow(path: string, { form, line, specifier }: ModuleRequest): void {
		const at = { specifier, file: path, line };
		const kind = form === "optional" ? "require" : "import";
		const { needsMapping, resolution } = resolveImport(this.#options.configuration, specifier, path, kind);
		const replace = (address: string) => this.#replaced.push({ file: path, specifier, address });
		if (resolution.kind === "local fault") {
			// A type import is erased, but Deno would still request the types of a registry specifier from the registry.
			if (form === "type" && registryName(specifier) === undefined) return;
			throw importError(resolution.fault.code, at, resolution.fault.why, resolution.fault.hint);
		}
		if (resolution.kind === "local") {
			this.#reach(resolution.path, at, form);
			if (needsMapping) replace(printLocal(resolution.path));
			return;
		}
		if (form === "type" || (form === "optional" && resolution.kind === "unmapped")) return;
		if (resolution.kind === "outside") throw outsideProject(at);
		if (resolution.kind === "unmapped") throw unmapped(at);
		const address =
			this.#options.onNonLocal(resolution, at) ?? (needsMapping ? addressOf(resolution) : undefined);
		if (address !== undefined) replace(address);
	}

	#reach(path: string, at: ImportSite, form: ModuleRequest["form"]): void {
		if (this.#port.read(path) === undefined) {
			if (form === "type" || form === "optional") return;
			const hint = "Correct the path, extension included, or add the file.";
			throw importError("IMPORT_NOT_FOUND", at, `there is no file ${path}`, hint);
		}
		this.#files.add(path);
		if (form === "asset" || /\.jsonc?$/i.test(path)) return;
		if (isCode(path) || (form === "module" && isWasm(path)))
			this.#pending.push({ path, isErased: form === "type" });
		else if (form === "module") {
			const hint = 'Import data with { type: "json" } or { type: "text" }.';
			throw importError(
				"IMPORT_UNSUPPORTED",
				at,
				"the file is neither JavaScript nor TypeScript nor WebAssembly",
				hint,
			);
		}
	}
}

/** The address of a non-local module in an import map; undefined if it has none. */
function addressOf(resolution: NonLocalResolution): string | undefined {
	if (resolution.kind === "remote") return resolution.url.href;
	return resolution.kind === "package" ? resolution.specifier : undefined;
}

function requestsOf(path: string, scan: ModuleScan, { compilerOptions }: Configuration): ModuleRequest[] {
	const source = compilerOptions.get("jsxImportSource");
	if (typeof source !== "string" || !/x$/i.test(path)) return scan.requests;
	return [...scan.requests, { specifier: `${source}/jsx-runtime`, line: 1, form: "module" }];
}

function scanFile(path: string, { read, scanner }: GraphPort): ModuleScan {
	const scan = scanner.scan(path, read(path) ?? new Uint8Array());
	if (scan.fault !== undefined) {
		const { line, message } = scan.fault;
		throw new AppError({
			code: "SOURCE_SYNTAX",
			message: `${path}:${line} does not parse: ${message}.`.replace(/\.+$/, "."),
			hint: "Correct the module's syntax.",
			exit: EXIT.usage,
			line,
		});
	}
	return scan;
}

/** The files to which a partly known specifier can resolve: all matching files below its folder. */
function matchingFiles(file: string, { pieces, line }: PatternRequest, port: GraphPort): string[] {
	const [first = "", ...rest] = pieces;
	const cut = first.lastIndexOf("/") + 1;
	const at = { specifier: pieces.map((piece) => piece ?? "${…}").join(""), file, line };
	const directory = resolvePath(directoryOf(file), first.slice(0, cut))?.replace(/\/$/, "");
	const remainder = [first.slice(cut), ...rest];
	const shape = remainder.map((piece) => piece ?? "*").join("");
	if (directory === undefined || /(^|\/)(\.|%2e){2}(\/|$)|\\/i.test(shape)) throw outsideProject(at);
	const prefix = directory === "" ? "" : `${directory}/`;
	return port
		.list(directory)
		.filter(
			(path) =>
				!/\.test\.[^./]+$|\.d\.[cm]?ts$/.test(path) && matchesPieces(path.slice(prefix.length), remainder),
		);
}
