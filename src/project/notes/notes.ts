/** Notes on secrets: reads, writes, moves and removes them. */
import { AppError, EXIT } from "../../errors.ts";
import {
	noteFile,
	openNote,
	parseNote,
	printNote,
	type SealedNote,
	sealNote,
} from "../../vault/notes/note.ts";
import { authorName } from "../../vault/records/secret-history.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import { EntryFolder } from "../files/entry-folder.ts";
import { getSecret, requireEditable } from "../secrets/edit-secrets.ts";
import type { VaultSession } from "../session/session.ts";

export const NOTES_FOLDER = "coffer.notes";

/** The shortest value that a note is searched for. */
const VALUE_MIN = 4;

function folderOf({ context }: VaultSession): EntryFolder<SealedNote> {
	return new EntryFolder(
		{
			folder: NOTES_FOLDER,
			code: "NOTES",
			pattern: /^\w{1,128}\.[0-9a-f]{16}\.note$/,
			filesMax: 10_000,
			bytesMax: 32 * 1024,
			parse: parseNote,
			print: printNote,
			fileOf: noteFile,
		},
		context.root,
	);
}

/** A note that was opened. */
export interface OpenedNote {
	readonly note: SealedNote;
	readonly text: string;
	/** The author's name, and whether it is still a member. */
	readonly by: string;
	readonly isMember: boolean;
}

export interface Notes {
	/** By name: the notes of the highest version. More than one if two people wrote one at the same time. */
	readonly current: ReadonlyMap<string, readonly OpenedNote[]>;
	/** All valid notes of the environment. */
	readonly all: readonly SealedNote[];
	/** The number of files that are no valid notes of this environment, and of no other one. */
	readonly unread: number;
}

function opened({ keys, verified }: VaultSession, note: SealedNote): OpenedNote[] {
	const text = openNote(verified.state, keys, note);
	if (text === undefined) return [];
	const author = authorName(verified.state, note.author);
	return [{ note, text, by: author?.name ?? "an unknown author", isMember: author?.isMember === true }];
}

/**
 * Reads the notes of an environment.
 * @param only reads the notes of this name and opens no others; all by default
 * @throws AppError `NOTES_FOLDER_INVALID`, `FILE_UNREADABLE` (exit 1)
 */
export async function readNotes(session: VaultSession, only?: string): Promise<Notes> {
	const { entries, unread } = await folderOf(session).read(only === undefined ? "" : `${only}.`);
	const own = entries.filter(({ environment }) => environment === session.place.environment);
	const valid = own
		.flatMap((note) => opened(session, note))
		.sort((a, b) => b.note.version - a.note.version || compareNames(a.note.id, b.note.id));
	const current = new Map<string, OpenedNote[]>();
	for (const one of valid) {
		const same = current.get(one.note.name) ?? [];
		if (same.every(({ note }) => note.version === one.note.version)) same.push(one);
		current.set(one.note.name, same);
	}
	return { current, all: valid.map(({ note }) => note), unread: unread + own.length - valid.length };
}

/**
 * Writes the note of a secret in place of the present one.
 * @param text as `isNoteText` accepts it
 * @returns the path of the new file; undefined if the note has this text already
 * @throws AppError `SECRET_NOT_FOUND` (exit 4); `NOT_A_WRITER` (exit 3); `NOTE_HAS_VALUE`, `NOTES_TOO_MANY` (exit 2);
 *   `FILE_UNWRITABLE` (exit 1); what `readNotes` and `requireEditable` throw
 */
export async function writeNote(
	session: VaultSession,
	name: string,
	text: string,
): Promise<string | undefined> {
	requireEditable(session);
	const { value } = getSecret(session, name);
	if (value.length >= VALUE_MIN && text.includes(value)) throw noteHasValue(name);
	const { all, current } = await readNotes(session);
	const present = current.get(name) ?? [];
	if (present.length === 1 && present[0]?.text === text) return undefined;
	const version = 1 + (present[0]?.note.version ?? 0);
	const file = await writeNew(session, { name, text, version });
	await folderOf(session).remove(earlier(all, name));
	return file;
}

async function writeNew(
	session: VaultSession,
	content: { readonly name: string; readonly text: string; readonly version: number },
): Promise<string> {
	const { context, keys, verified } = session;
	const at = new Date().toISOString();
	return await folderOf(session).write(sealNote(verified.state, keys, context.identity, { ...content, at }));
}

function earlier(all: readonly SealedNote[], name: string): SealedNote[] {
	return all.filter((note) => note.name === name);
}

function noteHasValue(name: string): AppError {
	return new AppError({
		code: "NOTE_HAS_VALUE",
		message: `The note contains the value of ${name}. Nothing was written.`,
		hint: "Describe the secret without its value. Notes are shown without --reveal.",
		exit: EXIT.usage,
	});
}

/** Removes the note of a name, also of a deleted secret. @throws AppError `NOTE_NOT_FOUND` (exit 4) and as `writeNote` */
export async function deleteNote(session: VaultSession, name: string): Promise<void> {
	requireEditable(session);
	const own = earlier((await readNotes(session)).all, name);
	if (own.length === 0) throw noteNotFound(name, session.place.environment);
	await folderOf(session).remove(own);
}

/** The error for a name without a note. */
export function noteNotFound(name: string, environment: string): AppError {
	return new AppError({
		code: "NOTE_NOT_FOUND",
		message: `${name} has no note in environment '${environment}'.`,
		hint: `To write one: coffer secrets note ${name} "TEXT"`,
		exit: EXIT.notFound,
	});
}

/** Gives the notes of a renamed secret to its new name. @returns whether there were any @throws AppError as `writeNote` */
export async function moveNotes(session: VaultSession, from: string, to: string): Promise<boolean> {
	const { all, current } = await readNotes(session);
	const present = current.get(from) ?? [];
	if (present.length === 0) return false;
	const version = 1 + Math.max(0, ...earlier(all, to).map((note) => note.version));
	for (const { text } of present) await writeNew(session, { name: to, text, version });
	await folderOf(session).remove([...earlier(all, from), ...earlier(all, to)]);
	return true;
}
