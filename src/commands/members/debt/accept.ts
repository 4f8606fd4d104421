import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../../cli/command.ts";
import { confirmYes } from "../../../cli/context/confirm.ts";
import { openContext } from "../../../cli/context/open-project.ts";
import { afterEdit } from "../../../cli/edits/after-edit.ts";
import { count, MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { usageError } from "../../../cli/shell/usage.ts";
import { listNames, renderSync, type SyncReport } from "../../../cli/views/edit-result.ts";
import { renderDebt } from "../../../cli/views/removal-debt.ts";
import { acceptDebt, owedNames } from "../../../project/members/accept-debt.ts";
import { readSession } from "../../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../project/session/session.ts";
import { type RemovalDebt, removalDebt } from "../../../vault/document/removal-debt.ts";

interface AcceptResult extends SyncReport {
	environment: string;
	accepted: readonly string[];
	/** The values that still have to be replaced. */
	debt: readonly RemovalDebt[];
}

export default class MembersDebtAccept extends BaseCommand<AcceptResult> {
	static override summary = "Accept that values stay unchanged although a removed member could read them";
	static override description =
		"Each secret gets a new version with the same value, signed by you. So the team sees who accepted it ('secrets history'). A linked platform restarts the functions that read it. If one of the names is not in 'members debt', nothing is accepted.";
	static override examples = [
		"<%= config.bin %> members debt accept LOG_LEVEL REGION",
		"<%= config.bin %> members debt accept --all",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the secrets to accept" }),
	};
	static override flags = {
		environment: environmentFlag,
		all: Flags.boolean({ description: "accept every value in 'members debt'" }),
		yes: Flags.boolean({ char: "y", description: "do not ask for confirmation of --all" }),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<AcceptResult> {
		const { argv, flags } = await this.parse(MembersDebtAccept);
		const names = argv.map(String);
		if (Boolean(flags.all) === names.length > 0)
			throw usageError("Names or --all are missing, or both were given.", "members debt accept");
		const context = await openContext(this.environment, flags.environment, "edit");
		const chosen = flags.all ? await this.#confirmAll(context, flags.yes) : names;
		const { warnings, ...accepted } = await acceptDebt(context, chosen);
		for (const warning of warnings) this.terminal.warn(warning);
		const result = { environment: flags.environment, ...accepted };
		return afterEdit(context, result, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	/** The names of the whole removal debt, after the user confirms. */
	async #confirmAll(context: SessionContext, yes: boolean): Promise<string[]> {
		const owed = owedNames(removalDebt((await readSession(context)).session.verified));
		const question = `Accept ${count(owed.length, "value")} of ${context.environment} unchanged (${listNames(owed)})?`;
		if (owed.length > 0 && !yes) await confirmYes(this.terminal, question, "Nothing was accepted.");
		return owed;
	}

	protected render(result: AcceptResult, terminal: Terminal): void {
		const { accepted, debt, environment } = result;
		if (accepted.length === 0) terminal.line(`No value of ${environment} has to be replaced.`);
		else terminal.line(`${MARKS.ok} Accepted unchanged in ${environment}: ${listNames(accepted)}`);
		renderSync(result, environment, terminal);
		renderDebt(debt, environment, terminal);
	}
}
