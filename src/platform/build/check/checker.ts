/**
 * Checks uploads in separate processes, so that the platform continues to serve.
 *
 * The parser is native code that recurses as deeply as a source is nested. A source that overflows its stack ends the
 * whole process, so it must not run in the platform's process. The process reports the file that it parses. If a file
 * ends the process, the functions that do not import this file are still checked.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { TOO_DEEP, treeTooLarge } from "../../../modules/source-faults.ts";
import type { FunctionMaxima } from "../../configuration/limits.ts";
import { Limiter } from "../../machine/mutex.ts";
import type { Sharing } from "../batches/sharing.ts";
import type { FunctionDeclaration } from "../settings.ts";
import type { Upload } from "../upload.ts";
import { checkFailed, type EarlyExit } from "./check-process.ts";
import type { Order, Report, SeenFiles, SentError } from "./messages.ts";
import type { ProcessPool } from "./process-pool.ts";

/** The inputs of a function's bundle. */
export interface PreparedBuild {
	readonly entry: string;
	/** The hash of all inputs. Equal hashes mean equal bundles. */
	readonly source: string;
	/** The files that the bundler sees: path → content. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** Whether it is the bundle of a worker. */
	readonly isWorker?: boolean | undefined;
	/** The names of the project's own packages. None of them may come from a registry. */
	readonly localNames: readonly string[];
	/** Undefined if the build must not share a run of the bundler. `upload` is the same object for all builds of an upload. */
	readonly sharing?: (Sharing & { readonly upload: object }) | undefined;
}

/** The result of the check of a function. */
export interface CheckedFunction extends PreparedBuild {
	readonly declaration: FunctionDeclaration;
	/** The paths of the upload's files that it reads when it runs. */
	readonly assets: readonly string[];
	/** The modules of its workers. Each has a separate bundle, which is built from the same files. */
	readonly workers: readonly string[];
}

export interface CheckedUpload {
	/** Name of the function → the result of its check, or the reason why it cannot be built. */
	readonly functions: ReadonlyMap<string, CheckedFunction | AppError>;
	/** The number of sources that were parsed for the upload. */
	readonly parses: number;
}

export interface CheckerOptions {
	readonly processes: ProcessPool;
	/** The maximum number of concurrent checks. */
	readonly checksMax: number;
	/** The maximum time of the check of an upload, in ms. */
	readonly timeoutMs: number;
}

/** The maximum number of files of an upload that may end a process. */
const ENDINGS_MAX = 3;

export class Checker {
	readonly #timeoutMs: number;
	readonly #processes: ProcessPool;
	readonly #turns: Limiter;

	constructor({ checksMax, processes, timeoutMs }: CheckerOptions) {
		this.#timeoutMs = timeoutMs;
		this.#processes = processes;
		this.#turns = new Limiter(checksMax);
	}

	/**
	 * Checks the functions of an upload. Each file is parsed once for all functions. A file that was parsed for an earlier
	 * upload is not parsed again.
	 * @param upload the result of `checkUpload`
	 * @returns for each function its result or an error: the errors of `readSettings` and `checkImports`,
	 *   `SOURCE_SYNTAX`, `SOURCE_TOO_LARGE`, `UPLOAD_TOO_SLOW` (exit 2)
	 * @throws AppError `CHECK_FAILED` (exit 1)
	 */
	check(upload: Upload, maxima: FunctionMaxima): Promise<CheckedUpload> {
		return this.#turns.run(() => this.#check(upload, maxima));
	}

	async #check({ files, functions: asked }: Upload, maxima: FunctionMaxima): Promise<CheckedUpload> {
		const deadline = performance.now() + this.#timeoutMs;
		const functions = new Map<string, CheckedFunction | AppError>();
		const made = new Map<string, Uint8Array>();
		const refused = new Map<string, SentError>();
		const onReport = (report: Report) => {
			if (report.type === "made") made.set(report.id, report.content);
			else if (report.type === "refused") functions.set(report.name, received(report.error));
			else if (report.type === "checked") {
				const { assets, entry, localNames, name, declaration, sharing, source, workers } = report;
				const seen = contentsOf(report.files, files, made);
				functions.set(name, {
					entry,
					source,
					declaration,
					assets,
					workers,
					localNames,
					files: seen,
					sharing: sharing && { ...sharing, upload: files },
				});
			}
		};
		for (;;) {
			const left = asked.filter(({ name }) => !functions.has(name));
			const orders = [
				...[...files].map(([path, content]): Order => ({ type: "file", path, content })),
				{ type: "check", functions: left, maxima, refused } as const,
			];
			const timeoutMs = Math.max(1, deadline - performance.now());
			const end = await this.#processes.run(orders, onReport, timeoutMs);
			if (!("why" in end)) return { functions, parses: end.parses };
			const error = this.#endingError(end, files.get(end.parsing)?.length);
			const isLast = end.parsing === "" || end.why === "too slow" || refused.size === ENDINGS_MAX;
			if (!isLast) refused.set(end.parsing, error.toJSON());
			else for (const { name } of left) if (!functions.has(name)) functions.set(name, error);
			if (isLast) return { functions, parses: 0 };
		}
	}

	/** @param bytes the size of the file that was being parsed, if it belongs to an upload */
	#endingError({ parsing, why }: EarlyExit, bytes: number | undefined): AppError {
		if (why === "too slow") return tooSlow(parsing, bytes, this.#timeoutMs);
		if (why === "unknown") return checkFailed();
		if (why === "too much memory") return treeTooLarge(parsing === "" ? "The upload" : parsing, bytes ?? 0);
		return tooDeep(parsing);
	}
}

/** The error for a file that ended the process in which it was parsed. */
export function tooDeep(path: string): AppError {
	return new AppError({
		code: "SOURCE_SYNTAX",
		message: `${path} cannot be parsed: ${TOO_DEEP}.`,
		hint: "Split its deepest expressions and blocks, or import a generated file as JSON.",
		exit: EXIT.usage,
	});
}

function contentsOf(
	seen: SeenFiles,
	files: ReadonlyMap<string, Uint8Array>,
	made: ReadonlyMap<string, Uint8Array>,
): Map<string, Uint8Array> {
	const contents = new Map<string, Uint8Array>();
	for (const [path, id] of seen) {
		const content = id === null ? files.get(path) : made.get(id);
		if (content !== undefined) contents.set(path, content);
	}
	return contents;
}

function received(error: SentError): AppError {
	return new AppError(error as ConstructorParameters<typeof AppError>[0]);
}

function tooSlow(parsing: string, bytes: number | undefined, timeoutMs: number): AppError {
	const size = bytes === undefined ? "" : ` (${(bytes / 1024 / 1024).toFixed(1)} MiB)`;
	const at = parsing === "" ? "" : `; ${parsing}${size} was being parsed when the time was over`;
	return new AppError({
		code: "UPLOAD_TOO_SLOW",
		message: `The sources take longer to check than the ${timeoutMs / 1000} s that an upload has${at}.`,
		hint: 'Keep large data in a JSON file and import it with { type: "json" }, or deploy fewer functions at once.',
		exit: EXIT.usage,
	});
}
