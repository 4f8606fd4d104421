/** Asks the user to confirm an action that cannot be undone: with yes, or with the name of the item to delete. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import { promptConfirm, promptText } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";

/**
 * Asks a question that the user must answer with yes. A command with the flag `--yes` does not call it.
 * @param refused the message of the error for the answer no, which says what was not done
 * @throws AppError `NO_TERMINAL` (exit 2) without a terminal, `NOT_CONFIRMED` (exit 1); `Cancelled` if the user left the
 *   prompt
 */
export async function confirmYes(terminal: Terminal, question: string, refused: string): Promise<void> {
	if (await promptConfirm(terminal, question, "Pass --yes.")) return;
	throw new AppError({
		code: "NOT_CONFIRMED",
		message: refused,
		hint: "Answer yes, or pass --yes.",
		exit: EXIT.failure,
	});
}

/** `--confirm`, for commands that delete something by its name. */
export const confirmFlag = Flags.string({
	description: "repeat the name, to confirm without a prompt",
	helpValue: "NAME",
});

/**
 * Asks for a name, and compares it with the expected one.
 * @param name the expected name
 * @param given the value of `--confirm`; if undefined, the user is asked on the terminal
 * @param question the prompt; it says which name to type
 * @throws AppError `NO_TERMINAL` (exit 2) without a terminal, `NOT_CONFIRMED` (exit 1) if the name differs;
 *   `Cancelled` if the user left the prompt
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
		message: `Nothing was deleted, because the given name is not '${name}'.`,
		hint: `Type the name, or pass --confirm ${name}.`,
		exit: EXIT.failure,
	});
}
