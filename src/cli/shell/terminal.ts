/**
 * The only file that writes to the terminal. Its rules:
 *
 * - stdout carries only results: text, or with `--json` exactly one JSON document. A command that runs until
 *   it is stopped prints one document for each line.
 * - stderr carries everything else: progress, warnings, errors. With `--json` it stays empty unless the
 *   command fails; then it carries one JSON document. Warnings are part of the documents.
 * - Control characters in any text are escaped. Colours are for terminals only, and NO_COLOR turns them off.
 * - A secret's value is printed only for `--reveal`: by `raw` unchanged, or by `line` as a JSON string. `reveal.ts`
 *   decides whether it may be.
 * - It is not an error if the reader of the output ends first (`| head`).
 */

import { fittedTable, flowed } from "./fit.ts";
import type { Environment } from "./process-environment.ts";
import { columnsOf, paint, styled } from "./render.ts";

/** A stream that a terminal writes to, such as `process.stdout`. */
export interface Output {
	write(text: string | Uint8Array, done?: () => void): unknown;
	readonly isTTY?: boolean;
	readonly columns?: number;
}

export interface TerminalOptions {
	readonly json: boolean;
	readonly environment: Environment;
	readonly stdin: { readonly isTTY?: boolean };
	readonly stdout: Output;
	readonly stderr: Output;
}

export class Terminal {
	/** Whether results are printed as JSON. */
	readonly json: boolean;
	/** Whether the command may ask questions: there is a user who can answer. */
	readonly interactive: boolean;
	/**
	 * Whether a person started the command in a terminal. The result may go elsewhere, as in `$(…)` and `… | pbcopy`.
	 * Programs that start commands of their own give them pipes.
	 */
	readonly isAttended: boolean;
	/** Whether the result goes to a terminal, and not to a file or another program. */
	readonly isShown: boolean;
	/** The warnings so far, for the JSON document. */
	readonly warnings: string[] = [];
	readonly #stdout: Output;
	readonly #stderr: Output;
	readonly #colour: { readonly stdout: boolean; readonly stderr: boolean };
	readonly #showsProgress: boolean;
	/** The width of the progress line that the terminal shows now; 0 if there is none. */
	#progressColumns = 0;

	constructor({ json, environment, stdin, stdout, stderr }: TerminalOptions) {
		this.json = json;
		this.#stdout = stdout;
		this.#stderr = stderr;
		this.isAttended = stdin.isTTY === true && stderr.isTTY === true;
		this.interactive = !json && !environment.ci && this.isAttended;
		this.#showsProgress = !json && !environment.ci && stderr.isTTY === true;
		this.isShown = stdout.isTTY === true;
		const allowed = !environment.noColour && !json;
		this.#colour = { stdout: allowed && stdout.isTTY === true, stderr: allowed && stderr.isTTY === true };
	}

	/** The width of the terminal that gets the result; 100 if the result goes elsewhere. */
	get columns(): number {
		return this.#stdout.columns ?? 100;
	}

	/** Prints one line of the result. Prints nothing with `--json`. */
	line(text = ""): void {
		if (!this.json) this.#out(`${paint(text, this.#colour.stdout)}\n`);
	}

	/**
	 * Prints one line of the result. If the result goes to a terminal, the line wraps at spaces. Prints nothing with
	 * `--json`.
	 * @param indent begins each wrapped line but the first
	 */
	paragraph(text: string, indent: string): void {
		// Two columns stay free for the `^C` that Ctrl-C prints before the line.
		const lines = this.isShown ? flowed(text, this.columns - 2, indent) : [text];
		for (const line of lines) this.line(line);
	}

	/**
	 * Prints rows of the result in aligned columns, which fit the terminal if the result goes to one. Prints
	 * nothing with `--json`.
	 */
	table(rows: readonly (readonly string[])[], heading?: readonly string[]): void {
		if (this.json) return;
		// One write for all lines: ten thousand writes would be as many system calls.
		const width = this.isShown ? this.columns : Number.POSITIVE_INFINITY;
		const lines = fittedTable(rows, heading, width).map((line) => `${paint(line, this.#colour.stdout)}\n`);
		this.#out(lines.join(""));
	}

