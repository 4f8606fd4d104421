/** Notes as data and as text. */
import { AppError } from "../../errors.ts";
import { NOTES_FOLDER, type Notes, readNotes } from "../../project/notes/notes.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { formatMinute } from "../context/instant.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface NoteRow {
	readonly text: string;
	readonly by: string;
	/** Whether the author is still a member. */
	readonly member: boolean;
	readonly version: number;
	/** By the author's clock; nothing verifies it. */
	readonly at: string;
}

/** Warns about files that are no valid notes. */
export function warnAboutUnread({ unread }: Notes, terminal: Terminal): void {
	if (unread > 0)
		terminal.warn(`${count(unread, "file")} in ${NOTES_FOLDER} cannot be read as notes, and are left out.`);
}

/** The notes of a name. */
export function notesOf({ current }: Notes, name: string): NoteRow[] {
	return (current.get(name) ?? []).map(({ by, isMember, note, text }) => ({
		...{ text, by, member: isMember, version: note.version, at: note.at },
	}));
}

/**
 * Reads the notes of a secret for a command whose result is something else. Notes that cannot be read are a warning,
 * since the command works without them.
 */
export async function notesBeside(
	session: VaultSession,
	name: string,
	terminal: Terminal,
): Promise<NoteRow[]> {
	try {
		const notes = await readNotes(session, name);
		warnAboutUnread(notes, terminal);
		return notesOf(notes, name);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		terminal.warn(`The notes cannot be read. ${error.message}`);
		return [];
	}
}

function headOf({ at, by, member, version }: NoteRow): string {
	return `v${version} by ${by}${member ? "" : " (removed)"}, ${formatMinute(at)}`;
}

/** Prints a note as the result. */
export function renderNote(row: NoteRow, terminal: Terminal): void {
	terminal.line(headOf(row));
	terminal.block(row.text);
}

/** Prints a note to stderr, so that the result stays as it is. */
export function renderNoteBeside(row: NoteRow, terminal: Terminal): void {
	terminal.note(`Note ${headOf(row)}`);
	for (const line of row.text.split("\n")) terminal.note(`  ${line}`);
}
