import { Args, Flags } from "@oclif/core";
import { BaseCommand, noSyncFlag } from "../../cli/command.ts";
import { openContext, requireEnvironmentName } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EditResult, renderEdit } from "../../cli/views/edit-result.ts";
import { AppError, EXIT } from "../../errors.ts";
import { copySecrets } from "../../project/secrets/edit-secrets.ts";

interface CopyResult extends EditResult {
	from: string;
	to: string;
}

function usage(message: string): AppError {
	const hint = "coffer secrets copy --from ENVIRONMENT --to ENVIRONMENT NAME... (or --all)";
	return new AppError({ code: "USAGE", message, hint, exit: EXIT.usage });
}

export default class SecretsCopy extends BaseCommand<CopyResult> {
	static override summary = "Copy secrets from one environment to another";
	static override description =
		"Decrypts the values in the one environment and sets them in the other, like 'secrets set', including the sync. An equal value is not set again. You must be a member of both environments. If one of the names does not exist, nothing is copied.";
	static override examples = [
		"<%= config.bin %> secrets copy --from preview --to production API_KEY STRIPE_KEY",
		"<%= config.bin %> secrets copy --from production --to staging --all",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the secrets to copy" }),
	};
	static override flags = {
		from: Flags.string({ description: "environment to copy from", required: true, helpValue: "NAME" }),
		to: Flags.string({ description: "environment to copy to", required: true, helpValue: "NAME" }),
		all: Flags.boolean({ description: "copy every secret" }),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<CopyResult> {
		const { argv, flags } = await this.parse(SecretsCopy);
		const { all, from, to } = flags;
		for (const name of [from, to]) requireEnvironmentName(name);
		if (from === to) throw usage("--from and --to name the same environment.");
		if (all && argv.length > 0) throw usage("Names cannot be used together with --all.");
		if (!all && argv.length === 0) throw usage("Names or --all are missing.");
		const context = await openContext(
			this.environment,
			to,
			"edit",
			flags["no-sync"] ? undefined : prepareSync,
		);
		const names = all ? undefined : [...new Set(argv.map(String))];
		const outcome = await copySecrets(context, from, names);
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const edited = { from, to, set: outcome.changed, deleted: [], unchanged: outcome.unchanged };
		return afterEdit(context, edited, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: CopyResult, terminal: Terminal): void {
		if (result.set.length > 0) terminal.line(`  From ${result.from} to ${result.to}:`);
		renderEdit(result, result.to, terminal);
	}
}
