/**
 * What one function's process writes to its standard output and error: read in turns with those of all others, within a
 * bound of the process's own, cut into lines and redacted.
 */
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import { OutputAllowance } from "./output-allowance.ts";
import { PacedReader } from "./paced-reader.ts";
import type { Redactor } from "./redact.ts";
import type { Amount, Turns } from "./turns.ts";

/** Of what is left in each of a process's pipes when it ends, the last lines are kept: its error is among them. */
const END: Amount = { lines: 500, bytes: 256 * 1024 };
/** A process that has ended may have left its pipe to somebody: what is in it by then is taken, and no more. */
const END_MS = 1_000;
/** A compared character costs a fraction of what one costs that is decoded, looked at, and written to disk. */
const COMPARED_PER_BYTE = 16;
const STDERR_LIMIT = 8 * 1024;

export interface ProcessOutputOptions {
	readonly turns: Turns;
	/** Where an exception ends what is done with a part of the output. */
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

/** The last part of some bytes that is within the bounds and begins with a line; empty where the last line is longer. */
export function lastLines(bytes: Buffer, most: Amount): Buffer {
	let start = bytes.length;
	for (let lines = 0; lines < most.lines && start > 0; lines++) {
		// A line feed right before `start` ends the line that is looked for.
		const begin = start < 2 ? 0 : bytes.lastIndexOf(LINE_FEED, start - 2) + 1;
		if (bytes.length - begin > most.bytes) break;
		start = begin;
	}
	return bytes.subarray(start);
}

export class ProcessOutput {
	readonly #options: ProcessOutputOptions;
	readonly #allowance: OutputAllowance;
	readonly #tail = new Tail(STDERR_LIMIT);
	readonly #pipes: readonly Pipe[];

	/** @param stdout undefined, as `stderr`, where a descriptor could not be had: there is no process then */
	constructor(stdout: Readable | undefined, stderr: Readable | undefined, options: ProcessOutputOptions) {
		this.#options = options;
		this.#allowance = new OutputAllowance({
			tell: (message) => options.onLine("error", message),
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

	/** Adds a line of the platform's own to the log and to the last lines. */
	report(line: string): void {
		this.#tail.add(line);
		this.#options.onLine("error", line);
	}

	/** The last lines of standard error, at most 8 Ki characters. */
	get tail(): string {
		return this.#tail.toString();
	}

	/** To be called once the process has ended: takes what is still in its pipes, of a flood the end, and closes them. */
	async end(): Promise<void> {
		const close = () => {
			for (const { stream } of this.#pipes) stream.destroy();
		};
		const timer = setTimeout(this.#options.faults.callback(close), END_MS);
		await Promise.all(this.#pipes.map((pipe) => this.#endPipe(pipe)));
		clearTimeout(timer);
		this.#allowance.tellDropped();
	}

	#open(stream: Readable, emit: (line: string) => void): Pipe {
		const { faults, redactor, turns } = this.#options;
		const splitter = new LineSplitter(redactor, emit);
		const onPart = (part: Buffer) => {
			const before = redactor.compared;
			splitter.write(part);
			// What is compared in vain costs time, too.
			return Math.ceil((redactor.compared - before) / COMPARED_PER_BYTE);
		};
		const reader = new PacedReader(stream, { turns, onPart, faults, allowance: this.#allowance });
		// A pipe that breaks has ended.
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
		// What was dropped may have been the beginning of a line, and that of a value: the rest of it goes, too.
		const whole = dropped === 0 ? all : all.subarray(all.indexOf(LINE_FEED) + 1 || all.length);
		const last = lastLines(whole, END);
		dropped += all.length - last.length;
		if (dropped > 0) {
			splitter.discard();
			const bytes = dropped.toLocaleString("en");
			this.report(`${bytes} bytes were dropped here: the process ended before its log had taken them.`);
		}
		splitter.write(last);
		splitter.end();
	}
}
