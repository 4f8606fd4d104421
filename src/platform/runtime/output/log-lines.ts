/**
 * From the parts of a stream to redacted lines.
 */
import { StringDecoder } from "node:string_decoder";
import type { Redactor } from "./redact.ts";

/** Longer lines are cut, in UTF-16 units. */
export const LINE_LIMIT = 16 * 1024;
const CUT_MARK = " … (cut)";

/** Splits a byte stream into lines; a UTF-8 sequence or a secret may lie across any number of parts. */
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

	write(part: Uint8Array): void {
		this.#add(this.#decoder.write(part));
	}

	/** Throws away the line that has begun: what comes next begins a new one. */
	discard(): void {
		this.#decoder = new StringDecoder("utf8");
		this.#pending = "";
		this.#isSkipping = false;
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
