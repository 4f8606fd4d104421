import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { openContext } from "../cli/context/open-project.ts";
import { readIntents } from "../cli/edits/secret-values.ts";
import { adviseOnEnvFile } from "../cli/plaintext/env-files.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { type PlanResult, planEdit, renderPlan } from "../cli/views/plan-result.ts";

export default class PlanCommand extends BaseCommand<PlanResult> {
	static override summary = "Show which functions a change would redeploy, and why";
	static override description =
		"NAME means any new value; NAME=VALUE is compared with the current value. Without names, the plan is for the changes that are not synced yet. Nothing is changed, and no name or value is sent: the platform is only asked for its functions and what they read.";
	static override examples = [
		"<%= config.bin %> plan STRIPE_KEY",
		"<%= config.bin %> plan STRIPE_KEY=sk_new DB_URL",
		"<%= config.bin %> plan --env-file .env.production",
		"<%= config.bin %> plan",
	];
	static override strict = false;
	static override args = {
		pairs: Args.string({ name: "NAME[=VALUE]", description: "secrets that would change" }),
	};
	static override flags = {
		environment: environmentFlag,
		"env-file": Flags.string({
			description: "read NAME=VALUE lines from a .env file; - is standard input",
			helpValue: "FILE",
		}),
	};

	protected async execute(): Promise<PlanResult> {
		const { argv, flags } = await this.parse(PlanCommand);
		const sources = { pairs: argv.map(String), envFile: flags["env-file"], stdin: false };
		const intents = await readIntents(sources, this.terminal);
		const context = await openContext(this.environment, flags.environment);
		const result = await planEdit(context, intents, this.terminal);
		if (flags["env-file"] !== undefined) await adviseOnEnvFile(flags["env-file"], this.terminal);
		return result;
	}

	protected render(result: PlanResult, terminal: Terminal): void {
		renderPlan(result, false, terminal);
	}
}
