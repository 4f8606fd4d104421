import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { openContext, requireEnvironmentName } from "../../cli/context/open-project.ts";
import { requireReveal } from "../../cli/shell/reveal.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { commitDates } from "../../cli/sides/conflict-sides.ts";
import { type DiffResult, describeDiff, renderDiff } from "../../cli/views/secrets-diff.ts";
import { AppError, EXIT } from "../../errors.ts";
import { compareEnvironments, recordsOf } from "../../project/secrets/compare-environments.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";

export default class SecretsDiff extends BaseCommand<DiffResult> {
	static override summary = "Compare the secrets of two environments";
	static override description =
		"Lists each name: whether one environment alone has it, or both have the same value, or different ones; and the version in each, who set it, and when. The time is the author's date of the first commit that has the version; nothing verifies it. No value is printed without --reveal, which needs a person at a terminal, or COFFER_ALLOW_REVEAL=1. You must be a member of both environments.";
	static override examples = [
		"<%= config.bin %> secrets diff preview production",
		"<%= config.bin %> secrets diff preview production 'STRIPE_*' --exit-code",
	];
	static override strict = false;
	static override args = {
		first: Args.string({ name: "ENVIRONMENT", description: "one environment", required: true }),
		second: Args.string({ name: "ENVIRONMENT", description: "the other environment", required: true }),
		names: Args.string({
			name: "NAME|PATTERN...",
			description: "names of secrets, or patterns with * and ?",
		}),
	};
	static override flags = {
		"exit-code": Flags.boolean({ description: "exit with 1 if the environments differ, and with 0 if not" }),
		reveal: Flags.boolean({ description: "print the values that differ, as JSON strings" }),
	};

	protected async execute(): Promise<DiffResult> {
		const { argv, flags } = await this.parse(SecretsDiff);
		if (flags.reveal)
			requireReveal(this.terminal, this.environment, "'coffer secrets diff --reveal' prints values");
		const [first = "", second = "", ...words] = argv.map(String);
		for (const name of [first, second]) requireEnvironmentName(name);
		if (first === second) {
			throw new AppError({
				code: "USAGE",
				message: "Both arguments name the same environment.",
				hint: "coffer secrets diff ENVIRONMENT ENVIRONMENT [NAME...]",
				exit: EXIT.usage,
			});
		}
		const context = await openContext(this.environment, first);
		const ours = await readSession(context);
		const theirs = await readSession({ ...context, environment: second });
		for (const { session } of [ours, theirs])
			for (const warning of session.warnings) this.terminal.warn(`${session.place.environment}: ${warning}`);
		const compared = await compareEnvironments(ours.session, theirs.session, words);
		const dates = await commitDates(context.root, recordsOf(compared));
		for (const { remember } of [ours, theirs]) await remember();
		const states = { first: ours.session.verified.state, second: theirs.session.verified.state };
		const result = describeDiff(compared, states, { dates, reveal: flags.reveal });
		if (flags["exit-code"] && !result.equal) this.exitStatus = EXIT.failure;
		return result;
	}

	protected render(result: DiffResult, terminal: Terminal): void {
		renderDiff(result, terminal);
	}
}
