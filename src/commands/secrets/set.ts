import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../../cli/command.ts";
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

/** Warns about names that `coffer run` passes on only with `--allow-unsafe`. Functions get them like all others. */
function warnAboutUnsafeNames(names: readonly string[], terminal: Terminal): void {
	for (const name of names) {
		const reason = unsafeReason(name);
		if (reason === undefined) continue;
		terminal.warn(`'coffer run' passes ${name} on only with --allow-unsafe ${name}, because ${reason}.`);
	}
}

export default class SecretsSet extends BaseCommand<EnvironmentEdit | PlanResult> {
	static override summary = "Set secrets, and redeploy the functions that read them";
	static override description =
		"Encrypts the values into coffer.vault. If the environment is linked, it then syncs them; if the platform cannot be reached, 'coffer sync' sends them later.\n\nThe shell's history keeps a value that you type as an argument. Use NAME without a value to be asked for it; you can paste any number of lines. With the prompt and with --stdin, one line break at the end of the value is removed. NAME= sets an empty value.";
	static override examples = [
		"<%= config.bin %> secrets set API_KEY=abc STRIPE_KEY=def",
		"<%= config.bin %> secrets set API_KEY",
		"<%= config.bin %> secrets set TLS_CERT --stdin < cert.pem",
		"<%= config.bin %> secrets set --env-file .env --environment preview",
	];
	static override strict = false;
	static override args = {
		pairs: Args.string({ name: "NAME[=VALUE]", description: "pairs, or one name to be asked for its value" }),
	};
	static override flags = {
		environment: environmentFlag,
		"env-file": Flags.string({
			description: "read NAME=VALUE lines from a .env file; - is standard input",
			helpValue: "FILE",
		}),
		stdin: Flags.boolean({ description: "read the value of NAME from standard input" }),
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
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
		warnAboutUnsafeNames(outcome.changed, this.terminal);
		if (flags["env-file"] !== undefined) await adviseOnEnvFile(flags["env-file"], this.terminal);
		const edited = {
			environment: flags.environment,
			set: outcome.changed,
			deleted: [],
			unchanged: outcome.unchanged,
		};
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
