/**
 * From the chunks of a stream to redacted lines, and the bounded memory of a function's last lines.
 */
import { StringDecoder } from "node:string_decoder";
import type { Redactor } from "./redact.ts";
import type { LogLine } from "./runtime.ts";

/** Longer lines are cut, in UTF-16 units. */
export const LINE_LIMIT = 16 * 1024;
const CUT_MARK = " … (cut)";

/** Splits a byte stream into lines; a UTF-8 sequence or a secret may lie across any number of chunks. */
export class LineSplitter {
	#decoder = new StringDecoder("utf8");
	#redactor: Redactor;
	#emit: (line: string) => void;
	#pending = "";
	/** The rest of a line that was cut is thrown away. */
	#isSkipping = false;

	constructor(redactor: Redactor, emit: (line: string) => void) {
		this.#redactor = redactor;
		this.#emit = emit;
	}

	write(chunk: Uint8Array): void {
		this.#add(this.#decoder.write(chunk));
	}

	/** Emits what is left once the stream has ended. */
	end(): void {
		this.#add(this.#decoder.end());
		if (this.#pending !== "") this.#finishLine();
	}

	#add(text: string): void {
		let start = 0;
		for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
			if (!this.#isSkipping) {
				this.#pending += text.slice(start, end);
				this.#finishLine();
			}
			this.#isSkipping = false;
			start = end + 1;
		}
		if (this.#isSkipping) return;
		this.#pending += text.slice(start);
		if (this.#pending.length > LINE_LIMIT + this.#redactor.longest) {
			this.#finishLine();
			this.#isSkipping = true;
		}
	}

	#finishLine(): void {
		const line = this.#pending.endsWith("\r") ? this.#pending.slice(0, -1) : this.#pending;
		this.#pending = "";
		const mark = line.length > LINE_LIMIT ? CUT_MARK : "";
		this.#emit(this.#redactor.redact(line, LINE_LIMIT) + mark);
	}
}

/** The last lines of one function, bounded in number and in size. */
export class LogBuffer {
	static readonly LINES = 1_000;
	/** In UTF-16 units. */
	static readonly SIZE = 1024 * 1024;
	#lines: LogLine[] = [];
	#size = 0;
	#listeners = new Set<(line: LogLine) => void>();

	add(level: LogLine["level"], message: string): void {
		const line: LogLine = { time: new Date().toISOString(), level, message };
		this.#lines.push(line);
		this.#size += message.length;
		while (this.#lines.length > LogBuffer.LINES || this.#size > LogBuffer.SIZE) {
			this.#size -= this.#lines.shift()?.message.length ?? 0;
		}
		for (const listener of this.#listeners) listener(line);
	}

	/** Oldest first. */
	lines(): LogLine[] {
		return [...this.#lines];
	}

	/** Calls the listener with every further line until the returned function is called. */
	follow(listener: (line: LogLine) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

/** The end of a text that grows, for error messages. */
export class Tail {
	#lines: string[] = [];
	#size = 0;
	#limit: number;

	/** @param limit in UTF-16 units; the last line is kept whole even where it alone is longer */
	constructor(limit: number) {
		this.#limit = limit;
	}

	add(line: string): void {
		this.#lines.push(line);
		this.#size += line.length + 1;
		while (this.#size > this.#limit && this.#lines.length > 1) {
			this.#size -= (this.#lines.shift()?.length ?? 0) + 1;
		}
	}

	toString(): string {
		return this.#lines.join("\n").slice(-this.#limit);
	}
}
