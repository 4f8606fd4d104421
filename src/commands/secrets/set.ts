import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import { readValues } from "../../cli/edits/secret-values.ts";
import { adviseOnEnvFile } from "../../cli/plaintext/env-files.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { unsafeReason } from "../../cli/shell/unsafe-names.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { dryRunFlag, type PlanResult, planEdit, renderPlan } from "../../cli/views/plan-result.ts";
import { setSecrets } from "../../project/secrets/edit-secrets.ts";

/** Says which names `run` hands over only where it is told to; functions get them as any other. */
function warnOfUnsafe(names: readonly string[], terminal: Terminal): void {
	for (const name of names) {
		const reason = unsafeReason(name);
		if (reason === undefined) continue;
		terminal.warn(`To hand ${name} to a command, 'coffer run' needs --allow-unsafe ${name}: ${reason}.`);
	}
}

export default class SecretsSet extends BaseCommand<EnvironmentEdit | PlanResult> {
	static override summary = "Set secrets, and redeploy the functions that read them";
	static override description =
		"Seals the values into coffer.vault, then syncs them if the environment is linked and its platform is in reach. A value that is typed as an argument stays in the shell's history: NAME alone asks for it: a paste of any number of lines is taken whole, and one line break at its end is dropped, as from --stdin. An empty value is NAME=.";
	static override examples = [
		"<%= config.bin %> secrets set API_KEY=abc STRIPE_KEY=def",
		"<%= config.bin %> secrets set API_KEY",
		"<%= config.bin %> secrets set TLS_CERT --stdin < cert.pem",
		"<%= config.bin %> secrets set --env-file .env --environment preview",
	];
	static override strict = false;
	static override args = {
		pairs: Args.string({ name: "NAME[=VALUE]", description: "pairs, or one name alone" }),
	};
	static override flags = {
		environment: environmentFlag,
		"env-file": Flags.string({
			description: "read the pairs from a .env file; - is standard input",
			helpValue: "FILE",
		}),
		stdin: Flags.boolean({ description: "read the value of NAME from standard input" }),
		"no-sync": Flags.boolean({ description: "change the vault only" }),
		"dry-run": dryRunFlag,
	};

	protected async execute(): Promise<EnvironmentEdit | PlanResult> {
		const { argv, flags } = await this.parse(SecretsSet);
		const sources = { pairs: argv.map(String), envFile: flags["env-file"], stdin: flags.stdin };
		const values = await readValues(sources, this.terminal);
		if (flags["dry-run"]) {
			const context = await openContext(this.environment, flags.environment);
			const intents = new Map([...values].map(([name, value]) => [name, { value }]));
			return planEdit(context, intents, this.terminal);
		}
		const context = await openContext(
			this.environment,
			flags.environment,
			"edit",
			flags["no-sync"] ? undefined : prepareSync,
		);
		const outcome = await setSecrets(context, values);
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		warnOfUnsafe(outcome.changed, this.terminal);
		if (flags["env-file"] !== undefined) await adviseOnEnvFile(flags["env-file"], this.terminal);
		const edited = {
			environment: flags.environment,
			set: outcome.changed,
			deleted: [],
			unchanged: outcome.unchanged,
		};
		return afterEdit(context, edited, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: EnvironmentEdit | PlanResult, terminal: Terminal): void {
		if ("changes" in result) renderPlan(result, true, terminal);
		else renderEdit(result, result.environment, terminal);
	}
}
