import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import { readValues } from "../../cli/edits/secret-values.ts";
import { askerText, rowOf } from "../../cli/requests/rows.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { requireOpen } from "../../project/requests/requests.ts";
import { readSession, requireEditable, setSecrets } from "../../project/secrets/edit-secrets.ts";

export default class RequestsFill extends BaseCommand<EnvironmentEdit> {
	static override summary = "Set the value of a secret that somebody asked for";
	static override description =
		"Shows who asks and why, and who will be able to read the value. Then it asks for the value, hidden, as 'coffer secrets set NAME' does, and closes the requests for that name. Setting the secret in any other way closes them too.";
	static override examples = [
		"<%= config.bin %> requests fill STRIPE_KEY",
		"<%= config.bin %> requests fill STRIPE_KEY --stdin < key.txt",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		stdin: Flags.boolean({ description: "read the value from standard input" }),
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
	};

	protected async execute(): Promise<EnvironmentEdit> {
		const { args, flags } = await this.parse(RequestsFill);
		const { environment } = flags;
		const prepare = flags["no-sync"] ? undefined : prepareSync;
		const context = await openContext(this.environment, environment, "edit", prepare);
		const { session, remember } = await readSession(context);
		requireEditable(session);
		await remember();
		const open = await requireOpen(context.root, environment, args.name);
		for (const row of open.map(rowOf)) {
			this.terminal.note(`${row.name} in ${environment}, asked for by ${askerText(row)}`);
			this.terminal.note(`  "${row.reason}"`);
		}
		const members = [...session.verified.state.members.values()].map(({ name }) => name);
		this.terminal.note(`Members of ${environment}, who can read the value: ${members.join(", ")}`);
		const sources = { pairs: [args.name], envFile: undefined, stdin: flags.stdin };
		const outcome = await setSecrets(context, await readValues(sources, this.terminal));
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const { changed: set, unchanged } = outcome;
		return afterEdit(
			context,
			{ environment, set, deleted: [], unchanged },
			{ sync: !flags["no-sync"], waits: !flags["no-wait"], terminal: this.terminal },
		);
	}

	protected render(result: EnvironmentEdit, terminal: Terminal): void {
		renderEdit(result, result.environment, terminal);
	}
}
