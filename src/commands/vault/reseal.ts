import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, yesFlag } from "../../cli/command.ts";
import { confirmYes } from "../../cli/context/confirm.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import { resealStale, staleNames } from "../../project/secrets/re-encrypt.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";

interface ResealResult extends SyncReport {
	environment: string;
	resealed: readonly string[];
	debt: readonly RemovalDebt[];
}

export default class VaultReseal extends BaseCommand<ResealResult> {
	static override summary = "Re-encrypt secrets that a merge brought back under an earlier key";
	static override description =
		"If a branch is older than the removal of a member, its merge can bring back records that the removed member can decrypt. 'coffer status' lists them. This command re-encrypts them under the current key. Versions and values do not change, and no function is redeployed. The values stay in 'members debt' until you replace them.";
	static override examples = [
		"<%= config.bin %> vault reseal",
		"<%= config.bin %> vault reseal API_KEY --yes",
	];
	static override strict = false;
	static override args = {
		names: Args.string({
			name: "NAME...",
			description: "names of the secrets to re-encrypt; defaults to all that need it",
		}),
	};
	static override flags = {
		environment: environmentFlag,
		yes: yesFlag,
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<ResealResult> {
		const { argv, flags } = await this.parse(VaultReseal);
		const names = argv.map(String);
		const context = await openContext(this.environment, flags.environment, "edit");
		const stale = await staleNames(context);
		if (stale.length > 0 && !flags.yes) await this.#confirm(names.length > 0 ? names : stale);
		const { warnings, ...resealing } = await resealStale(context, names);
		for (const warning of warnings) this.terminal.warn(warning);
		const result = { environment: flags.environment, ...resealing };
		return afterEdit(context, result, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	/** Asks, because a removed member may know these values, and after the command they look current. */
	async #confirm(names: readonly string[]): Promise<void> {
		const question = `Keep the values of ${listNames(names)} and re-encrypt them under the current key?`;
		await confirmYes(this.terminal, question, "Nothing was changed.");
	}

	protected render(result: ResealResult, terminal: Terminal): void {
		if (result.resealed.length === 0)
			terminal.line(`Every record of ${result.environment} is already encrypted under the current key.`);
		else terminal.line(`${MARKS.ok} Re-encrypted ${listNames(result.resealed)} in ${result.environment}`);
		renderSync(result, result.environment, terminal);
		renderDebt(result.debt, result.environment, terminal);
	}
}
