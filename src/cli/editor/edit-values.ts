/** Lets the user edit values in an editor, and asks again until the text is valid. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBounded } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { confirmYes } from "../context/confirm.ts";
import { memoryFolders } from "../shell/process-environment.ts";
import { takeSignals } from "../shell/signals.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { runEditor } from "./run-editor.ts";
import { type EditedValues, type EditText, editText, readEdited, withError, withoutError } from "./text.ts";

export interface EditSession {
	readonly environment: string;
	readonly terminal: Terminal;
	readonly allowDisk: boolean;
	/** Whether deletions need no confirmation. */
	readonly yes: boolean;
}

/** @throws AppError `EDITOR_FAILED` (exit 1) if the file is gone or is no text */
async function readText(file: string): Promise<string> {
	const bytes = existsSync(file) ? await readBounded(file, FILE_BYTES.env) : undefined;
	const text = bytes && fromUtf8(bytes);
	if (text !== undefined) return text;
	throw new AppError({
		code: "EDITOR_FAILED",
		message: `The editor ${bytes ? "saved a file that is not UTF-8 text" : "removed the file"}. Nothing was changed.`,
		hint: "Run the command again, and save the file in its place as UTF-8.",
		exit: EXIT.failure,
	});
}

/** How often a program in the editor's place gets the text, if no person is there. It could go on for ever. */
const OPENS_MAX = 3;

/**
 * Opens the editor until the text is valid.
 * @throws AppError the fault, if the user changed nothing after it was shown, or after `OPENS_MAX` times without a person
 */
async function untilValid(file: string, before: EditText, isInteractive: boolean): Promise<EditedValues> {
	let text = before.text;
	for (let opens = 1; ; opens++) {
		writeFileSync(file, text, { mode: 0o600 });
		await runEditor(file);
		const edited = await readText(file);
		const own = withoutError(edited);
		try {
			return readEdited(own, before);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			if (edited === text || (!isInteractive && opens >= OPENS_MAX))
				throw new AppError({ ...faultOf(error), exit: EXIT.usage });
			text = withError(own, error);
		}
	}
}

/** The changes that the user makes to the text. The file is wiped before this returns or throws. */
async function editInFolder(
	before: EditText,
	{ allowDisk, terminal }: Pick<EditSession, "allowDisk" | "terminal">,
): Promise<EditedValues> {
	// A signal ends the editor, which gets it too. Without this handler, it would end Coffer before the wipe.
	using _signals = takeSignals(() => undefined);
	using folder = makePrivateFolder(memoryFolders(), allowDisk);
	return await untilValid(join(folder.path, "secrets.env"), before, terminal.interactive);
}

/** The fault without its data, which is for the result of a command. */
function faultOf({ code, hint, line, message }: AppError) {
	return { code, message, hint: `${hint} Nothing was changed.`, ...(line === undefined ? {} : { line }) };
}

/**
 * Opens the editor on the values, in a file in memory that is wiped on every way out.
 * @throws AppError `NO_MEMORY_FOLDER`, `EDITOR_FAILED` (exit 1), `NOT_CONFIRMED` (exit 1) if deletions are not confirmed
 */
export async function editValues(
	values: ReadonlyMap<string, string>,
	session: EditSession,
): Promise<EditedValues> {
	const { environment, terminal, yes } = session;
	const edited = await editInFolder(editText(values, environment), session);
	if (edited.deleted.length > 0 && !yes) {
		const question = `Delete ${listNames(edited.deleted)} from ${environment}?`;
		await confirmYes(terminal, question, "Nothing was changed, because the deletion was not confirmed.");
	}
	return edited;
}
