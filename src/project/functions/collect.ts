/** Collects the files that a project's functions need. Reads files, writes nothing. */
import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { readBoundedSync } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { configurationFor } from "../../modules/configuration.ts";
import type { FileWarning } from "../../modules/files/wanted-files.ts";
import { parseFunctionFile } from "../../modules/function-settings.ts";
import { type GraphPort, walkGraph } from "../../modules/graph.ts";
import { FILE_BYTES_MAX, UPLOAD_BYTES_MAX } from "../../modules/limits.ts";
import { ancestorsOf, join as joinPath } from "../../modules/paths.ts";
import { Scanner } from "../../modules/scan.ts";
import type { FunctionEntry } from "./function-entry.ts";
import { foldersIn, membersAbove } from "./workspace.ts";

/** A project's files. Files that were read and parsed for one call are kept for the next. */
export interface ProjectFiles extends GraphPort {
	/** Names of workspace members outside the project, with their folders. */
	readonly outside: ReadonlyMap<string, string>;
}

function failure(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/**
 * Collects the files to upload: each function's entry, every local module that it reaches (static imports, re-exports,
 * `require`, the known parts of dynamic imports, JSON and text), the files that these modules read when they run and
 * those that `static_files` names, and the configuration that resolves its imports: `deno.json`, `deno.jsonc`, import
 * maps, `package.json`, `deno.lock` if anything comes from outside the project, and the `function.jsonc` of each
 * function. A file that nothing imports or reads is not uploaded, because it may be private.
 *
 * @param root the project's folder
 * @param functions as `discoverFunctions` returns them
 * @param port the project's files. The port of an earlier call has already read their content
 * @param onWarning called with each file that may be missing when a function runs
 * @returns contents by path: relative to the root, POSIX, sorted
 * @throws AppError (exit 2), with file and line where there is one: what `walkGraph` and `configurationFor`
 *   throw; the `fault` of a function; `SOURCE_OUTSIDE` for a link that leads out of the root; `SOURCE_PRIVATE`
 *   for an import of the vault or of a hidden file; `SOURCE_TOO_LARGE`, `UPLOAD_TOO_LARGE`
 */
export async function collectSources(
	root: string,
	functions: readonly FunctionEntry[],
	port: ProjectFiles = projectFiles(root),
	onWarning: (name: string, warning: FileWarning) => void = () => {},
): Promise<Map<string, Uint8Array>> {
	const paths = new Set<string>();
	/** Settings that no single file contains as text. */
	const made = new Map<string, Uint8Array>();
	for (const one of functions) {
		const { settings, settingsText } = one;
		if (settings !== undefined && settingsText !== undefined) made.set(settings, settingsText);
		for (const path of pathsOf(one, port, (warning) => onWarning(one.name, warning))) paths.add(path);
	}
	const sources = new Map<string, Uint8Array>();
	let total = 0;
	for (const path of [...paths].sort()) {
		const content = made.get(path) ?? port.read(path);
		if (content === undefined) continue;
		total += content.length;
		sources.set(path, content);
	}
	if (total > UPLOAD_BYTES_MAX) {
		const message = `The functions need ${megabytes(total)} MB of sources; ${megabytes(UPLOAD_BYTES_MAX)} MB is the limit.`;
		throw failure(
			"UPLOAD_TOO_LARGE",
			message,
			"Import large data at run time, or deploy fewer functions at once.",
		);
	}
	return sources;
}

/** The paths of the files that a function needs. @throws the function's `fault`, and as `collectSources` */
function pathsOf(
	{ entry, fault, name, settings, settingsText, ...found }: FunctionEntry,
	port: ProjectFiles,
	onWarning: (warning: FileWarning) => void,
): string[] {
	if (fault !== undefined) throw fault;
	const bytes =
		settings === undefined ? undefined : (settingsText ?? port.read(settings) ?? new Uint8Array());
	const file =
		settings === undefined || bytes === undefined ? undefined : parseFunctionFile(settings, bytes, name);
	const { outside } = port;
	const configuration = configurationFor(entry, port, { outside, importMap: file?.importMap });
	let foreign = false;
	const elsewhere = () => {
		foreign = true;
		return undefined;
	};
	const line = file?.lines.get("static_files");
	const own = line && file && { file: settings ?? "", line, globs: file.staticFiles };
	const staticFiles = found.staticFiles ?? (own || undefined);
	const graph = walkGraph(entry, port, { configuration, onNonLocal: elsewhere, staticFiles });
	for (const warning of [...(found.warnings ?? []), ...graph.warnings]) onWarning(warning);
	const lock = foreign ? nearestLock(entry, port) : undefined;
	const others = [settings, lock].filter((path) => path !== undefined);
	return [...others, ...graph.files, ...graph.assets, ...configuration.files];
}

function nearestLock(entry: string, port: GraphPort): string | undefined {
	const paths = ancestorsOf(entry).map((directory) => joinPath(directory, "deno.lock"));
	return paths.findLast((path) => port.read(path) !== undefined);
}

function megabytes(bytes: number): string {
	return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");
}

/**
 * The project's files as a port that never leaves the root, by a path or by a link. Each file is read and
 * parsed once.
 */
export function projectFiles(root: string): ProjectFiles {
	const realRoot = realpathSync(root);
	const contents = new Map<string, Uint8Array | undefined>();
	const read = (path: string) => {
		if (!contents.has(path)) contents.set(path, readInside(realRoot, path));
		return contents.get(path);
	};
	return {
		read,
		list: (directory) => list(realRoot, directory),
		folders: (directory) => foldersIn(join(realRoot, directory)),
		scanner: new Scanner(),
		outside: membersAbove(realRoot),
	};
}

function readInside(root: string, path: string): Uint8Array | undefined {
	let real: string;
	try {
		real = realpathSync(join(root, path));
	} catch {
		return undefined;
	}
	if (!real.startsWith(root + sep)) {
		const hint = "Replace the link with the file itself.";
		throw failure("SOURCE_OUTSIDE", `${path} leads out of the project by a link.`, hint);
	}
	for (const name of [path, relative(root, real).split(sep).join("/")]) {
		if (!/(^|\/)(\.|coffer\.vault$)/i.test(name)) continue;
		throw isPrivate(path);
	}
	const stat = statSync(real);
	if (!stat.isFile()) return undefined;
	if (stat.size > FILE_BYTES_MAX) {
		const message = `${path} has ${megabytes(stat.size)} MB; ${megabytes(FILE_BYTES_MAX)} MB is the limit for a file.`;
		throw failure("SOURCE_TOO_LARGE", message, "Load large data at run time instead of importing it.");
	}
	const content = new Uint8Array(readBoundedSync(real, FILE_BYTES_MAX));
	if (isKeyFile(content)) throw isPrivate(path);
	return content;
}

/** Whether a file contains an identity or an exported identity, whatever its name is. */
function isKeyFile(content: Uint8Array): boolean {
	const beginning = Buffer.from(content.subarray(0, 32)).toString("latin1");
	return /^\s*coffer-(identity|export)-\d/.test(beginning);
}

function isPrivate(path: string): AppError {
	const hint = "Secrets reach a function as environment variables: set them with `coffer secrets set`.";
	const message = `${path} is private and is never uploaded, but a function uses it.`;
	return failure("SOURCE_PRIVATE", message, hint);
}

function isFile(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** All files below a folder, without hidden files, packages and links to folders. */
function list(root: string, directory: string): string[] {
	let items: Dirent[];
	try {
		items = readdirSync(join(root, directory), { withFileTypes: true });
	} catch {
		return [];
	}
	return items.flatMap((item) => {
		const path = joinPath(directory, item.name);
		if (item.name.startsWith(".") || item.name === "node_modules") return [];
		if (item.isDirectory()) return list(root, path);
		// A link is listed, so that a function that uses it gets an error instead of a missing file.
		return item.isFile() || (item.isSymbolicLink() && isFile(join(root, path))) ? [path] : [];
	});
}
