/** Collects the lines that functions write, and sends those of one turn of the event loop together. */
import type { LogLine } from "../../logs/function-logs.ts";
import type { LineMessage } from "../messages.ts";

export class Lines {
	readonly #send: (lines: readonly LineMessage[]) => void;
	#lines: LineMessage[] = [];

	constructor(send: (lines: readonly LineMessage[]) => void) {
		this.#send = send;
	}

	/** @param app the lifetime of the app @param lifetime the lifetime of the function */
	add(app: string, lifetime: string, line: LogLine, name: string): void {
		if (this.#lines.length === 0) setImmediate(() => this.#flush());
		this.#lines.push({ app, lifetime, name, line });
	}

	#flush(): void {
		const lines = this.#lines;
		this.#lines = [];
		this.#send(lines);
	}
}
