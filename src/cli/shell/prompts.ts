/**
 * Questions to a person, on stderr, so that stdout stays the result's. Where nobody can answer (no terminal,
 * CI, `--json`), a question is an error that names the flag to use instead; nothing is ever assumed.
 */
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { linesOf, readLineBreaks, withoutFinalBreak } from "../hidden-input/line-breaks.ts";
import { Cancelled } from "./failure.ts";
import { count, paint } from "./render.ts";
import { VALUE_BYTES_MAX } from "./stdin.ts";
import type { Terminal } from "./terminal.ts";

export interface Choice<Value> {
	readonly value: Value;
	readonly label: string;
	readonly hint?: string;
}

/** @throws AppError `NO_TERMINAL` (exit 2) where nobody can answer */
function requireTerminal(terminal: Terminal, instead: string): void {
	if (terminal.interactive) return;
	throw new AppError({
		code: "NO_TERMINAL",
		message: "An answer is needed, and there is no terminal to ask on.",
		hint: instead,
		exit: EXIT.usage,
	});
}

/** `@clack/prompts` is loaded only when something is asked. */
async function prompts(terminal: Terminal, instead: string): Promise<typeof import("@clack/prompts")> {
	requireTerminal(terminal, instead);
	return await import("@clack/prompts");
}

/** The answer, or Cancelled where the prompt was left with Ctrl-C or Escape. */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
	if (typeof answer === "symbol") throw new Cancelled();
	return answer as Exclude<Answer, symbol>;
}

function inputTooLong(): AppError {
	return new AppError({
		code: "INPUT_TOO_LONG",
		message: `What was entered is longer than the ${VALUE_BYTES_MAX / 1024} KiB that a value may have.`,
		hint: "Nothing was changed. Keep large data in a file or a store, and its key or address in the secret.",
		exit: EXIT.usage,
	});
}

function inputNotText(): AppError {
	return new AppError({
		code: "INPUT_NOT_TEXT",
		message: "What was entered is not UTF-8 text.",
		hint: "Nothing was changed. Encode binary data, in base64 for example.",
		exit: EXIT.usage,
	});
}

/** What was entered, with the line breaks that the terminal sent. @throws AppError as `promptHidden`, Cancelled */
async function readHiddenBytes(terminal: Terminal, message: string, instead: string): Promise<Buffer> {
	requireTerminal(terminal, instead);
	const { readHidden } = await import("../hidden-input/read.ts");
	const streams = { input: process.stdin, output: process.stderr };
	const { bytes, overflowed } = await readHidden(streams, paint(message, false), VALUE_BYTES_MAX + 2);
	if (!bytes) throw new Cancelled();
	if (overflowed) throw inputTooLong();
	return bytes;
}

/** Says how many lines came in, and gives them as text. @throws AppError as `promptHidden` */
function textOf(terminal: Terminal, entered: Buffer): string {
	const { bytes } = withoutFinalBreak(entered);
	if (bytes.length > VALUE_BYTES_MAX) throw inputTooLong();
	const text = fromUtf8(bytes);
	if (text === undefined) throw inputNotText();
	if (bytes.length > 0) terminal.note(`  ${count(linesOf(bytes), "line")} came in.`);
	return text;
}

/**
 * Asks for text without showing it, and says how many lines came in. A paste of several lines is taken whole; one line
 * break at the end of the text is dropped.
 * @param instead what to do where there is no terminal: the error's hint
 * @throws AppError `NO_TERMINAL`, `INPUT_TOO_LONG`, `INPUT_NOT_TEXT` (exit 2)
 */
export async function promptHidden(terminal: Terminal, message: string, instead: string): Promise<string> {
	const breaks = readLineBreaks(await readHiddenBytes(terminal, message, instead));
	return textOf(terminal, breaks.kind === "known" ? breaks.bytes : breaks.unix);
}

/**
 * As `promptHidden`, for text whose line breaks have to be what they were where it was copied: where the terminal leaves that open, it
 * is asked.
 */
export async function promptValue(terminal: Terminal, message: string, instead: string): Promise<string> {
	const breaks = readLineBreaks(await readHiddenBytes(terminal, message, instead));
	if (breaks.kind === "known") return textOf(terminal, breaks.bytes);
	const choices = [
		{ value: "windows", label: "Windows line ends", hint: "CR LF" },
		{ value: "unix", label: "an empty line after every line", hint: "LF LF" },
	] as const;
	const question = "This terminal sends every line break of that text twice. What did the text have?";
	return textOf(terminal, breaks[await promptChoice(terminal, question, choices, instead)]);
}

/**
 * Asks for text that is shown as it is typed.
 * @throws AppError `NO_TERMINAL` (exit 2)
 */
export async function promptText(terminal: Terminal, message: string, instead: string): Promise<string> {
	const { text } = await prompts(terminal, instead);
	return answered(await text({ message: paint(message, false), output: process.stderr })) ?? "";
}

/**
 * Asks yes or no; the default answer is no.
 * @throws AppError `NO_TERMINAL` (exit 2)
 */
export async function promptConfirm(terminal: Terminal, message: string, instead: string): Promise<boolean> {
	const { confirm } = await prompts(terminal, instead);
	return answered(
		await confirm({ message: paint(message, false), initialValue: false, output: process.stderr }),
	);
}

/**
 * Asks for one of several.
 * @throws AppError `NO_TERMINAL` (exit 2)
 */
export async function promptChoice<Value extends string>(
	terminal: Terminal,
	message: string,
	choices: readonly Choice<Value>[],
	instead: string,
): Promise<Value> {
	const { select } = await prompts(terminal, instead);
	const options = choices.map(({ value, label, hint }) => ({
		value: value as string,
		label: paint(label, false),
		...(hint === undefined ? {} : { hint: paint(hint, false) }),
	}));
	const answer = answered(
		await select<string>({ message: paint(message, false), options, output: process.stderr }),
	);
	return answer as Value;
}
