/**
 * What one function's process writes to its standard output and error: read in turns with those of all others, within a
 * bound of the process's own, cut into lines and redacted.
 */
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { LogLine } from "../../logs/function-logs.ts";
import { Budget } from "./budget.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import { PacedReader } from "./paced-reader.ts";
import type { Redactor } from "./redact.ts";
import type { Amount, Turns } from "./turns.ts";

const PER_SECOND: Amount = { lines: 1_000, bytes: 512 * 1024 };
const BURST: Amount = { lines: 2_000, bytes: 1024 * 1024 };
/** Of what is left in each of a process's pipes when it ends, the last lines are kept: its error is among them. */
const END: Amount = { lines: 500, bytes: 256 * 1024 };
/** A process that has ended may have left its pipe to somebody: what is in it by then is taken, and no more. */
const END_MS = 1_000;
/** A compared character costs a fraction of what one costs that is decoded, looked at, and written to disk. */
const COMPARED_PER_BYTE = 16;
/** Whoever is slowed down for less than this does not notice, and it is told no more often than once in so long. */
const HELD_TOLD_MS = 1_000;
const TELL_AGAIN_MS = 60_000;
const STDERR_LIMIT = 8 * 1024;

export interface ProcessOutputOptions {
	readonly turns: Turns;
	readonly redactor: Redactor;
	readonly onLine: (level: LogLine["level"], message: string) => void;
	readonly now?: () => number;
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
	readonly #now: () => number;
	readonly #budget: Budget;
	readonly #tail = new Tail(STDERR_LIMIT);
	readonly #pipes: readonly Pipe[];
	/** By the redactor, as far as it was paid for. */
	#compared = 0;
	/** How many of the pipes are held back, since when, and how long they were before. */
	#held = 0;
	#heldSinceMs = 0;
	#heldMs = 0;
	#toldHeldMs = 0;
	#toldMs = Number.NEGATIVE_INFINITY;

	constructor(stdout: Readable, stderr: Readable, options: ProcessOutputOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		this.#budget = new Budget({ perSecond: PER_SECOND, burst: BURST, now: this.#now });
		this.#pipes = [
			this.#open(stdout, (line) => options.onLine("info", line)),
			this.#open(stderr, (line) => this.report(line)),
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
		const timer = setTimeout(() => {
			for (const { stream } of this.#pipes) stream.destroy();
		}, END_MS);
		await Promise.all(this.#pipes.map((pipe) => this.#endPipe(pipe)));
		clearTimeout(timer);
	}

	#open(stream: Readable, emit: (line: string) => void): Pipe {
		const { redactor, turns } = this.#options;
		const splitter = new LineSplitter(redactor, emit);
		const onPart = (part: Buffer) => splitter.write(part);
		const extraBytes = () => {
			const before = this.#compared;
			this.#compared = redactor.compared;
			return Math.ceil((this.#compared - before) / COMPARED_PER_BYTE);
		};
		const onHeld = (isHeld: boolean) => this.#hold(isHeld);
		const reader = new PacedReader(stream, { turns, onPart, extraBytes, budget: this.#budget, onHeld });
		// A pipe that breaks has ended.
		stream.on("error", () => {});
		return { stream, reader, splitter };
	}

	#hold(isHeld: boolean): void {
		const nowMs = this.#now();
		if (this.#held > 0) {
			this.#heldMs += nowMs - this.#heldSinceMs;
			if (this.#heldMs - this.#toldHeldMs >= HELD_TOLD_MS && nowMs - this.#toldMs >= TELL_AGAIN_MS)
				this.#tellHeld(nowMs);
		}
		this.#heldSinceMs = nowMs;
		this.#held += isHeld ? 1 : -1;
	}

	#tellHeld(nowMs: number): void {
		this.#toldMs = nowMs;
		this.#toldHeldMs = this.#heldMs;
		const rate = `${PER_SECOND.lines.toLocaleString("en")} lines and ${PER_SECOND.bytes / 1024} KiB a second`;
		this.report(
			`The function writes more than its log takes (${rate}): each write waits until there is room, ` +
				`for ${Math.round(this.#heldMs / 1000)} s in all since the process was started.`,
		);
	}

	async #endPipe({ reader, splitter, stream }: Pipe): Promise<void> {
		const kept: Buffer[] = [reader.detach()];
		let size = kept[0]?.length ?? 0;
		let dropped = 0;
		stream.on("data", (chunk: Buffer) => {
			kept.push(chunk);
			size += chunk.length;
			while (kept[0] !== undefined && size - kept[0].length >= END.bytes) {
				size -= kept[0].length;
				dropped += kept.shift()?.length ?? 0;
			}
		});
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
