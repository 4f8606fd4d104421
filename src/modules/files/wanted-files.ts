/** Finds the files that modules and the `static_files` of a `function.jsonc` refer to. Pure. */
import { posix } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { FILE_REQUESTS_MAX, FUNCTION_FILES_MAX } from "../limits.ts";
import { ancestorsOf, directoryOf, isCode, resolvePath } from "../paths.ts";
import type { FileRequest } from "./file-requests.ts";
import { matchesGlob } from "./glob.ts";
import { matchesPieces } from "./pieces.ts";

/** `read` throws an AppError if a file may not be read, for example a link out of the root. */
export interface FilePort {
	read(path: string): Uint8Array | undefined;
	/** The paths of all files below a folder ("" for the root), in any order. */
	list(directory: string): readonly string[];
}

/** Files that may be missing when the function runs. */
export interface FileWarning {
	readonly file: string;
	/** 1-based. */
	readonly line: number;
	readonly message: string;
}

/** `static_files` of a `function.jsonc`. */
export interface StaticFiles {
	/** The path of the `function.jsonc`. */
	readonly file: string;
	readonly line: number;
	readonly globs: readonly string[];
}

/** How a function reads a file of a package. */
export const IMPORT_BYTES =
	'To read a file of a package, import it: import bytes from "npm:PACKAGE/FILE" with { type: "bytes" }.';
export const NAME_THEM = 'Name the files in "static_files" of the function\'s function.jsonc.';

export class WantedFiles {
	readonly #port: FilePort;
	readonly #hasStaticFiles: boolean;
	readonly #found = new Set<string>();
	readonly #warnings: FileWarning[] = [];
	#requests = 0;

	constructor(port: FilePort, hasStaticFiles: boolean) {
		this.#port = port;
		this.#hasStaticFiles = hasStaticFiles;
	}

