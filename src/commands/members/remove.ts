import { Args, Flags } from "@oclif/core";
import { afterEdit } from "../../cli/after-edit.ts";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { renderDebt } from "../../cli/debt.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/edit-result.ts";
import { findTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import { count, MARKS } from "../../cli/render.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { bindingOf, platformOf, readConfig } from "../../project/config.ts";
import { membersToRemove, removeMembers } from "../../project/removal.ts";
import { readSession } from "../../project/secrets.ts";
import type { SessionContext } from "../../project/session.ts";
import { prepareRemoval } from "../../sync/removal.ts";
import type { RemovalDebt } from "../../vault/debt.ts";

interface RemoveResult extends SyncReport {
	environment: string;
	removed: readonly string[];
	epoch: number;
	resealed: number;
	/** What is to be rotated: the values that whoever left could read. */
	debt: readonly RemovalDebt[];
}

/** A platform leaves by `unlink`, which forgets the binding too. @throws AppError `MEMBER_IS_PLATFORM` (exit 2) */
async function refusePlatform(context: SessionContext, names: readonly string[]): Promise<void> {
	const binding = platformOf(bindingOf(await readConfig(context.root), context.environment));
	if (!binding) return;
	const { session } = await readSession(context);
	const platform = membersToRemove(session, names).find((member) => fingerprint(member) === binding.platform);
	if (!platform) return;
	throw new AppError({
		code: "MEMBER_IS_PLATFORM",
		message: `'${platform.name}' is the platform that environment '${context.environment}' is linked with.`,
		hint: "It leaves by 'coffer unlink', which takes the link out too. Nothing was changed.",
		exit: EXIT.usage,
	});
}

export default class MembersRemove extends BaseCommand<RemoveResult> {
	static override summary = "Remove members: a new key, everything sealed anew, and a list of what to rotate";
	static override description =
		"Whoever leaves keeps what was readable until now, in git's history too: the values that are listed must be replaced where they are from. 'members list' and 'status' list them until each has a new version. A linked environment is synced before and after, and functions keep running.";
	static override examples = ["<%= config.bin %> members remove ben@desk"];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "members to remove", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		"no-sync": Flags.boolean({ description: "change the vault only" }),
	};

	protected async execute(): Promise<RemoveResult> {
		const { argv, flags } = await this.parse(MembersRemove);
		const names = argv.map(String);
		const context = await openContext(this.environment, flags.environment, "edit");
		await refusePlatform(context, names);
		const target = flags["no-sync"] ? undefined : await findTarget(context.root, flags.environment);
		if (target) await prepareRemoval(context, target, names);
		const { warnings, ...removal } = await removeMembers(context, names);
		for (const warning of warnings) this.terminal.warn(warning);
		const result = { environment: flags.environment, ...removal };
		return afterEdit(context, result, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: RemoveResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Removed ${listNames(result.removed)} from ${result.environment}; ${count(result.resealed, "record")} sealed anew, epoch ${result.epoch}`,
		);
		renderSync(result, result.environment, terminal);
		renderDebt(result.debt, result.environment, terminal);
	}
}
