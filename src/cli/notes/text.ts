/** Reads the text of a note from the command line or standard input. */
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { isNoteText, NOTE_MAX } from "../../vault/notes/note.ts";
import { readStdinWhole } from "../shell/stdin.ts";

const BYTES_MAX = 64 * 1024;

function invalid(message: string): AppError {
	return new AppError({
		code: "NOTE_INVALID",
		message: `${message} Nothing was changed.`,
		hint: "To show the note, leave the text out. To delete it: --delete.",
		exit: EXIT.usage,
	});
}

/**
 * @param given the argument; `-` is standard input
 * @returns the note without spaces and line ends around it; undefined if none is given
 * @throws AppError `NOTE_INVALID`, `STDIN_EMPTY`, `STDIN_TOO_LARGE` (exit 2)
 */
export async function readNoteText(
	given: string | undefined,
	isDeleted: boolean,
): Promise<string | undefined> {
	if (given === undefined) return undefined;
	if (isDeleted) throw invalid("A text and --delete contradict one another.");
	const typed = given === "-" ? fromUtf8(await readStdinWhole(BYTES_MAX, "Give a text.")) : given;
	const text = typed?.replaceAll("\r\n", "\n").replaceAll("\t", " ").trim();
	if (text !== undefined && isNoteText(text)) return text;
	throw invalid(
		`A note has 1 to ${NOTE_MAX} characters. All of them must be visible; spaces and line ends are allowed.`,
	);
}
