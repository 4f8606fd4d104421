/** A confirmation for what cannot be undone: the name of the thing is typed. */
import { AppError, EXIT } from "../../errors.ts";
import { promptText } from "../prompts.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Asks for a name, and compares it with the right one.
 * @param question is shown before the answer; it says which name is to be typed
 * @param instead the hint of the error where nobody can be asked: the flag that confirms
 * @throws AppError `NO_TERMINAL` (exit 2) where there is no terminal, `NOT_CONFIRMED` (exit 1) where another text was
 *   typed; `Cancelled` where the prompt was left
 */
export async function confirmName(
	terminal: Terminal,
	{ name, question, instead }: { readonly name: string; readonly question: string; readonly instead: string },
): Promise<void> {
	const answer = await promptText(terminal, question, instead);
	if (answer.trim() === name) return;
	throw new AppError({
		code: "NOT_CONFIRMED",
		message: "That is not the name. Nothing was deleted.",
		hint: `Run the command again, and type ${name}.`,
		exit: EXIT.failure,
	});
}
