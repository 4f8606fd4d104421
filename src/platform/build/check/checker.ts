/**
 * Checks uploads in processes of their own, so that the platform serves meanwhile.
 *
 * The parser is native code that recurses as deep as a source nests: what overflows its stack takes the whole process
 * along. So it is never the platform's: a process that ends names the file that it ended over, and the functions
 * that do not import that file are checked all the same.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { TOO_DEEP, treeTooLarge } from "../../../modules/source-faults.ts";
import type { FunctionMaxima } from "../../configuration/limits.ts";
import { Limiter } from "../../machine/mutex.ts";
import type { FileSays } from "../settings.ts";
import type { Upload } from "../upload.ts";
import { CheckProcess, checkFailed, type Ending } from "./check-process.ts";
import type { CheckRules, Order, Report, SeenFiles, SentError } from "./messages.ts";

/** What a function's bundle is made from. */
export interface PreparedBuild {
	readonly entry: string;
	/** Hash of everything that the bundle is made from: equal hashes, equal bundles. */
	readonly source: string;
	/** What the bundler gets to see: contents by path. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** Names of packages that are the project's own: none of them may come from a registry. */
	readonly localNames: readonly string[];
}

/** What was found of one function. */
export interface CheckedFunction extends PreparedBuild {
	/** What its files say about how it is to be run. */
	readonly said: FileSays;
}

export interface CheckedUpload {
	/** By the function's name: what was found, or why it cannot be built. */
	readonly functions: ReadonlyMap<string, CheckedFunction | AppError>;
	/** How many sources were parsed for it. */
	readonly parses: number;
}

export interface CheckerOptions {
	/** Absolute path of the program that the processes run. */
	readonly program: string;
	readonly rules: CheckRules;
	/** How many processes there may be at once. */
	readonly processesMax: number;
	/** What one upload may take. */
	readonly timeoutMs: number;
	/** How long a process is kept that nobody uses; 30,000 unless told. It holds some 60 MB of memory. */
	readonly idleMs?: number | undefined;
}

/** How many files of one upload may end a process. */
const ENDINGS_MAX = 3;

export class Checker {
	readonly #options: CheckerOptions;
	readonly #turns: Limiter;
	/** The processes that nobody uses. Those that remember an upload come last. */
	readonly #idle: CheckProcess[] = [];
	/** The processes that remember what they found in the sources of an upload. */
	readonly #remembering = new WeakSet<CheckProcess>();
	#timer: NodeJS.Timeout | undefined;

	constructor(options: CheckerOptions) {
		this.#options = options;
		this.#turns = new Limiter(options.processesMax);
	}

	/**
	 * Checks the functions of an upload. Each file is parsed once for all of them, and not at all where it was parsed for
	 * an upload before.
	 * @param upload as `checkUpload` returned it
	 * @returns for each function what was found or what is wrong with it: what `readSettings` and `checkImports` throw,
	 *   `SOURCE_SYNTAX`, `SOURCE_TOO_LARGE`, `UPLOAD_TOO_SLOW` (exit 2)
	 * @throws AppError `CHECK_FAILED` (exit 1)
	 */
	check(upload: Upload, maxima: FunctionMaxima): Promise<CheckedUpload> {
		return this.#turns.run(() => this.#check(upload, maxima));
	}

	/**
	 * Parses a file and throws the result away.
	 * @throws AppError `SOURCE_SYNTAX`, `SOURCE_TOO_LARGE`, `UPLOAD_TOO_SLOW` (exit 2) where that would have ended this process, `CHECK_FAILED` (exit 1)
	 */
	async assertParses(file: string): Promise<void> {
		await this.#turns.run(async () => {
			const end = await this.#run([{ type: "parse", file }], () => {}, this.#options.timeoutMs);
			if ("why" in end) throw this.#endingError(end, undefined);
			if (end.error !== undefined) throw received(end.error);
		});
	}

	/** Ends the processes that nobody waits for. */
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
				const { entry, localNames, name, said, source } = report;
				const seen = contentsOf(report.files, files, made);
				functions.set(name, { entry, source, said, localNames, files: seen });
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

	/** Has a process do something, and keeps it for the next. */
	async #run(orders: readonly Order[], onReport: (report: Report) => void, timeoutMs: number) {
		const { idleMs = 30_000 } = this.#options;
		clearTimeout(this.#timer);
		const isUpload = orders.at(-1)?.type === "check";
		const process = this.#take(isUpload);
		if (isUpload) this.#remembering.add(process);
		const end = await process.run(orders, onReport, timeoutMs);
		if (!("why" in end)) {
			if (this.#remembering.has(process)) this.#idle.push(process);
			else this.#idle.unshift(process);
		}
		this.#timer = setTimeout(() => this.close(), idleMs).unref();
		return end;
	}

	/** Takes an idle process, or starts one. An upload gets the one that knows most, so that its files are not parsed again. */
	#take(isUpload: boolean): CheckProcess {
		const { program, rules } = this.#options;
		const next = () => (isUpload ? this.#idle.pop() : this.#idle.shift());
		let process = next();
		while (process !== undefined && !process.isAlive) process = next();
		return process ?? new CheckProcess(program, rules);
	}

	/** @param bytes the size of the file that was being parsed, where it is one of an upload */
	#endingError({ parsing, why }: Ending, bytes: number | undefined): AppError {
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
