/**
 * Questions to a person, on stderr, so that stdout stays the result's. Where nobody can answer (no terminal,
 * CI, `--json`), a question is an error that names the flag to use instead; nothing is ever assumed.
 */
import { AppError, EXIT } from "../errors.ts";
import { Cancelled } from "./failure.ts";
import { paint } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export interface Choice<Value> {
	readonly value: Value;
	readonly label: string;
	readonly hint?: string;
}

/** `@clack/prompts` is loaded only when something is asked. */
async function prompts(terminal: Terminal, instead: string): Promise<typeof import("@clack/prompts")> {
	if (!terminal.interactive) {
		throw new AppError({
			code: "NO_TERMINAL",
			message: "An answer is needed, and there is no terminal to ask on.",
			hint: instead,
			exit: EXIT.usage,
		});
	}
	return await import("@clack/prompts");
}

/** The answer, or Cancelled where the prompt was left with Ctrl-C or Escape. */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
	if (typeof answer === "symbol") throw new Cancelled();
	return answer as Exclude<Answer, symbol>;
}

/**
 * Asks for text without showing it.
 * @param instead what to do where there is no terminal: the error's hint
 * @throws AppError `NO_TERMINAL` (exit 2)
 */
export async function promptHidden(terminal: Terminal, message: string, instead: string): Promise<string> {
	const { password } = await prompts(terminal, instead);
	const answer = answered(await password({ message: paint(message, false), output: process.stderr }));
	// The prompt has no text at all, not an empty one, where nothing was typed.
	return answer ?? "";
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
