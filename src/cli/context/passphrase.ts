/**
 * Reads a passphrase from a hidden prompt or from standard input, never from an argument or an environment
 * variable.
 */
import { Flags } from "@oclif/core";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { requireStrong, requireTypable } from "../../identity/passphrase.ts";
import { promptHidden } from "../shell/prompts.ts";
import { readStdinValue } from "../shell/stdin.ts";
import type { Terminal } from "../shell/terminal.ts";

/** `--passphrase-stdin`, for every command that takes a passphrase. */
export const passphraseFlag = Flags.boolean({
	description: "read the passphrase from standard input; one line break at its end is removed",
});

const INSTEAD = "Pass it on standard input: --passphrase-stdin < FILE.";

async function fromStdin(): Promise<string> {
	const { bytes } = await readStdinValue("Check the command or the file that the passphrase comes from.");
	const text = fromUtf8(bytes);
	if (text !== undefined) return text;
	throw new AppError({
		code: "PASSPHRASE_INVALID",
		message: "The passphrase on standard input is not UTF-8 text.",
		hint: "Use one line of text.",
		exit: EXIT.usage,
	});
}

/**
 * Reads a passphrase for a new file. A prompt asks for it twice.
 * @throws AppError `PASSPHRASE_TOO_SHORT`, `PASSPHRASE_INVALID`, `PASSPHRASES_DIFFER`, `NO_TERMINAL` (exit 2)
 */
export async function newPassphrase(stdin: boolean, terminal: Terminal): Promise<string> {
	const passphrase = stdin
		? await fromStdin()
		: await promptHidden(terminal, "Passphrase (12 characters or more)", INSTEAD);
	requireStrong(passphrase);
	if (stdin || (await promptHidden(terminal, "Repeat the passphrase", INSTEAD)) === passphrase)
		return passphrase;
	throw new AppError({
		code: "PASSPHRASES_DIFFER",
		message: "The two passphrases differ.",
		hint: "Nothing was written. Run the command again.",
		exit: EXIT.usage,
	});
}

/** Reads the passphrase of an existing file. @throws AppError `PASSPHRASE_INVALID`, `NO_TERMINAL` (exit 2) */
export async function knownPassphrase(stdin: boolean, terminal: Terminal): Promise<string> {
	const passphrase = stdin ? await fromStdin() : await promptHidden(terminal, "Passphrase", INSTEAD);
	requireTypable(passphrase);
	return passphrase;
}
