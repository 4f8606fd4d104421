/**
 * One function's lines on disk: JSON lines in a file, and in the one before it. Bounded in size, whatever is written.
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Mutex } from "../mutex.ts";
import type { LogLine } from "./function-logs.ts";

export interface LogFileLimits {
	/** A file that would be larger becomes the one before. */
	readonly fileBytes: number;
	/** What may wait for the disk; further lines are dropped, and it is said how many. */
	readonly waitingBytes: number;
}

/** What a line takes beside its message, where many empty ones wait. */
const LINE_BYTES = 64;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

function isNotFound(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function textOf(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (isNotFound(error)) return "";
		throw error;
	}
}

/** The lines of a file. One that a crash cut in half, or that is none, is left out. */
function parse(text: string): LogLine[] {
	return text.split("\n").flatMap((json) => {
		try {
			const { time, level, message } = JSON.parse(json) as LogLine;
			const isLine = typeof time === "string" && typeof message === "string";
			return isLine && (level === "info" || level === "error") ? [{ time, level, message }] : [];
		} catch {
			return [];
		}
	});
}

export class LogFile {
	readonly #path: string;
	readonly #limits: LogFileLimits;
	readonly #onError: (error: unknown) => void;
	readonly #turns = new Mutex();
	/** Not on disk yet. */
	#waiting: LogLine[] = [];
	#waitingBytes = 0;
	#dropped = 0;
	#isFlushing = false;
	/** Size of the file; undefined until it was looked at. */
	#size: number | undefined;

	constructor(path: string, limits: LogFileLimits, onError: (error: unknown) => void) {
		this.#path = path;
		this.#limits = limits;
		this.#onError = onError;
	}

	append(line: LogLine): void {
		if (this.#waitingBytes > this.#limits.waitingBytes) {
			this.#dropped++;
			return;
		}
		this.#waiting.push(line);
		this.#waitingBytes += LINE_BYTES + line.message.length;
		if (!this.#isFlushing) this.flush().catch(this.#onError);
	}

	/** Writes what waits. Resolves once nothing does. */
	async flush(): Promise<void> {
		this.#isFlushing = true;
		try {
			await this.#turns.run(() => this.#writeWaiting());
		} finally {
			this.#isFlushing = false;
		}
	}

	async #writeWaiting(): Promise<void> {
		while (this.#waiting.length > 0 || this.#dropped > 0) {
			const lines = this.#takeWaiting();
			try {
				await this.#write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
			} catch (error) {
				// Whatever became of the file is looked at with the next lines.
				this.#size = undefined;
				this.#onError(error);
			}
		}
		// Here too: what is appended from now on is written by a flush of its own.
		this.#isFlushing = false;
	}

	/**
	 * All lines that are kept, oldest first.
	 * @param begin called at the moment up to which they are: what is appended from then on is not among them
	 */
	read(begin: () => void = () => {}): Promise<LogLine[]> {
		return this.#turns.run(async () => {
			// Nobody writes now, so that file and waiting lines together are everything, and each line once.
			const waiting = [...this.#waiting];
			begin();
			const texts = await Promise.all([textOf(this.#before), textOf(this.#path)]);
			return [...texts.flatMap(parse), ...waiting];
		});
	}

	/** Deletes the lines. */
	async clear(): Promise<void> {
		await this.#turns.run(async () => {
			[this.#waiting, this.#waitingBytes, this.#dropped, this.#size] = [[], 0, 0, 0];
			for (const path of [this.#path, this.#before]) await rm(path, { force: true }).catch(this.#onError);
		});
	}

	get #before(): string {
		return `${this.#path}.1`;
	}

	#takeWaiting(): LogLine[] {
		const lines = this.#waiting;
		if (this.#dropped > 0) {
			const message = `${this.#dropped} lines were dropped here: they came faster than the disk takes them.`;
			lines.push({ time: new Date().toISOString(), level: "error", message });
		}
		[this.#waiting, this.#waitingBytes, this.#dropped] = [[], 0, 0];
		return lines;
	}

	async #write(text: string): Promise<void> {
		const bytes = Buffer.from(text);
		if (this.#size === undefined) await this.#begin();
		if ((this.#size ?? 0) + bytes.length > this.#limits.fileBytes && (this.#size ?? 0) > 0) {
			await rename(this.#path, this.#before);
			this.#size = 0;
		}
		const handle = await open(this.#path, "a", FILE_MODE);
		try {
			await handle.appendFile(bytes);
			this.#size = (this.#size ?? 0) + bytes.length;
		} finally {
			await handle.close();
		}
	}

	/** Looks at what an earlier run left. The end of a line that a crash cut is not the beginning of the next. */
	async #begin(): Promise<void> {
		await mkdir(dirname(this.#path), { recursive: true, mode: FOLDER_MODE });
		const handle = await open(this.#path, "a+", FILE_MODE);
		try {
			const { size } = await handle.stat();
			const last = Buffer.alloc(1);
			if (size > 0) await handle.read(last, 0, 1, size - 1);
			if (size > 0 && last[0] !== 0x0a) await handle.appendFile("\n");
			this.#size = size + 1;
		} finally {
			await handle.close();
		}
	}
}
