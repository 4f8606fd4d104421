/** The driver that stores the lines and requests of functions in files of the data directory. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import {
	type DroppedLines,
	type Following,
	type FunctionLogs,
	type Kept,
	type KeptLog,
	type LogLine,
	type LogQuery,
	NO_FUNCTION,
	type RequestLine,
} from "./function-logs.ts";
import { LOG_LINES, missingRequests, REQUEST_LINES } from "./line-kind.ts";
import { fileOf, LinesInFiles, type Listener, type LogFilesOptions, Positions } from "./lines-in-files.ts";
import { type LogFileLimits, readTail } from "./log-file.ts";

/** Each function has two files of each kind, so 4 MiB of each at most. */
const LIMITS: LogFileLimits = { fileBytes: 2 * 1024 * 1024, waitingBytes: 1024 * 1024 };
const REPORT_INTERVAL_MS = 60_000;
const KINDS = [LOG_LINES, REQUEST_LINES] as const;
/**
 * A line ends with its position, a quotation mark and a brace. A message cannot look like that, since its
 * quotation marks are escaped.
 */
const LAST_POSITION = /"position":"([0-9a-z]{9}\.[0-9a-z]{9})"\}\n$/;
const TAIL_BYTES = 64;

class LogFiles implements FunctionLogs {
	readonly requests: LinesInFiles<RequestLine>;
	readonly #written: LinesInFiles<LogLine>;
	readonly #options: LogFilesOptions;
	readonly #positions = new Positions();
	#reportedMs = Number.NEGATIVE_INFINITY;

	constructor(options: LogFilesOptions) {
		this.#options = options;
		const { directory, limits = LIMITS } = options;
		const onError = (error: unknown) => this.#report(error);
		const shared = { directory, limits, onError, positions: this.#positions };
		this.#written = new LinesInFiles({ ...shared, kind: LOG_LINES });
		this.requests = new LinesInFiles({
			...shared,
			kind: REQUEST_LINES,
			onDropped: (app, name, count) => {
				if (name === NO_FUNCTION) options.onUnknownDropped?.(count);
				else this.#written.append(app, name, missingRequests(count));
			},
		});
	}

	get dropped(): DroppedLines {
		return { output: this.#written.dropped, requests: this.requests.dropped };
	}

	append(app: string, name: string, line: LogLine): void {
		this.#written.append(app, name, line);
	}

	read(app: string, name: string, query: LogQuery): Promise<Kept<LogLine>[]> {
		return this.#written.read(app, name, query);
	}

	follow(
		app: string,
		name: string,
		query: LogQuery,
		listener: Listener<LogLine>,
	): Promise<Following<LogLine>> {
		return this.#written.follow(app, name, query, listener);
	}

	position(): string {
		return this.#positions.last;
	}

	async forget(app: string, name: string): Promise<void> {
		await Promise.all([this.#written.forget(app, name), this.requests.forget(app, name)]);
		// The app's folder is removed with its last function. `rmdir` fails while others are there.
		await rmdir(join(this.#options.directory, app)).catch(() => undefined);
	}

	async forgetAll(app: string): Promise<void> {
		await Promise.all([this.#written.forgetAll(app), this.requests.forgetAll(app)]);
		await rm(join(this.#options.directory, app), { recursive: true, force: true });
	}

	async keepOnly(kept: readonly KeptLog[]): Promise<void> {
		const { directory } = this.#options;
		const names = new Map<string, Set<string>>();
		for (const { app, function: name, earlier } of kept) {
			const wanted = names.get(app) ?? new Set(filesOf(NO_FUNCTION));
			names.set(app, wanted);
			for (const file of filesOf(name)) wanted.add(file);
			if (earlier === undefined) continue;
			for (const end of FILE_ENDINGS) {
				const from = join(directory, earlier.app, fileOf(earlier.function, LOG_LINES) + end);
				const to = fileOf(name, LOG_LINES) + end;
				await adoptEarlierFile(from, join(directory, app), to).catch((error) => this.#report(error));
			}
		}
		for (const folder of await readdir(directory).catch(() => [])) {
			const wanted = names.get(folder);
			const files = wanted === undefined ? [""] : await readdir(join(directory, folder)).catch(() => []);
			for (const file of files.filter((each) => !wanted?.has(each))) {
				const path = join(directory, folder, file);
				await rm(path, { recursive: true, force: true }).catch((error) => this.#report(error));
			}
			for (const file of files.filter((each) => wanted?.has(each)))
				await this.#continueAfter(join(directory, folder, file)).catch((error) => this.#report(error));
		}
	}

	/** Makes positions continue after the last one of a file. */
	async #continueAfter(path: string): Promise<void> {
		const last = LAST_POSITION.exec(await readTail(path, TAIL_BYTES))?.[1];
		if (last !== undefined) this.#positions.startAfter(last);
	}

	async close(): Promise<void> {
		// Requests first: those that were dropped are reported in the log of the function.
		await this.requests.flush();
		await this.#written.flush();
	}

	#report(error: unknown): void {
		const nowMs = performance.now();
		if (nowMs - this.#reportedMs < REPORT_INTERVAL_MS) return;
		this.#reportedMs = nowMs;
		this.#options.onError(error);
	}
}

/** The suffixes of the two files: the file that is written, and the older one. */
const FILE_ENDINGS = ["", ".1"] as const;

/** The names of all files of a function. */
function filesOf(name: string): string[] {
	return KINDS.flatMap((kind) => FILE_ENDINGS.map((end) => fileOf(name, kind) + end));
}

/** Moves a file that an earlier version wrote to its new path, unless there is a file already. */
async function adoptEarlierFile(from: string, folder: string, name: string): Promise<void> {
	if (!existsSync(from) || existsSync(join(folder, name))) return;
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await rename(from, join(folder, name));
}

/** Opens the driver. Nothing is read or written yet. */
export function openLogFiles(options: LogFilesOptions): FunctionLogs {
	return new LogFiles(options);
}
