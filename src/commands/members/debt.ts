import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderWholeDebt } from "../../cli/views/removal-debt.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";

interface DebtResult {
	environment: string;
	/** The removal debt: values that a removed member could read and that are not replaced yet. */
	debt: readonly RemovalDebt[];
}

export default class MembersDebt extends BaseCommand<DebtResult> {
	static override summary = "List the values that a removed member could read and that are not replaced yet";
	static override description =
		"A value leaves the list when it gets a new value ('secrets set'), is deleted, or is accepted unchanged ('members debt accept').";
	static override examples = [
		"<%= config.bin %> members debt",
		"<%= config.bin %> members debt -e preview --json",
	];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<DebtResult> {
		const { flags } = await this.parse(MembersDebt);
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		await remember();
		return { environment: flags.environment, debt: removalDebt(session.verified) };
	}

	protected render({ debt, environment }: DebtResult, terminal: Terminal): void {
		if (debt.length === 0) {
			terminal.line(
				`No value of ${environment} has to be replaced: no removed member could read a present value.`,
			);
			return;
		}
		renderWholeDebt(debt, environment, terminal);
		const accept = inEnvironment("coffer members debt accept NAME...", environment);
		terminal.line(`To accept a value unchanged: ${accept}`);
	}
}