	/** The paths of the files, sorted. */
	get paths(): string[] {
		return [...this.#found].sort();
	}

	get warnings(): readonly FileWarning[] {
		return this.#warnings;
	}

	/** Adds the files of a glob. @throws AppError `FILE_NOT_FOUND`, `FILE_OUTSIDE`, `FILES_TOO_MANY` (exit 2) */
	addStatic({ file, globs, line }: StaticFiles): void {
		for (const glob of globs) {
			const cut = glob.search(/[*?[{]/);
			const fixed = cut < 0 ? glob : glob.slice(0, cut);
			const folder = fixed.slice(0, fixed.lastIndexOf("/") + 1);
			const directory = resolvePath(directoryOf(file), encodeURI(folder))?.replace(/\/$/, "");
			const rest = glob.slice(folder.length);
			const at = `${file}:${line}: "static_files" names ${JSON.stringify(glob)}`;
			if (directory === undefined || glob.startsWith("/") || rest.split("/").includes(".."))
				throw fault(
					"FILE_OUTSIDE",
					`${at}, which leads out of the project.`,
					"Copy the files into the project.",
				);
			const start = directory === "" ? "" : `${directory}/`;
			const isMatch = (path: string) => rest === "" || matchesGlob(path.slice(start.length), rest);
			const paths = this.#port.list(directory).filter(isMatch);
			if (paths.length === 0)
				throw fault(
					"FILE_NOT_FOUND",
					`${at}, but no file matches.`,
					"Paths are relative to the folder of function.jsonc.",
				);
			for (const path of paths) this.#add(path, file, line);
		}
	}

	/**
	 * Adds the files that a module refers to. @param file the module
	 * @throws AppError (exit 2) with file and line: `FILE_NOT_FOUND`, `FILE_OUTSIDE`, `FILES_TOO_MANY`, and the errors of
	 *   `read`
	 */
	add(file: string, request: FileRequest): void {
		const { isRead, line, pieces } = request;
		const at = `${file}:${line}`;
		if (++this.#requests > FILE_REQUESTS_MAX)
			throw tooMany(`${at} exceeds the limit of ${FILE_REQUESTS_MAX} paths`, line);
		if (request.ofPackage !== undefined) {
			const message = `${at} calls import.meta.resolve for ${JSON.stringify(request.ofPackage)}, which throws an error when the function runs, because packages are in its bundle. ${IMPORT_BYTES}`;
			this.#warnings.push({ file, line, message });
			return;
		}
		if (request.fromWorkingDirectory !== undefined)
			return void this.#warnOfWorkingDirectory(request.fromWorkingDirectory, file, line);
		if (pieces === undefined) {
			if (!isRead) return;
			const hint = "Copy the file into the project, or load it at run time.";
			throw fault("FILE_OUTSIDE", `${at} reads a file that is outside of the project.`, hint, line);
		}
		const shown = JSON.stringify(pieces.map((piece) => piece ?? "*").join(""));
		const [first = "", ...rest] = pieces;
		const paths = this.#tolerant(request, file, () =>
			rest.length === 0 ? this.#exact(first, file, isRead) : this.#matching(pieces, file),
		);
		if (paths === undefined) return;
		if (paths === "unknown") {
			if (this.#hasStaticFiles) return;
			const message = `${at} makes a path that is known only at run time. The file may be missing then. ${NAME_THEM}`;
			this.#warnings.push({ file, line, message });
			return;
		}
		for (const path of paths) this.#tolerant(request, file, () => this.#add(path, file, line));
		if (paths.length > 0) return;
		const message = rest.length === 0 ? `there is no file ${shown}` : `no file matches ${shown}`;
		const hint =
			rest.length === 0
				? "Correct the path, or add the file."
				: `Correct the path, or add the files. ${NAME_THEM}`;
		if (isRead) throw fault("FILE_NOT_FOUND", `${at} reads a file, but ${message}.`, hint, line);
		this.#warnings.push({
			file,
			line,
			message: `${at} names a file, but ${message}. It will be missing when the function runs.`,
		});
	}

	/** Warns if a path means a file of the project in one of the folders in which `deno run` is usually started. */
	#warnOfWorkingDirectory(path: string, file: string, line: number): void {
		const folder = directoryOf(file);
		const found = ancestorsOf(file)
			.toReversed()
			.map((above) => posix.join(above, path))
			.find((candidate) => !candidate.startsWith("..") && this.#exists(candidate));
		if (found === undefined) return;
		const relative = posix.relative(folder, found);
		const url = `new URL(${JSON.stringify(relative.startsWith(".") ? relative : `./${relative}`)}, import.meta.url)`;
		const message = `${file}:${line} reads ${JSON.stringify(path)} from the working directory, which has no files of the project when the function runs. To read ${found}, write ${url}.`;
		this.#warnings.push({ file, line, message });
	}

	#exists(path: string): boolean {
		try {
			return this.#port.read(path) !== undefined || this.#port.list(path).length > 0;
		} catch (error) {
			if (error instanceof AppError) return false;
			throw error;
		}
	}

	/** Reports an error as a warning if the function can run without the file. */
	#tolerant<T>({ isRead, line }: FileRequest, file: string, work: () => T): T | undefined {
		try {
			return work();
		} catch (error) {
			if (!(error instanceof AppError) || error.code === "FILES_TOO_MANY") throw error;
			if (isRead) throw fault(error.code, `${file}:${line}: ${error.message}`, error.hint, line);
			this.#warnings.push({ file, line, message: `${file}:${line}: ${error.message} ${error.hint}` });
			return undefined;
		}
	}

	/** A file, or the files of a folder. */
	#exact(path: string, module: string, isRead: boolean): readonly string[] | "unknown" {
		if (path !== "" && this.#port.read(path) !== undefined) return [path];
		// The module's own folder is usually only the beginning of a longer path.
		if (isAbove(path, module)) return isRead || path === directoryOf(module) ? "unknown" : [];
		return this.#port.list(path);
	}

	#matching(pieces: readonly (string | undefined)[], module: string): readonly string[] | "unknown" {
		const [first = "", ...rest] = pieces;
		const directory = first.slice(0, Math.max(0, first.lastIndexOf("/")));
		const isNamed = rest.some((piece) => piece !== undefined && /[^/]/.test(piece));
		if (isAbove(directory, module) && !isNamed && /(^|\/)$/.test(first)) return "unknown";
		const isData = !isCode(pieces.at(-1) ?? "");
		return this.#port
			.list(directory)
			.filter(
				(path) => matchesPieces(path, pieces) && !(isData && isCode(path) && isAbove(directory, module)),
			);
	}

	#add(path: string, file: string, line: number): void {
		if (this.#port.read(path) === undefined) return;
		this.#found.add(path);
		if (this.#found.size <= FUNCTION_FILES_MAX) return;
		throw tooMany(`${file}:${line} exceeds the limit of ${FUNCTION_FILES_MAX} files`, line);
	}
}

function isAbove(directory: string, path: string): boolean {
	return directory === "" || path.startsWith(`${directory}/`);
}

function fault(code: string, message: string, hint: string, line?: number): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage, ...(line !== undefined && { line }) });
}

function tooMany(what: string, line: number): AppError {
	const hint = "Name fewer files, or put their contents into one.";
	return fault("FILES_TOO_MANY", `${what} that a function may read.`, hint, line);
}
