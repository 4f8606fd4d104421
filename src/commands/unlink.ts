import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { requireBinding } from "../cli/context/environment-binding.ts";
import { targetOf } from "../cli/context/linking.ts";
import { openContext, systemKeychain } from "../cli/context/open-project.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { renderTargetUnlink, type TargetUnlinkResult, unlinkTarget } from "../cli/targets/link.ts";
import { renderDebt } from "../cli/views/removal-debt.ts";
import { attempt } from "../errors.ts";
import { deleteToken } from "../identity/tokens.ts";
import { isTargetBinding } from "../project/files/config.ts";
import { unpinPlatform } from "../project/memory/pinned-platforms.ts";
import { platformOrigin } from "../sync/client/origin.ts";
import { unlinkEnvironment } from "../sync/link/unlink.ts";
import type { RemovalDebt } from "../vault/document/removal-debt.ts";

interface UnlinkResult {
	environment: string;
	target: "coffer";
	app: string;
	url: string;
	/** The number of the new epoch; null if the platform was no longer a member. */
	epoch: number | null;
	/** The number of records that were re-encrypted. */
	resealed: number;
	/** The values that the platform could read, and that should be replaced. */
	debt: readonly RemovalDebt[];
	tokenForgotten: boolean;
}

export default class Unlink extends BaseCommand<UnlinkResult | TargetUnlinkResult> {
	static override summary = "Unlink an environment from its platform, and change the environment's key";
	static override description =
		"Syncs once more if the platform can be reached, removes it from the members, re-encrypts all secrets under a new key and removes the link from coffer.json. The app on the platform continues to run with the values that it has; they are listed until each is replaced. This also works if the platform cannot be reached. A target such as Supabase has no key, so only the link is removed: the values that were sent stay there.";
	static override examples = [
		"<%= config.bin %> unlink",
		"<%= config.bin %> unlink --environment preview --no-sync",
	];
	static override flags = {
		environment: environmentFlag,
		"no-sync": Flags.boolean({
			description: "do not sync first; changes that only the platform has are not received",
		}),
		"forget-token": Flags.boolean({
			description: "also delete the token of the platform or the target from the keychain",
		}),
	};

	protected async execute(): Promise<UnlinkResult | TargetUnlinkResult> {
		const { flags } = await this.parse(Unlink);
		const context = await openContext(this.environment, flags.environment, "edit");
		const binding = await requireBinding(
			context.root,
			flags.environment,
			"There is nothing to unlink: coffer.json has no link for it.",
		);
		const forgets = Boolean(flags["forget-token"]);
		if (isTargetBinding(binding)) return unlinkTarget(context, binding, forgets);
		const connect = flags["no-sync"] ? undefined : () => targetOf(binding, flags.environment);
		const { removal, warnings } = await unlinkEnvironment(context, binding, connect);
		for (const warning of warnings) this.terminal.warn(warning);
		// For an address that no platform can have, nothing is remembered.
		const origin = attempt(() => platformOrigin(binding.url));
		const isRemembered = forgets && origin !== undefined;
		if (isRemembered) await unpinPlatform(context.stateFolder, { origin, fingerprint: binding.platform });
		return {
			environment: flags.environment,
			target: "coffer",
			app: binding.app,
			url: binding.url,
			epoch: removal?.epoch ?? null,
			resealed: removal?.resealed ?? 0,
			debt: removal?.debt ?? [],
			tokenForgotten: isRemembered && (await deleteToken(systemKeychain(), binding.url)),
		};
	}

	protected render(result: UnlinkResult | TargetUnlinkResult, terminal: Terminal): void {
		if ("left" in result) renderTargetUnlink(result, terminal);
		else this.#renderPlatform(result, terminal);
	}

	#renderPlatform(result: UnlinkResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Unlinked environment '${result.environment}' from app '${result.app}' on ${result.url}`,
		);
		if (result.epoch !== null)
			terminal.line(`  ${count(result.resealed, "record")} re-encrypted, epoch ${result.epoch}`);
		terminal.line(
			"  The app on the platform continues to run with the values that it has, until it is deleted.",
		);
		if (result.tokenForgotten) terminal.line("  Its token is no longer in the keychain.");
		renderDebt(result.debt, result.environment, terminal);
		terminal.line();
		terminal.line("Commit coffer.vault and coffer.json.");
	}
}
