/**
 * Checks uploads in separate processes, so that the platform continues to serve.
 *
 * The parser is native code that recurses as deeply as a source is nested. A source that overflows its stack ends the
 * whole process, which must not be the platform's. The process reports the file that it parses. If a file ends the
 * process, the functions that do not import this file are still checked.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { TOO_DEEP, treeTooLarge } from "../../../modules/source-faults.ts";
import type { FunctionMaxima } from "../../configuration/limits.ts";
import { Limiter } from "../../machine/mutex.ts";
import type { FunctionDeclaration } from "../settings.ts";
import type { Upload } from "../upload.ts";
import { CheckProcess, checkFailed, type EarlyExit } from "./check-process.ts";
import type { CheckRules, Order, Report, SeenFiles, SentError } from "./messages.ts";

/** The inputs of a function's bundle. */
export interface PreparedBuild {
	readonly entry: string;
	/** The hash of all inputs. Equal hashes mean equal bundles. */
	readonly source: string;
	/** The files that the bundler sees: path → content. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** The names of the project's own packages. None of them may come from a registry. */
	readonly localNames: readonly string[];
}

/** The result of the check of a function. */
export interface CheckedFunction extends PreparedBuild {
	readonly declaration: FunctionDeclaration;
}

export interface CheckedUpload {
	/** Name of the function → the result of its check, or the reason why it cannot be built. */
	readonly functions: ReadonlyMap<string, CheckedFunction | AppError>;
	/** The number of sources that were parsed for the upload. */
	readonly parses: number;
}

export interface CheckerOptions {
	/** Absolute path of the processes' program. */
	readonly program: string;
	readonly rules: CheckRules;
	/** The maximum number of concurrent processes. */
	readonly processesMax: number;
	/** The maximum time of the check of an upload. */
	readonly timeoutMs: number;
	/** How long an idle process is kept. The default is 30,000. A process uses about 60 MB of memory. */
	readonly idleMs?: number | undefined;
}

/** The maximum number of files of an upload that may end a process. */
const ENDINGS_MAX = 3;

export class Checker {
	readonly #options: CheckerOptions;
	readonly #turns: Limiter;
	/** The idle processes. Those with the cached results of an upload are at the end. */
	readonly #idle: CheckProcess[] = [];
	/** The processes that have checked an upload and cached its results. */
	readonly #withCache = new WeakSet<CheckProcess>();
	#timer: NodeJS.Timeout | undefined;

	constructor(options: CheckerOptions) {
		this.#options = options;
		this.#turns = new Limiter(options.processesMax);
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

	/**
	 * Checks that a file can be parsed without the end of the process.
	 * @throws AppError `SOURCE_SYNTAX`, `SOURCE_TOO_LARGE`, `UPLOAD_TOO_SLOW` (exit 2) if it cannot; `CHECK_FAILED` (exit 1)
	 */
	async assertParses(file: string): Promise<void> {
		await this.#turns.run(async () => {
			const end = await this.#run([{ type: "parse", file }], () => {}, this.#options.timeoutMs);
			if ("why" in end) throw this.#endingError(end, undefined);
			if (end.error !== undefined) throw received(end.error);
		});
	}

	/** Ends the idle processes. */
	close(): void {
		clearTimeout(this.#timer);
		for (const process of this.#idle.splice(0)) process.kill();
	}

	async #check({ files, functions: asked }: Upload, maxima: FunctionMaxima): Promise<CheckedUpload> {
		const { timeoutMs } = this.#options;
		const deadline = performance.now() + timeoutMs;
		const functions = new Map<string, CheckedFunction | AppError>();
		const made = new Map<string, Uint8Array>();
		const refused = new Map<string, SentError>();
		const onReport = (report: Report) => {
			if (report.type === "made") made.set(report.id, report.content);
			else if (report.type === "refused") functions.set(report.name, received(report.error));
			else if (report.type === "checked") {
				const { entry, localNames, name, declaration, source } = report;
				const seen = contentsOf(report.files, files, made);
				functions.set(name, { entry, source, declaration, localNames, files: seen });
			}
		};
		for (;;) {
			const left = asked.filter(({ name }) => !functions.has(name));
			const orders = [
				...[...files].map(([path, content]): Order => ({ type: "file", path, content })),
				{ type: "check", functions: left, maxima, refused } as const,
			];
			const end = await this.#run(orders, onReport, Math.max(1, deadline - performance.now()));
			if (!("why" in end)) return { functions, parses: end.parses };
			const error = this.#endingError(end, files.get(end.parsing)?.length);
			const isLast = end.parsing === "" || end.why === "too slow" || refused.size === ENDINGS_MAX;
			if (!isLast) refused.set(end.parsing, error.toJSON());
			else for (const { name } of left) if (!functions.has(name)) functions.set(name, error);
			if (isLast) return { functions, parses: 0 };
		}
	}

	/** Runs commands in a process, and keeps the process for further use. */
	async #run(orders: readonly Order[], onReport: (report: Report) => void, timeoutMs: number) {
		const { idleMs = 30_000 } = this.#options;
		clearTimeout(this.#timer);
		const isUpload = orders.at(-1)?.type === "check";
		const process = this.#take(isUpload);
		if (isUpload) this.#withCache.add(process);
		const end = await process.run(orders, onReport, timeoutMs);
		if (!("why" in end)) {
			if (this.#withCache.has(process)) this.#idle.push(process);
			else this.#idle.unshift(process);
		}
		this.#timer = setTimeout(() => this.close(), idleMs).unref();
		return end;
	}

	/** Takes an idle process or starts one. An upload gets a process with cached results, so that its files are not parsed again. */
	#take(isUpload: boolean): CheckProcess {
		const { program, rules } = this.#options;
		const next = () => (isUpload ? this.#idle.pop() : this.#idle.shift());
		let process = next();
		while (process !== undefined && !process.isAlive) process = next();
		return process ?? new CheckProcess(program, rules);
	}

	/** @param bytes the size of the file that was being parsed, if it belongs to an upload */
	#endingError({ parsing, why }: EarlyExit, bytes: number | undefined): AppError {
		if (why === "too slow") return tooSlow(parsing, bytes, this.#options.timeoutMs);
		if (why === "unknown") return checkFailed();
		if (why === "too much memory") return treeTooLarge(parsing === "" ? "The upload" : parsing, bytes ?? 0);
		return new AppError({
			code: "SOURCE_SYNTAX",
			message: `${parsing} cannot be parsed: ${TOO_DEEP}.`,
			hint: "Break its deepest expressions and blocks up, or import a generated file as JSON.",
			exit: EXIT.usage,
		});
	}
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
	const at = parsing === "" ? "" : `; ${parsing}${size} was being parsed when they were over`;
	return new AppError({
		code: "UPLOAD_TOO_SLOW",
		message: `The sources take longer to check than the ${timeoutMs / 1000} s that an upload has${at}.`,
		hint: 'Keep large data in a JSON file and import it with { type: "json" }, or deploy fewer functions at once.',
		exit: EXIT.usage,
	});
}
