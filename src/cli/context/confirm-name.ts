/** A confirmation for what cannot be undone: the name of the thing is typed, or given by a flag. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import { promptText } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";

/** `--confirm`, for commands that delete a thing by its name. */
export const confirmFlag = Flags.string({
	description: "the name once more, instead of typing it",
	helpValue: "NAME",
});

/**
 * Asks for a name, and compares it with the right one.
 * @param name the name that is right
 * @param given what `--confirm` has; undefined asks on the terminal
 * @param question shown before the answer; it says which name is to be typed
 * @throws AppError `NO_TERMINAL` (exit 2) where there is no terminal, `NOT_CONFIRMED` (exit 1) where the name is another;
 *   `Cancelled` where the prompt was left
 */
export async function confirmName(
	terminal: Terminal,
	{
		name,
		given,
		question,
	}: { readonly name: string; readonly given: string | undefined; readonly question: string },
): Promise<void> {
	const answer = given ?? (await promptText(terminal, question, `Pass --confirm ${name}.`));
	if (answer.trim() === name) return;
	throw new AppError({
		code: "NOT_CONFIRMED",
		message: `Nothing was deleted: what was given is not '${name}'.`,
		hint: `Type the name, or pass --confirm ${name}.`,
		exit: EXIT.failure,
	});
}
