import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { requireBinding, targetOf } from "../cli/context/linking.ts";
import { openContext, systemKeychain } from "../cli/context/open-project.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { listNames } from "../cli/views/edit-result.ts";
import { renderDebt } from "../cli/views/removal-debt.ts";
import { deleteToken } from "../identity/tokens.ts";
import { type Base44Binding, dropBinding } from "../project/files/config.ts";
import { unpinPlatform } from "../project/memory/pinned-platforms.ts";
import { readSession } from "../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../project/session/session.ts";
import { platformOrigin } from "../sync/client/origin.ts";
import { unlinkEnvironment } from "../sync/link/unlink.ts";
import { forgetTarget } from "../targets/sync.ts";
import type { RemovalDebt } from "../vault/document/removal-debt.ts";

interface UnlinkResult {
	environment: string;
	target: "coffer" | "base44";
	app: string;
	url: string;
	/** Number of the new epoch, and how many records were sealed anew; null where the platform was no member any more. */
	epoch: number | null;
	resealed: number;
	/** What is to be rotated: the values that the platform could read. */
	debt: readonly RemovalDebt[];
	/** The names whose values stay at Base44; left out for a platform. */
	left?: readonly string[];
	tokenForgotten: boolean;
}

export default class Unlink extends BaseCommand<UnlinkResult> {
	static override summary = "Unlink an environment from its platform: a new key, without it";
	static override description =
		"Syncs once more if the platform is in reach, takes it out of the members, seals everything anew and takes the link out of coffer.json. The app there goes on running with the values that it has; they are listed until each is rotated. The platform need not be in reach. From Base44, which holds no key, only the link is taken out: the values that were sent stay there.";
	static override examples = [
		"<%= config.bin %> unlink",
		"<%= config.bin %> unlink --environment preview --no-sync",
	];
	static override flags = {
		environment: environmentFlag,
		"no-sync": Flags.boolean({ description: "leave behind what the platform has and this vault has not" }),
		"forget-token": Flags.boolean({ description: "delete the platform's token from the keychain too" }),
	};

	protected async execute(): Promise<UnlinkResult> {
		const { flags } = await this.parse(Unlink);
		const context = await openContext(this.environment, flags.environment, "edit");
		const binding = await requireBinding(
			context.root,
			flags.environment,
			"There is nothing to unlink: coffer.json has no link of it.",
		);
		if (binding.kind === "base44") return this.#fromBase44(context, binding, Boolean(flags["forget-token"]));
		const connect = flags["no-sync"] ? undefined : () => targetOf(binding, flags.environment);
		const { removal, warnings } = await unlinkEnvironment(context, binding, connect);
		for (const warning of warnings) this.terminal.warn(warning);
		const forgets = Boolean(flags["forget-token"]);
		const pinned = { origin: platformOrigin(binding.url), fingerprint: binding.platform };
		if (forgets) await unpinPlatform(context.stateFolder, pinned);
		return {
			environment: flags.environment,
			target: "coffer",
			app: binding.app,
			url: binding.url,
			epoch: removal?.epoch ?? null,
			resealed: removal?.resealed ?? 0,
			debt: removal?.debt ?? [],
			tokenForgotten: forgets && (await deleteToken(systemKeychain(), binding.url)),
		};
	}

	/** Base44 holds no key of the vault: the members stay as they are. */
	async #fromBase44(
		context: SessionContext,
		binding: Base44Binding,
		forgets: boolean,
	): Promise<UnlinkResult> {
		const { session } = await readSession(context);
		const left = await forgetTarget(session, binding);
		await dropBinding(context.root, context.environment);
		return {
			environment: context.environment,
			target: "base44",
			app: binding.app,
			url: binding.url,
			epoch: null,
			resealed: 0,
			debt: [],
			left,
			tokenForgotten: forgets && (await deleteToken(systemKeychain(), binding.url, "base44")),
		};
	}

	#renderBase44({ environment, app, url, left, tokenForgotten }: UnlinkResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Unlinked environment '${environment}' from app '${app}' at Base44 (${url})`);
		const what = left?.length ? `: ${listNames(left)}` : "";
		terminal.line(`  The values that were sent stay at Base44${what}.`);
		terminal.line("  To take one away there: base44 secrets delete NAME");
		if (tokenForgotten) terminal.line("  Its API key is no longer in the keychain.");
		terminal.line();
		terminal.line("Commit coffer.json.");
	}

	protected render(result: UnlinkResult, terminal: Terminal): void {
		if (result.target === "base44") this.#renderBase44(result, terminal);
		else this.#renderPlatform(result, terminal);
	}

	#renderPlatform(result: UnlinkResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Unlinked environment '${result.environment}' from app '${result.app}' on ${result.url}`,
		);
		if (result.epoch !== null)
			terminal.line(`  ${count(result.resealed, "record")} sealed anew, epoch ${result.epoch}`);
		terminal.line(`  The app there goes on running with the values that it has.`);
		if (result.tokenForgotten) terminal.line("  Its token is no longer in the keychain.");
		renderDebt(result.debt, result.environment, terminal);
		terminal.line();
		terminal.line("Commit coffer.vault and coffer.json.");
	}
}
