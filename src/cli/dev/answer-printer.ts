/** Prints the body of an answer while it arrives. */
import { TextDecoder } from "node:util";
import type { Terminal } from "../shell/terminal.ts";

export class AnswerPrinter {
	readonly #terminal: Terminal;
	/** Undefined after a byte that is not UTF-8. */
	#decoder: TextDecoder | undefined = new TextDecoder("utf-8", { fatal: true });
	/** The beginning of a line whose end has not arrived. */
	#line = "";
	#bytes = 0;

	constructor(terminal: Terminal) {
		this.#terminal = terminal;
	}

	/**
	 * Prints the next part. Another program gets the bytes unchanged. A terminal gets whole lines, with control characters
	 * escaped, and nothing after the first byte that is not text.
	 */
	take(part: Uint8Array): void {
		this.#bytes += part.length;
		if (this.#terminal.isShown) this.#show(part);
		else this.#terminal.raw(part);
	}

	/** Prints the rest. Call it when the body has ended, completely or not. */
	end(): void {
		this.#show(undefined);
		if (this.#line !== "") this.#terminal.block(this.#line, "");
		this.#line = "";
		if (this.#decoder === undefined)
			this.#terminal.note(`The body is not text (${this.#bytes} bytes). Send it to a file: > FILE`);
	}

	/** @param part undefined at the end */
	#show(part: Uint8Array | undefined): void {
		let text: string;
		try {
			text = this.#decoder?.decode(part, { stream: part !== undefined }) ?? "";
		} catch {
			this.#decoder = undefined;
			return;
		}
		const end = text.lastIndexOf("\n") + 1;
		if (end > 0) this.#terminal.block(this.#line + text.slice(0, end), "");
		this.#line = end > 0 ? text.slice(end) : this.#line + text;
	}
}
