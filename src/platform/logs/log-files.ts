/**
 * The driver that keeps functions' lines in files, in the data directory.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { hash, toBase64 } from "../../crypto.ts";
import {
	type Following,
	type FunctionLogs,
	isWanted,
	type KeptLog,
	type LogLine,
	type LogQuery,
} from "./function-logs.ts";
import { LogFile, type LogFileLimits } from "./log-file.ts";

export interface LogFilesOptions {
	/** A directory for these files alone; made when the first line comes. */
	readonly directory: string;
	/** Told of a disk that takes no lines, at most once a minute. */
	readonly onError: (error: unknown) => void;
	readonly limits?: LogFileLimits;
}

/** Two files of a function, so 4 MiB at most. */
const LIMITS: LogFileLimits = { fileBytes: 2 * 1024 * 1024, waitingBytes: 1024 * 1024 };
const TELL_MS = 60_000;
/** Of a hash: names may hold slashes, and file systems differ about case. */
const NAME_CHARACTERS = 22;

type Listener = (line: LogLine) => void;

interface Kept {
	readonly file: LogFile;
	readonly listeners: Set<Listener>;
}

class LogFiles implements FunctionLogs {
	readonly #options: LogFilesOptions;
	readonly #kept = new Map<string, Kept>();
	#toldMs = Number.NEGATIVE_INFINITY;

	constructor(options: LogFilesOptions) {
		this.#options = options;
	}

	append(app: string, name: string, line: LogLine): void {
		const { file, listeners } = this.#of(app, name);
		file.append(line);
		for (const listener of listeners) listener(line);
	}

	async read(app: string, name: string, query: LogQuery): Promise<LogLine[]> {
		return select(await this.#of(app, name).file.read(), query);
	}

	async follow(app: string, name: string, query: LogQuery, listener: Listener): Promise<Following> {
		const { file, listeners } = this.#of(app, name);
		const { level } = query;
		const heard: Listener = (line) => {
			if (isWanted({ level }, line)) listener(line);
		};
		const lines = await file.read(() => listeners.add(heard));
		return { lines: select(lines, query), stop: () => listeners.delete(heard) };
	}

	async forget(app: string, name: string): Promise<void> {
		const { file, listeners } = this.#of(app, name);
		await file.clear();
		if (listeners.size > 0) return;
		this.#kept.delete(keyOf(app, name));
		// With the app's last function its folder goes.
		await rmdir(join(this.#options.directory, app)).catch(() => undefined);
	}

	async forgetAll(app: string): Promise<void> {
		const own = [...this.#kept].filter(([key]) => key.startsWith(keyOf(app, "")));
		await Promise.all(own.map(([, { file }]) => file.clear()));
		for (const [key] of own) this.#kept.delete(key);
		await rm(join(this.#options.directory, app), { recursive: true, force: true });
	}

	async keep(kept: readonly KeptLog[]): Promise<void> {
		const { directory } = this.#options;
		const names = new Map<string, Set<string>>();
		for (const { app, function: name, earlier } of kept) {
			const wanted = names.get(app) ?? new Set();
			names.set(app, wanted);
			for (const end of ["", ".1"]) {
				wanted.add(fileOf(name) + end);
				if (earlier === undefined) continue;
				const from = join(directory, earlier.app, fileOf(earlier.function) + end);
				await takeOver(from, join(directory, app), fileOf(name) + end).catch((error) => this.#tell(error));
			}
		}
		for (const folder of await readdir(directory).catch(() => [])) {
			const wanted = names.get(folder);
			const files = wanted === undefined ? [""] : await readdir(join(directory, folder)).catch(() => []);
			for (const file of files.filter((each) => !wanted?.has(each))) {
				const path = join(directory, folder, file);
				await rm(path, { recursive: true, force: true }).catch((error) => this.#tell(error));
			}
		}
	}

	async close(): Promise<void> {
		await Promise.all([...this.#kept.values()].map(({ file }) => file.flush()));
	}

	#of(app: string, name: string): Kept {
		const key = keyOf(app, name);
		const known = this.#kept.get(key);
		if (known !== undefined) return known;
		const { directory, limits = LIMITS } = this.#options;
		const path = join(directory, app, fileOf(name));
		const kept = {
			file: new LogFile(path, limits, (error) => this.#tell(error)),
			listeners: new Set<Listener>(),
		};
		this.#kept.set(key, kept);
		return kept;
	}

	#tell(error: unknown): void {
		const nowMs = performance.now();
		if (nowMs - this.#toldMs < TELL_MS) return;
		this.#toldMs = nowMs;
		this.#options.onError(error);
	}
}

/** The name of a function's file. */
function fileOf(name: string): string {
	return `${toBase64(hash(name)).slice(0, NAME_CHARACTERS)}.ndjson`;
}

/** Moves a file that an earlier version wrote to its place, unless there is one. */
async function takeOver(from: string, folder: string, name: string): Promise<void> {
	if (!existsSync(from) || existsSync(join(folder, name))) return;
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await rename(from, join(folder, name));
}

function keyOf(app: string, name: string): string {
	return `${app}/${name}`;
}

function select(lines: readonly LogLine[], query: LogQuery): LogLine[] {
	const wanted = lines.filter((line) => isWanted(query, line));
	return wanted.slice(Math.max(0, wanted.length - query.limit));
}

/** Opens the driver; nothing is read or written yet. */
export function openLogFiles(options: LogFilesOptions): FunctionLogs {
	return new LogFiles(options);
}
