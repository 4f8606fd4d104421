/** Splits a stream into redacted lines. */
import { StringDecoder } from "node:string_decoder";
import type { Redactor } from "../../../redact.ts";

/** The longest line in a log, in UTF-16 code units. Longer lines are cut. */
export const LINE_LIMIT = 16 * 1024;
const CUT_MARK = " … (cut)";

/** Splits a byte stream into lines. A UTF-8 sequence or a secret may be split across any number of chunks. */
export class LineSplitter {
	#decoder = new StringDecoder("utf8");
	#redactor: Redactor;
	#emit: (line: string) => void;
	#pending = "";
	/** Whether the rest of a cut line is being skipped. */
	#isSkipping = false;

	constructor(redactor: Redactor, emit: (line: string) => void) {
		this.#redactor = redactor;
		this.#emit = emit;
	}

	write(part: Uint8Array): void {
		this.#add(this.#decoder.write(part));
	}

	/** Discards the unfinished line. The next chunk begins a new line. */
	discard(): void {
		this.#decoder = new StringDecoder("utf8");
		this.#pending = "";
		this.#isSkipping = false;
	}

	/** Emits the last line after the end of the stream. */
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

/** Keeps the last lines of a growing text, for error messages. */
export class Tail {
	#lines: string[] = [];
	#size = 0;
	#limit: number;

	/** @param limit in UTF-16 code units; the last line is kept even if it is longer */
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
