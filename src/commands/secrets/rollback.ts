import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { findVersions } from "../../cli/edits/find-versions.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { rollBack, versionDeleted } from "../../project/secrets/restore-version.ts";
import { chooseVersion } from "../../vault/records/choose-version.ts";
import { MAX_VERSION } from "../../vault/records/record.ts";

interface RollbackResult extends EnvironmentEdit {
	name: string;
	/** The version whose value was restored. */
	from: number;
	/** The new version in the vault. */
	version: number;
}

export default class SecretsRollback extends BaseCommand<RollbackResult> {
	static override summary = "Set a secret to the value of an earlier version";
	static override description =
		"The old value becomes a new version, so the history stays complete. Coffer searches the git history of coffer.vault and the platform's log for the value, and verifies it. If a removed member could read the value, 'members debt' lists it. Syncs like 'secrets set'.";
	static override examples = ["<%= config.bin %> secrets rollback API_KEY --to 3"];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		to: Flags.integer({
			description: "version to restore ('secrets history' lists them)",
			required: true,
			min: 1,
			max: MAX_VERSION,
			helpValue: "N",
		}),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RollbackResult> {
		const { args, flags } = await this.parse(SecretsRollback);
		const context = await openContext(
			this.environment,
			flags.environment,
			"edit",
			flags["no-sync"] ? undefined : prepareSync,
		);
		const found = await findVersions(context, args.name, this.terminal);
		const { highest, name, session } = found;
		const chosen = chooseVersion(found, flags.to);
		if (chosen.kind === "deleted") throw versionDeleted(name, flags.to);
		const before = session.verified.section.records.get(name);
		const { outcome, version } = await rollBack(context, { name, chosen, highest, before });
		const [set, unchanged] = outcome === "unchanged" ? [[], [name]] : [[name], []];
		const edited = {
			environment: flags.environment,
			name,
			from: flags.to,
			version,
			set,
			deleted: [],
			unchanged,
		};
		return afterEdit(context, edited, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: RollbackResult, terminal: Terminal): void {
		if (result.set.length > 0)
			terminal.line(`  Version ${result.version} has the value of version ${result.from}`);
		renderEdit(result, result.environment, terminal);
	}
}
