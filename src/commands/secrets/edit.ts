import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag, yesFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { editValues } from "../../cli/editor/edit-values.ts";
import { requireEditor } from "../../cli/editor/run-editor.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import { requireReveal } from "../../cli/shell/reveal.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { changeSeen, readSession, requireEditable } from "../../project/secrets/edit-secrets.ts";
import { liveSecrets } from "../../project/secrets/read-secrets.ts";

export default class SecretsEdit extends BaseCommand<EnvironmentEdit> {
	static override summary = "Edit the secrets in your editor";
	static override description =
		"Opens $VISUAL or $EDITOR on the secrets, as lines of a .env file, and then changes what you changed: one change of the vault, and a sync as after 'secrets set'. The file is in memory (/dev/shm or XDG_RUNTIME_DIR), with mode 0600 in a folder with mode 0700. The folder, with the editor's backups and swap files in it, is wiped and removed when the editor ends, also if it fails or a signal ends it. If Coffer itself is killed, the next 'secrets edit' wipes what is left. Where there is no such folder, the command is refused, unless --allow-disk allows one on the disk.\n\nDeleted lines are confirmed before the secrets are deleted. If a line is wrong, the editor opens again with the error as a comment; close it without a change to give up. Without a terminal, it opens three times at most. If somebody else changed the same secret meanwhile, nothing is changed.\n\nThe command needs a person at a terminal, or COFFER_ALLOW_REVEAL=1, because EDITOR can be any program.";
	static override examples = [
		"<%= config.bin %> secrets edit",
		"EDITOR='code --wait' <%= config.bin %> secrets edit",
	];
	static override flags = {
		environment: environmentFlag,
		"allow-disk": Flags.boolean({ description: "use a folder on the disk if none is in memory" }),
		yes: yesFlag,
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
	};

	protected async execute(): Promise<EnvironmentEdit> {
		const { flags } = await this.parse(SecretsEdit);
		const { environment } = flags;
		requireReveal(this.terminal, this.environment, "'coffer secrets edit' shows values to the editor");
		requireEditor(this.terminal.interactive);
		const prepare = flags["no-sync"] ? undefined : prepareSync;
		const context = await openContext(this.environment, environment, "edit", prepare);
		const { session, remember } = await readSession(context);
		requireEditable(session);
		const live = await liveSecrets(session);
		await remember();
		const seen = new Map(live.map(({ record, value }) => [record.name, value]));
		const { deleted, set } = await editValues(seen, {
			environment,
			terminal: this.terminal,
			allowDisk: flags["allow-disk"],
			yes: flags.yes,
		});
		const changes = new Map<string, string | undefined>(set);
		for (const name of deleted) changes.set(name, undefined);
		if (changes.size === 0) return { environment, set: [], deleted: [], unchanged: [], ...NOTHING };
		const outcome = await changeSeen(context, changes, seen);
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const edited = {
			environment,
			set: outcome.changed.filter((name) => set.has(name)),
			deleted: outcome.changed.filter((name) => !set.has(name)),
			unchanged: outcome.unchanged,
		};
		return afterEdit(context, edited, {
			sync: !flags["no-sync"],
			waits: !flags["no-wait"],
			terminal: this.terminal,
		});
	}

	protected render(result: EnvironmentEdit, terminal: Terminal): void {
		if (result.set.length + result.deleted.length + result.unchanged.length === 0)
			terminal.line("  Nothing was changed.");
		else renderEdit(result, result.environment, terminal);
	}
}

/** The report of a sync that did not run, because nothing changed. */
const NOTHING = { revision: null, pending: 0, redeployed: [], untouched: [] } as const;
