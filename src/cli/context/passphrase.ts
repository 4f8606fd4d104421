/**
 * Where a passphrase comes from: a hidden prompt, or standard input. Never an argument, never the environment.
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
	description: "read the passphrase from standard input; one line break at its end is dropped",
});

const INSTEAD = "Pass it in: --passphrase-stdin < FILE.";

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
 * A passphrase for something new: asked for twice.
 * @throws AppError `PASSPHRASE_TOO_SHORT`, `PASSPHRASE_INVALID`, `PASSPHRASES_DIFFER`, `NO_TERMINAL` (exit 2)
 */
export async function newPassphrase(stdin: boolean, terminal: Terminal): Promise<string> {
	const passphrase = stdin
		? await fromStdin()
		: await promptHidden(terminal, "Passphrase, 12 characters or more", INSTEAD);
	requireStrong(passphrase);
	if (stdin || (await promptHidden(terminal, "The same passphrase again", INSTEAD)) === passphrase)
		return passphrase;
	throw new AppError({
		code: "PASSPHRASES_DIFFER",
		message: "The two passphrases are not the same.",
		hint: "Nothing was written. Run the command again.",
		exit: EXIT.usage,
	});
}

/** The passphrase of something that is there. @throws AppError `PASSPHRASE_INVALID`, `NO_TERMINAL` (exit 2) */
export async function knownPassphrase(stdin: boolean, terminal: Terminal): Promise<string> {
	const passphrase = stdin ? await fromStdin() : await promptHidden(terminal, "Passphrase", INSTEAD);
	requireTypable(passphrase);
	return passphrase;
}
