/**
 * Questions to the user. They go to stderr, because stdout is for results. If there is no user to answer (no terminal,
 * CI, `--json`), a question is an error that names the flag to use instead. No answer is ever assumed.
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

/** @throws AppError `NO_TERMINAL` (exit 2) if there is no user to answer; `instead` is its hint */
function requireTerminal(terminal: Terminal, instead: string): void {
	if (terminal.interactive) return;
	throw new AppError({
		code: "NO_TERMINAL",
		message: "This command has to ask a question, and there is no terminal to ask it on.",
		hint: instead,
		exit: EXIT.usage,
	});
}

/** Loads `@clack/prompts`, which takes time, only when there is a question. */
async function prompts(terminal: Terminal, instead: string): Promise<typeof import("@clack/prompts")> {
	requireTerminal(terminal, instead);
	return await import("@clack/prompts");
}

/** The answer. @throws Cancelled if the user left the prompt with Ctrl-C or Escape */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
	if (typeof answer === "symbol") throw new Cancelled();
	return answer as Exclude<Answer, symbol>;
}

function inputTooLong(): AppError {
	return new AppError({
		code: "INPUT_TOO_LONG",
		message: `The input is longer than ${VALUE_BYTES_MAX / 1024} KiB, the limit for a value.`,
		hint: "Nothing was changed. Keep large data in a file or a store, and put its key or address into the secret.",
		exit: EXIT.usage,
	});
}

function inputNotText(): AppError {
	return new AppError({
		code: "INPUT_NOT_TEXT",
		message: "The input is not UTF-8 text.",
		hint: "Nothing was changed. Encode binary data, for example in base64.",
		exit: EXIT.usage,
	});
}

/**
 * Reads the input, with the line breaks that the terminal sent. @throws AppError as `promptHidden`, Cancelled
 */
async function readHiddenBytes(terminal: Terminal, message: string, instead: string): Promise<Buffer> {
	requireTerminal(terminal, instead);
	const { readHidden } = await import("../hidden-input/read.ts");
	const streams = { input: process.stdin, output: process.stderr };
	const { bytes, overflowed } = await readHidden(streams, paint(message, false), VALUE_BYTES_MAX + 2);
	if (!bytes) throw new Cancelled();
	if (overflowed) throw inputTooLong();
	return bytes;
}

/** Decodes the input, and prints how many lines it has. @throws AppError as `promptHidden` */
function textOf(terminal: Terminal, entered: Buffer): string {
	const { bytes } = withoutFinalBreak(entered);
	if (bytes.length > VALUE_BYTES_MAX) throw inputTooLong();
	const text = fromUtf8(bytes);
	if (text === undefined) throw inputNotText();
	if (bytes.length > 0) terminal.note(`  ${count(linesOf(bytes), "line")} received.`);
	return text;
}

/**
 * Asks for text without showing it, and prints how many lines it has. A paste may have several lines. One
 * line break is removed from the end of the text.
 * @param instead the hint of the error without a terminal: another way to pass the text
 * @throws AppError `NO_TERMINAL`, `INPUT_TOO_LONG`, `INPUT_NOT_TEXT` (exit 2)
 */
export async function promptHidden(terminal: Terminal, message: string, instead: string): Promise<string> {
	const breaks = readLineBreaks(await readHiddenBytes(terminal, message, instead));
	return textOf(terminal, breaks.kind === "known" ? breaks.bytes : breaks.unix);
}

/**
 * Like `promptHidden`, but keeps the original line breaks of the text. Some terminals change them. If the input does
 * not show the original ones, the user is asked.
 */
export async function promptValue(terminal: Terminal, message: string, instead: string): Promise<string> {
	const breaks = readLineBreaks(await readHiddenBytes(terminal, message, instead));
	if (breaks.kind === "known") return textOf(terminal, breaks.bytes);
	const choices = [
		{ value: "windows", label: "Windows line endings", hint: "CR LF" },
		{ value: "unix", label: "an empty line after every line", hint: "LF LF" },
	] as const;
	const question = "This terminal sent every line break of the text twice. What does the text contain?";
	return textOf(terminal, breaks[await promptChoice(terminal, question, choices, instead)]);
}

/** Asks for text, and shows it while the user types. @throws AppError `NO_TERMINAL` (exit 2) */
export async function promptText(terminal: Terminal, message: string, instead: string): Promise<string> {
	const { text } = await prompts(terminal, instead);
	return answered(await text({ message: paint(message, false), output: process.stderr })) ?? "";
}

/** Asks a question with the answers yes and no; no is the default. @throws AppError `NO_TERMINAL` (exit 2) */
export async function promptConfirm(terminal: Terminal, message: string, instead: string): Promise<boolean> {
	const { confirm } = await prompts(terminal, instead);
	return answered(
		await confirm({ message: paint(message, false), initialValue: false, output: process.stderr }),
	);
}

/** Asks the user to choose one of several answers. @throws AppError `NO_TERMINAL` (exit 2) */
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
