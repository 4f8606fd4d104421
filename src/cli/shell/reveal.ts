/**
 * Guards every way on which a command gives out values in the clear, so that a program that works for a user (a coding
 * agent, a script) does not get to see them by accident. It is no protection against a program that wants to.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Environment } from "./process-environment.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Checks, before the vault is opened, that values may be given out: COFFER_ALLOW_REVEAL says so, or it says nothing and
 * a person is at a terminal.
 * @param action what would give them out, as a clause: `'coffer secrets get --reveal' prints a value`
 * @throws AppError `REVEAL_REFUSED` (exit 3)
 */
export function requireReveal(
	terminal: Pick<Terminal, "isAttended">,
	{ allowReveal }: Pick<Environment, "allowReveal">,
	action: string,
): void {
	if (allowReveal ?? terminal.isAttended) return;
	const reason =
		allowReveal === false
			? "COFFER_ALLOW_REVEAL forbids it"
			: "no person is at a terminal here (standard input and standard error are not both a terminal)";
	throw new AppError({
		code: "REVEAL_REFUSED",
		message: `${action}, and ${reason}.`,
		hint: [
			"To use the secrets without seeing them: coffer run -- COMMAND. It gets them as environment variables.",
			"To see a value, ask a person to run the command in a terminal.",
			"In a script or a CI job that needs the values itself, set COFFER_ALLOW_REVEAL=1 for this command.",
		].join("\n"),
		exit: EXIT.unauthorised,
	});
}
