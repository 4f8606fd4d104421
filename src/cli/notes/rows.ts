/** Notes as data and as text. */
import { NOTES_FOLDER, type Notes } from "../../project/notes/notes.ts";
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

export function renderNote({ at, by, member, text, version }: NoteRow, terminal: Terminal): void {
	terminal.line(`v${version} by ${by}${member ? "" : " (removed)"}, ${formatMinute(at)}`);
	terminal.block(text);
}
