/** One function's lines on disk: JSON lines in a file, and older ones in a second file. The total size is bounded. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Mutex } from "../machine/mutex.ts";
import type { Kept, LogQuery, Timed } from "./function-logs.ts";
import { isWanted, type LineKind } from "./line-kind.ts";

export interface LogFileLimits {
	/** The largest size of a file. Before it grows beyond that, it becomes the second file. */
	readonly fileBytes: number;
	/** The most bytes that wait for the disk. Further lines are dropped, and their number is reported. */
	readonly waitingBytes: number;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

function isNotFound(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function readIfPresent(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (isNotFound(error)) return "";
		throw error;
	}
}

/** The last bytes of a file. Empty if there is no file. */
export async function readTail(path: string, bytes: number): Promise<string> {
	const handle = await open(path, "r").catch((error: unknown) => {
		if (isNotFound(error)) return undefined;
		throw error;
	});
	if (handle === undefined) return "";
	try {
		const { size } = await handle.stat();
		const tail = Buffer.alloc(Math.min(size, bytes));
		await handle.read(tail, 0, tail.length, size - tail.length);
		return tail.toString("latin1");
	} finally {
		await handle.close();
	}
}

export interface LogFileOptions<Line extends Timed> {
	readonly path: string;
	readonly kind: LineKind<Line>;
	readonly limits: LogFileLimits;
	readonly onError: (error: unknown) => void;
	/** The number of dropped lines. Files may share it. */
	readonly lost: { count: number };
	/** The line that reports dropped lines. It is written with the next lines that can be written. */
	readonly droppedLine?: ((count: number) => string) | undefined;
	/** Called once lines can be written again, if lines were dropped before. */
	readonly onDropped?: ((count: number) => void) | undefined;
}

export class LogFile<Line extends Timed> {
	readonly #path: string;
	readonly #kind: LineKind<Line>;
	readonly #options: Pick<LogFileOptions<Line>, "limits" | "lost" | "onError" | "droppedLine" | "onDropped">;
	readonly #mutex = new Mutex();
	/** Not on disk yet. */
	#waiting: string[] = [];
	#waitingBytes = 0;
	/** Dropped lines that are not reported yet. */
	#dropped = 0;
	#isFlushing = false;
	/** Size of the file. Undefined until it has been read. */
	#size: number | undefined;

	constructor({ kind, path, ...options }: LogFileOptions<Line>) {
		this.#path = path;
		this.#kind = kind;
		this.#options = options;
	}

	/** @param text a line in the form that `LineKind.write` gives */
	append(text: string): void {
		if (this.#waitingBytes > this.#options.limits.waitingBytes) {
			this.#drop(1);
			return;
		}
		this.#waiting.push(text);
		this.#waitingBytes += text.length;
		if (!this.#isFlushing) this.#flushSoon();
	}

	#drop(count: number): void {
		this.#dropped += count;
		this.#options.lost.count += count;
	}

	#flushSoon(): void {
		this.#isFlushing = true;
		const flush = () => void this.flush().catch(this.#options.onError);
		if (this.#kind.gatherMs === 0) flush();
		else setTimeout(flush, this.#kind.gatherMs).unref();
	}

	/** Writes the waiting lines. Resolves once none waits. */
	async flush(): Promise<void> {
		this.#isFlushing = true;
		try {
			await this.#mutex.run(() => this.#writeWaiting());
		} finally {
			this.#isFlushing = false;
		}
	}

	async #writeWaiting(): Promise<void> {
		while (this.#waiting.length > 0) {
			const { dropped, lines } = this.#takeWaiting();
			const report = dropped > 0 ? this.#options.droppedLine?.(dropped) : undefined;
			const texts = report === undefined ? lines : [...lines, report];
			try {
				await this.#write(Buffer.from(`${texts.join("\n")}\n`));
				if (dropped > 0) this.#options.onDropped?.(dropped);
			} catch (error) {
				// The size of the file is unknown now. It is read again with the next lines.
				this.#size = undefined;
				this.#drop(lines.length);
				this.#dropped += dropped;
				this.#options.onError(error);
			}
		}
		// Set here too, so that a line that is appended from now on starts another flush.
		this.#isFlushing = false;
	}

	/**
	 * The newest lines that a query selects, oldest first. Older lines are not parsed.
	 * @param onSnapshot called at the moment up to which lines are read. Lines that are appended after it are not
	 * in the result.
	 */
	read(query: LogQuery, onSnapshot: () => void = () => {}): Promise<Kept<Line>[]> {
		return this.#mutex.run(async () => {
			// Nothing is written during this time, so the files and the waiting lines together contain each line exactly once.
			const waiting = this.#waiting.join("\n");
			onSnapshot();
			const texts = await Promise.all([readIfPresent(this.#olderPath), readIfPresent(this.#path)]);
			const newest: Kept<Line>[] = [];
			const take = (line: Kept<Line> | undefined) => {
				if (line !== undefined && isWanted(this.#kind, query, line)) newest.push(line);
				return newest.length < query.limit;
			};
			if (query.limit === 0) return [];
			this.#takeLines([...texts, waiting].join("\n"), take);
			return newest.reverse();
		});
	}

	/** Passes the lines of a text to `take`, the last one first, until `take` returns false. */
	#takeLines(text: string, take: (line: Kept<Line> | undefined) => boolean): void {
		for (let end = text.length; end >= 0; ) {
			const start = end === 0 ? 0 : text.lastIndexOf("\n", end - 1) + 1;
			if (!take(this.#parse(text.slice(start, end)))) return;
			end = start - 1;
		}
	}

	/** A line of a file. Undefined if a crash cut it in half or if it is not a line. */
	#parse(json: string): Kept<Line> | undefined {
		try {
			return this.#kind.parse(JSON.parse(json));
		} catch {
			return undefined;
		}
	}

	/** Deletes the lines. */
	async clear(): Promise<void> {
		await this.#mutex.run(async () => {
			[this.#waiting, this.#waitingBytes, this.#dropped, this.#size] = [[], 0, 0, 0];
			for (const path of [this.#path, this.#olderPath])
				await rm(path, { force: true }).catch(this.#options.onError);
		});
	}

	get #olderPath(): string {
		return `${this.#path}.1`;
	}

	/** The waiting lines, and how many lines were dropped since lines were last taken. */
	#takeWaiting(): { readonly lines: readonly string[]; readonly dropped: number } {
		const taken = { lines: this.#waiting, dropped: this.#dropped };
		[this.#waiting, this.#waitingBytes, this.#dropped] = [[], 0, 0];
		return taken;
	}

	async #write(bytes: Buffer): Promise<void> {
		if (this.#size === undefined) await this.#openExisting();
		if ((this.#size ?? 0) + bytes.length > this.#options.limits.fileBytes && (this.#size ?? 0) > 0) {
			await rename(this.#path, this.#olderPath);
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

	/**
	 * Reads the size of a file that an earlier run left. Ends a line that a crash cut, so that the next line begins on a
	 * new line.
	 */
	async #openExisting(): Promise<void> {
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
