import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { dryRunFlag, type PlanResult, planEdit, renderPlan } from "../../cli/views/plan-result.ts";
import { deleteSecrets } from "../../project/secrets/edit-secrets.ts";

export default class SecretsDelete extends BaseCommand<EnvironmentEdit | PlanResult> {
	static override summary = "Delete secrets, and redeploy the functions that read them";
	static override description =
		"Each deletion is recorded in coffer.vault and signed, like a value, so that a forged or undone deletion is detected. If one of the names does not exist, nothing is deleted.";
	static override examples = ["<%= config.bin %> secrets delete API_KEY OLD_KEY"];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the secrets to delete", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
		"dry-run": dryRunFlag,
	};

	protected async execute(): Promise<EnvironmentEdit | PlanResult> {
		const { argv, flags } = await this.parse(SecretsDelete);
		const names = [...new Set(argv.map(String))];
		if (flags["dry-run"]) {
			const context = await openContext(this.environment, flags.environment);
			return planEdit(context, new Map(names.map((name) => [name, { value: undefined }])), this.terminal);
		}
		const context = await openContext(
			this.environment,
			flags.environment,
			"edit",
			flags["no-sync"] ? undefined : prepareSync,
		);
		const outcome = await deleteSecrets(context, names);
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const edited = { environment: flags.environment, set: [], deleted: outcome.changed, unchanged: [] };
		return afterEdit(context, edited, {
			sync: !flags["no-sync"],
			waits: !flags["no-wait"],
			terminal: this.terminal,
		});
	}

	protected render(result: EnvironmentEdit | PlanResult, terminal: Terminal): void {
		if ("changes" in result) renderPlan(result, true, terminal);
		else renderEdit(result, result.environment, terminal);
	}
}
