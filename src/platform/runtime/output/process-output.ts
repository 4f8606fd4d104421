/**
 * Reads the standard output and error of a function's process. The processes take turns. Each has its own rate limit,
 * and its output is split into lines and redacted.
 */
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Redactor } from "../../../redact.ts";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import { OutputRateLimit } from "./output-rate-limit.ts";
import { PacedReader } from "./paced-reader.ts";
import type { Amount, ReadScheduler } from "./read-scheduler.ts";

/**
 * The limit of the data that is kept from each pipe at the end of the process: the last lines, since the error is among
 * them.
 */
const END: Amount = { lines: 500, bytes: 256 * 1024 };
/**
 * The longest time that a pipe is read after the end of the process. Another process may have inherited it and keep it
 * open.
 */
const END_MS = 1_000;
/**
 * The number of compared characters that count as one byte. Comparing a character costs a fraction of decoding and
 * storing it.
 */
const COMPARED_PER_BYTE = 16;
const STDERR_LIMIT = 8 * 1024;

export interface ProcessOutputOptions {
	readonly scheduler: ReadScheduler;
	/** Handles exceptions in the processing of output. */
	readonly faults: FaultBoundary;
	readonly redactor: Redactor;
	readonly onLine: (level: LogLine["level"], message: string) => void;
	readonly now?: () => number;
	/** Runs a task later. */
	readonly schedule?: (task: () => void, delayMs: number) => void;
}

interface Pipe {
	readonly stream: Readable;
	readonly reader: PacedReader;
	readonly splitter: LineSplitter;
}

const LINE_FEED = 0x0a;

/** The last complete lines of a buffer within the limits; empty if the last line is longer than the limit. */
export function lastLines(bytes: Buffer, most: Amount): Buffer {
	let start = bytes.length;
	for (let lines = 0; lines < most.lines && start > 0; lines++) {
		// A line feed directly before `start` ends the line that is searched for.
		const begin = start < 2 ? 0 : bytes.lastIndexOf(LINE_FEED, start - 2) + 1;
		if (bytes.length - begin > most.bytes) break;
		start = begin;
	}
	return bytes.subarray(start);
}

export class ProcessOutput {
	readonly #options: ProcessOutputOptions;
	readonly #rateLimit: OutputRateLimit;
	readonly #tail = new Tail(STDERR_LIMIT);
	readonly #pipes: readonly Pipe[];

	/**
	 * @param stdout undefined, like `stderr`, if the system had no descriptor left; then there is no process
	 *   either
	 */
	constructor(stdout: Readable | undefined, stderr: Readable | undefined, options: ProcessOutputOptions) {
		this.#options = options;
		this.#rateLimit = new OutputRateLimit({
			report: (message) => options.onLine("error", message),
			now: options.now ?? (() => performance.now()),
			schedule:
				options.schedule ??
				((task, delayMs) => void setTimeout(options.faults.callback(task), delayMs).unref()),
		});
		this.#pipes = [
			...(stdout ? [this.#open(stdout, (line) => options.onLine("info", line))] : []),
			...(stderr ? [this.#open(stderr, (line) => this.report(line))] : []),
		];
	}

	/** Adds a line to the log and to the last lines of standard error. */
	report(line: string): void {
		this.#tail.add(line);
		this.#options.onLine("error", line);
	}

	/** The last lines of standard error, at most 8 Ki characters. */
	get tail(): string {
		return this.#tail.toString();
	}

	/**
	 * Reads the data that remains in the pipes, or only its end if there is too much, and closes them. Call it when the
	 * process has ended.
	 */
	async end(): Promise<void> {
		const close = () => {
			for (const { stream } of this.#pipes) stream.destroy();
		};
		const timer = setTimeout(this.#options.faults.callback(close), END_MS);
		await Promise.all(this.#pipes.map((pipe) => this.#endPipe(pipe)));
		clearTimeout(timer);
		this.#rateLimit.reportDropped();
	}

	#open(stream: Readable, emit: (line: string) => void): Pipe {
		const { faults, redactor, scheduler } = this.#options;
		const splitter = new LineSplitter(redactor, emit);
		const onChunk = (part: Buffer) => {
			const before = redactor.compared;
			splitter.write(part);
			// Comparisons without a match also cost time.
			return Math.ceil((redactor.compared - before) / COMPARED_PER_BYTE);
		};
		const reader = new PacedReader(stream, {
			scheduler,
			onChunk,
			faults,
			rateLimit: this.#rateLimit,
		});
		// An error of a pipe is handled like its end.
		stream.on("error", () => {});
		return { stream, reader, splitter };
	}

	async #endPipe({ reader, splitter, stream }: Pipe): Promise<void> {
		const kept: Buffer[] = [reader.detach()];
		let size = kept[0]?.length ?? 0;
		let dropped = 0;
		const keep = (chunk: Buffer) => {
			kept.push(chunk);
			size += chunk.length;
			while (kept[0] !== undefined && size - kept[0].length >= END.bytes) {
				size -= kept[0].length;
				dropped += kept.shift()?.length ?? 0;
			}
		};
		stream.on(
			"data",
			this.#options.faults.callback(keep, () => stream.destroy()),
		);
		stream.resume();
		await finished(stream, { writable: false }).catch(() => undefined);
		const all = Buffer.concat(kept);
		// The dropped bytes may include the beginning of a secret's value, so the rest of that line is dropped,
		// too.
		const whole = dropped === 0 ? all : all.subarray(all.indexOf(LINE_FEED) + 1 || all.length);
		const last = lastLines(whole, END);
		dropped += all.length - last.length;
		if (dropped > 0) {
			splitter.discard();
			const bytes = dropped.toLocaleString("en");
			this.report(`${bytes} bytes were dropped here: the process ended before they were read.`);
		}
		splitter.write(last);
		splitter.end();
	}
}
