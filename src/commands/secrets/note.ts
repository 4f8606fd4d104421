import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { type NoteRow, notesOf, renderNote, warnAboutUnread } from "../../cli/notes/rows.ts";
import { readNoteText } from "../../cli/notes/text.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { deleteNote, NOTES_FOLDER, noteNotFound, readNotes, writeNote } from "../../project/notes/notes.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";

interface NoteResult {
	environment: string;
	name: string;
	/** What was done; `shown` without a text and without `--delete`. */
	done: "shown" | "written" | "unchanged" | "deleted";
	/** The notes that the name has now: more than one if two people wrote one at the same time. */
	notes: NoteRow[];
}

export default class SecretsNote extends BaseCommand<NoteResult> {
	static override summary = "Show the note of a secret, or write one";
	static override description =
		"A note says what a secret is for, who gave it out and how to replace it. It is encrypted for the members of the environment and signed by its author, in a file in coffer.notes beside the vault; commit it. It goes to no platform and to no function. A note is shown without --reveal, so never put a value into it: a note with the value of its secret is refused.\n\nAfter a merge, a secret can have two notes, if two people wrote one at the same time. Both are shown; the next note replaces both.";
	static override examples = [
		'<%= config.bin %> secrets note STRIPE_KEY "Restricted key of the shop account. Replace it at dashboard.stripe.com."',
		"<%= config.bin %> secrets note STRIPE_KEY",
		"<%= config.bin %> secrets note STRIPE_KEY - < note.txt",
		"<%= config.bin %> secrets note STRIPE_KEY --delete",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
		text: Args.string({ name: "TEXT", description: "the note; - reads it from standard input" }),
	};
	static override flags = {
		environment: environmentFlag,
		delete: Flags.boolean({ description: "delete the note", default: false }),
	};

	protected async execute(): Promise<NoteResult> {
		const { args, flags } = await this.parse(SecretsNote);
		const { name } = args;
		checkSecretName(name);
		const text = await readNoteText(args.text, flags.delete);
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		let done: NoteResult["done"] = "shown";
		if (flags.delete) {
			await deleteNote(session, name);
			done = "deleted";
		} else if (text !== undefined) {
			done = (await writeNote(session, name, text)) === undefined ? "unchanged" : "written";
		}
		const read = await readNotes(session);
		warnAboutUnread(read, this.terminal);
		const notes = notesOf(read, name);
		await remember();
		if (done === "shown" && notes.length === 0) throw noteNotFound(name, flags.environment);
		return { environment: flags.environment, name, done, notes };
	}

	protected render({ done, environment, name, notes }: NoteResult, terminal: Terminal): void {
		if (done === "shown") for (const note of notes) renderNote(note, terminal);
		else if (done === "unchanged") terminal.line(`${name} has this note already.`);
		else {
			terminal.line(`${MARKS.ok} The note of ${name} in ${environment} is ${done}`);
			terminal.line(`  To share it: git add ${NOTES_FOLDER}, commit and push.`);
		}
	}
}
