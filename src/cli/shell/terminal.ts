/**
 * The one file that writes to the terminal. Its policy:
 *
 * - stdout carries results and nothing else: a person's text, or with `--json` exactly one JSON document (a
 *   command that goes on and on prints one document a line).
 * - stderr carries everything said on the way: progress, warnings, errors. With `--json` it stays empty
 *   unless the command fails; then it holds one JSON document. Warnings travel inside the documents.
 * - Control characters in any text are escaped. Colours are for terminals, and NO_COLOR turns them off.
 * - A secret's value is printed by `raw`, which only `--reveal` reaches, and by nothing else.
 * - A reader that goes away (`| head`) is no error.
 */

import { fittedTable } from "./fit.ts";
import type { Environment } from "./process-environment.ts";
import { columnsOf, paint, styled } from "./render.ts";

/** What a terminal writes to; `process.stdout` is one. */
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
	/** Whether somebody is there to be asked. */
	readonly interactive: boolean;
	/** Whether the result goes to a terminal, and to nothing that reads it line by line. */
	readonly isShown: boolean;
	/** Warnings so far, for the JSON document. */
	readonly warnings: string[] = [];
	readonly #stdout: Output;
	readonly #stderr: Output;
	readonly #colour: { readonly stdout: boolean; readonly stderr: boolean };
	readonly #showsProgress: boolean;
	/** Columns of the progress that stands on the terminal's last line. */
	#progressColumns = 0;

	constructor({ json, environment, stdin, stdout, stderr }: TerminalOptions) {
		this.json = json;
		this.#stdout = stdout;
		this.#stderr = stderr;
		this.interactive = !json && !environment.ci && stdin.isTTY === true && stderr.isTTY === true;
		this.#showsProgress = !json && !environment.ci && stderr.isTTY === true;
		this.isShown = stdout.isTTY === true;
		const allowed = !environment.noColour && !json;
		this.#colour = { stdout: allowed && stdout.isTTY === true, stderr: allowed && stderr.isTTY === true };
	}

	/** How wide the terminal is that the result goes to; 100 where it is none. */
	get columns(): number {
		return this.#stdout.columns ?? 100;
	}

	/** One line of the result. Nothing with `--json`. */
	line(text = ""): void {
		if (!this.json) this.#out(`${paint(text, this.#colour.stdout)}\n`);
	}

	/** Rows of the result, aligned; as narrow as the terminal, and in full where it goes elsewhere. Nothing with `--json`. */
	table(rows: readonly (readonly string[])[], heading?: readonly string[]): void {
		if (this.json) return;
		// In one piece: ten thousand lines would be as many system calls.
		const width = this.isShown ? this.columns : Number.POSITIVE_INFINITY;
		const lines = fittedTable(rows, heading, width).map((line) => `${paint(line, this.#colour.stdout)}\n`);
		this.#out(lines.join(""));
	}

	/** Text of several lines that is not Coffer's own, each indented so that it cannot pass for Coffer's. */
	block(text: string, indent = "  "): void {
		for (const line of text.replace(/\r?\n$/, "").split(/\r?\n/)) this.line(indent + line);
	}

	/** Bytes of the result as they are: for values that were asked for by `--reveal`. */
	raw(content: string | Uint8Array): void {
		this.#out(content);
	}

	/** Progress, on stderr. Nothing with `--json`. */
	note(text: string): void {
		if (!this.json) this.#err(`${paint(text, this.#colour.stderr)}\n`);
	}

	/**
	 * A line on stderr that says what is waited for, in the place of the one before. What is written next takes it away.
	 * Nothing where stderr is no terminal.
	 * @param text undefined takes the line away
	 */
	progress(text: string | undefined): void {
		this.#clearProgress();
		if (text === undefined || !this.#showsProgress) return;
		const shown = Array.from(paint(text, false)).slice(0, this.#progressWidth).join("");
		this.#progressColumns = columnsOf(shown);
		this.#stderr.write(shown);
	}

	/** One column less than the terminal has: a full line would begin another. */
	get #progressWidth(): number {
		return Math.max(1, (this.#stderr.columns ?? 80) - 1);
	}

	/** With blanks, which every terminal understands. Where Ctrl-C was pressed, it has put `^C` behind the line. */
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

	/** Something that the user should know, on stderr; with `--json`, in the document's `warnings`. */
	warn(text: string): void {
		this.warnings.push(text);
		this.note(`${styled("yellow", "Warning:")} ${text}`);
	}

	/** One JSON document on stdout, on one line, with the warnings so far. Nothing without `--json`. */
	document(data: unknown): void {
		if (this.json) this.#out(`${JSON.stringify(this.withWarnings(data))}\n`);
	}

	/** An error's text on stderr: the first line as given, further ones indented. */
	failure(lines: readonly string[]): void {
		for (const line of lines) this.#err(`${paint(line, this.#colour.stderr)}\n`);
	}

	/** An error's JSON document on stderr. */
	failureDocument(document: object): void {
		this.#err(`${JSON.stringify(this.withWarnings(document))}\n`);
	}

	/** Resolves once everything that was written is out. */
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
 * Whether the arguments ask for JSON. Read from the raw arguments, since errors in them are to be reported in
 * the asked form too; what follows `--` belongs to somebody else.
 */
export function wantsJson(argv: readonly string[]): boolean {
	const end = argv.indexOf("--");
	return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}