	/** Prints text from outside. Each line is indented, so that no line can be mistaken for Coffer's own output. */
	block(text: string, indent = "  "): void {
		for (const line of text.replace(/\r?\n$/, "").split(/\r?\n/)) this.line(indent + line);
	}

	/**
	 * Prints bytes of the result unchanged: for values that the user asked for with `--reveal`, and for the answer of a
	 * function that goes to a file or another program.
	 */
	raw(content: string | Uint8Array): void {
		this.#out(content);
	}

	/** Whether a stream of this process is a terminal. */
	isTerminal(stream: "stdout" | "stderr"): boolean {
		return (stream === "stdout" ? this.#stdout : this.#stderr).isTTY === true;
	}

	/** Passes on bytes of another program's output, unchanged. Resolves when the system has taken them. */
	async passOn(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
		const output = stream === "stdout" ? this.#stdout : this.#stderr;
		await new Promise<void>((resolve) => output.write(bytes, () => resolve()));
	}

	/** Prints a message about progress to stderr. Prints nothing with `--json`. */
	note(text: string): void {
		if (!this.json) this.#err(`${paint(text, this.#colour.stderr)}\n`);
	}

	/**
	 * Shows on stderr what the command waits for, in place of the previous progress line. The next output
	 * removes the line. Shows nothing if stderr is not a terminal.
	 * @param text undefined removes the line
	 */
	progress(text: string | undefined): void {
		this.#clearProgress();
		if (text === undefined || !this.#showsProgress) return;
		const shown = Array.from(paint(text, false)).slice(0, this.#progressWidth).join("");
		this.#progressColumns = columnsOf(shown);
		this.#stderr.write(shown);
	}

	/** One column less than the terminal has, because a full line would move the cursor to the next line. */
	get #progressWidth(): number {
		return Math.max(1, (this.#stderr.columns ?? 80) - 1);
	}

	/**
	 * Overwrites the line with spaces, which every terminal supports, and also the `^C` that Ctrl-C prints
	 * after it.
	 */
	#clearProgress(): void {
		if (this.#progressColumns === 0) return;
		const columns = Math.min(this.#progressColumns + 2, this.#progressWidth);
		this.#stderr.write(`\r${" ".repeat(columns)}\r`);
		this.#progressColumns = 0;
	}

	#out(content: string | Uint8Array): void {
		this.#clearProgress();
		this.#stdout.write(content);
	}

	#err(text: string): void {
		this.#clearProgress();
		this.#stderr.write(text);
	}

	/** Prints a warning to stderr, or with `--json` adds it to the document's `warnings`. */
	warn(text: string): void {
		this.warnings.push(text);
		this.note(`${styled("yellow", "Warning:")} ${text}`);
	}

	/** Prints one JSON document with the warnings to stdout, on one line. Prints nothing without `--json`. */
	document(data: unknown): void {
		if (this.json) this.#out(`${JSON.stringify(this.withWarnings(data))}\n`);
	}

	/** Prints the lines of an error to stderr. */
	failure(lines: readonly string[]): void {
		for (const line of lines) this.#err(`${paint(line, this.#colour.stderr)}\n`);
	}

	/** Prints the JSON document of an error to stderr. */
	failureDocument(document: object): void {
		this.#err(`${JSON.stringify(this.withWarnings(document))}\n`);
	}

	/** Resolves when the system has taken everything that was written. */
	async flush(): Promise<void> {
		for (const output of [this.#stdout, this.#stderr]) {
			await new Promise<void>((resolve) => output.write("", () => resolve()));
		}
	}

	private withWarnings(data: unknown): unknown {
		const plain = typeof data === "object" && data !== null && !Array.isArray(data);
		return plain && this.warnings.length > 0 ? { ...data, warnings: this.warnings } : data;
	}
}

/** The terminal of this process. */
export function processTerminal(json: boolean, environment: Environment): Terminal {
	const { stdin, stdout, stderr } = process;
	return new Terminal({ json, environment, stdin, stdout, stderr });
}

/**
 * Whether the arguments contain `--json`. It reads the raw arguments, because an error in the arguments is printed as
 * JSON too. Arguments after `--` belong to another program.
 */
export function wantsJson(argv: readonly string[]): boolean {
	const end = argv.indexOf("--");
	return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}
