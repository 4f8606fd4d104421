/** Opens the user's editor on a file. */
import { realpathSync } from "node:fs";
import { basename, delimiter, resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { runChild } from "../shell/child/child.ts";
import { editorCommand, inheritedEnvironment } from "../shell/process-environment.ts";

/** The editor of a user who has chosen none. It needs a terminal. */
const DEFAULT_EDITOR = "vi";

/**
 * Vim keeps deleted and copied lines in its history file, and can be set to keep swap, backup and undo files outside of
 * the folder (`:help viminfo`, `:help shada`). These options turn all of them off.
 */
const VIM_OPTIONS = "-i NONE -n -c 'set nobackup nowritebackup noundofile'";

/** Whether an editor is Vim or Neovim, also under the name `vi`. @param path the variable PATH */
export function isVim(editor: string, path: string): boolean {
	const program = /^[\w./+-]+/.exec(editor)?.[0];
	if (program === undefined) return false;
	const folders = program.includes("/") ? ["."] : path.split(delimiter);
	for (const folder of folders) {
		try {
			return /^[ngm]?vim(?:\.|$)/.test(basename(realpathSync(resolve(folder, program))));
		} catch {
			// It is not in this folder.
		}
	}
	return false;
}

/**
 * Checks, before anything is decrypted for an editor, that there is one.
 * @param hasTerminal whether the editor can ask the user in a terminal
 * @throws AppError `EDITOR_MISSING` (exit 2)
 */
export function requireEditor(hasTerminal: boolean): void {
	if (hasTerminal || editorCommand() !== undefined) return;
	throw new AppError({
		code: "EDITOR_MISSING",
		message: `Neither VISUAL nor EDITOR is set, and ${DEFAULT_EDITOR} needs a terminal.`,
		hint: "Set EDITOR to an editor that waits until the file is closed, such as 'code --wait', or run the command in a terminal.",
		exit: EXIT.usage,
	});
}

/**
 * Runs `$VISUAL` or `$EDITOR`, which may have arguments, or vi, and waits for its end.
 * @throws AppError `EDITOR_FAILED` (exit 1) if it fails
 */
export async function runEditor(path: string): Promise<void> {
	const environment = inheritedEnvironment();
	const chosen = editorCommand() ?? DEFAULT_EDITOR;
	const editor = isVim(chosen, environment.PATH ?? "") ? `${chosen} ${VIM_OPTIONS}` : chosen;
	// With exec, a signal reaches the editor, and not a shell that waits for it.
	const status = await runChild({
		command: "/bin/sh",
		args: ["-c", `exec ${editor} "$1"`, "sh", path],
		environment,
		outputs: {},
	});
	if (status === 0) return;
	throw new AppError({
		code: "EDITOR_FAILED",
		message: `The editor ended with status ${status}. Nothing was changed.`,
		hint: "Set VISUAL or EDITOR to an editor that waits until the file is closed, such as vi or 'code --wait'.",
		exit: EXIT.failure,
	});
}
