import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { syncStates } from "../../cli/context/link-state.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { type NoteRow, notesOf, warnAboutUnread } from "../../cli/notes/rows.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { bindingOf, readConfig } from "../../project/files/config.ts";
import { readNotes } from "../../project/notes/notes.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { listSecrets } from "../../project/secrets/read-secrets.ts";
import type { SyncState } from "../../project/session/sync-state.ts";

interface ListResult {
	environment: string;
	secrets: {
		name: string;
		masked: string;
		version: number;
		state: SyncState;
		/** Only with `--notes`. */
		notes?: readonly NoteRow[];
	}[];
}

export default class SecretsList extends BaseCommand<ListResult> {
	static override summary = "List the secrets, with masked values";
	static override description =
		"Lists every secret, or those that the arguments name. In an argument, * stands for any text and ? for one character; quote it, so that the shell does not expand it. It is an error if an argument matches no secret.";
	static override examples = [
		"<%= config.bin %> secrets list",
		"<%= config.bin %> secrets list 'STRIPE_*' API_KEY",
		"<%= config.bin %> secrets list --environment preview --json",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME|PATTERN...", description: "names of secrets, or patterns" }),
	};
	static override flags = {
		environment: environmentFlag,
		notes: Flags.boolean({ description: "show the notes of the secrets" }),
	};

	protected async execute(): Promise<ListResult> {
		const { argv, flags } = await this.parse(SecretsList);
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		const binding = bindingOf(await readConfig(context.root), flags.environment);
		const stateOf = await syncStates(session, binding);
		const listed = await listSecrets(session, argv.map(String));
		const notes = flags.notes ? await readNotes(session) : undefined;
		const secrets = listed.map(({ record, name, masked, version }) => ({
			name,
			masked,
			version,
			state: stateOf(record),
			...(notes ? { notes: notesOf(notes, name) } : {}),
		}));
		if (notes) warnAboutUnread(notes, this.terminal);
		await remember();
		return { environment: flags.environment, secrets };
	}

	protected render(result: ListResult, terminal: Terminal): void {
		if (result.secrets.length === 0) {
			terminal.line(`Environment '${result.environment}' has no secrets yet.`);
			return;
		}
		const hasNotes = result.secrets.some(({ notes }) => notes !== undefined);
		const rows = result.secrets.map(({ name, masked, notes = [], version, state }) => [
			...[name, masked, `v${version}`, state],
			...(hasNotes ? [notes.map(({ text }) => text.replaceAll("\n", " ")).join(" / ")] : []),
		]);
		terminal.table(rows, ["NAME", "VALUE", "VERSION", "STATE", ...(hasNotes ? ["NOTE"] : [])]);
	}
}
