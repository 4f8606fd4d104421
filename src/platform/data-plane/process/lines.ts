/** Collects the lines that functions write, and sends those of one turn of the event loop together. */
import type { LogLine } from "../../logs/function-logs.ts";
import type { LineMessage } from "../messages.ts";

/** The size of a line without its text. */
const LINE_BYTES = 200;

export class Lines {
	readonly #send: (lines: readonly LineMessage[], bytes: number) => void;
	#lines: LineMessage[] = [];
	#bytes = 0;

	/** @param send gets the lines and their approximate size */
	constructor(send: (lines: readonly LineMessage[], bytes: number) => void) {
		this.#send = send;
	}

	/** @param app the lifetime of the app @param lifetime the lifetime of the function */
	add(app: string, lifetime: string, line: LogLine, name: string): void {
		if (this.#lines.length === 0) setImmediate(() => this.#flush());
		this.#lines.push({ app, lifetime, name, line });
		this.#bytes += LINE_BYTES + line.message.length;
	}

	#flush(): void {
		const [lines, bytes] = [this.#lines, this.#bytes];
		[this.#lines, this.#bytes] = [[], 0];
		this.#send(lines, bytes);
	}
}
