import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../cli/command.ts";
import { findTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { refusePlatformMember } from "../../cli/membership/platform-member.ts";
import { renderTokens, tokensFor } from "../../cli/membership/tokens.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import type { TokenRow } from "../../cli/views/token-rows.ts";
import { bindingOf, platformOf, readConfig } from "../../project/files/config.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { membersToRemove, removeMembers } from "../../project/members/remove-members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { prepareRemoval } from "../../sync/link/before-removal.ts";
import type { Member } from "../../vault/chains/membership.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";

/** Removed members who are still members of another environment. */
interface OtherMembership {
	environment: string;
	names: readonly string[];
}

interface RemoveResult extends SyncReport {
	environment: string;
	removed: readonly string[];
	epoch: number;
	resealed: number;
	/** The values that the removed members could read, and that should be replaced. */
	debt: readonly RemovalDebt[];
	/** The environments in which they are still members. */
	elsewhere: readonly OtherMembership[];
	/** Whether the environment is linked with a platform. The removed members may have its access tokens. */
	linked: boolean;
	/** The platform's access tokens for the app; null if the platform was not asked or did not tell. */
	tokens: readonly TokenRow[] | null;
}

/** The other environments of the vault in which one of the members' keys is still a member. */
function otherMemberships(
	document: VaultDocument,
	environment: string,
	members: readonly Member[],
): OtherMembership[] {
	const others = [...document.environments.keys()].filter((name) => name !== environment);
	return others.flatMap((name) => {
		const known = verifyChains(document, name).state.members;
		const names = members.flatMap(({ sign }) => known.get(sign)?.name ?? []);
		return names.length > 0 ? [{ environment: name, names }] : [];
	});
}

export default class MembersRemove extends BaseCommand<RemoveResult> {
	static override summary = "Remove members, change the environment's key, and list the values to replace";
	static override description =
		"All secrets are re-encrypted under a new key. But a removed member may have copied the old values, and the git history keeps them. So replace the listed values at their source. 'members debt' lists them until each has a new version. A linked environment is synced before and after, and functions continue to run.";
	static override examples = ["<%= config.bin %> members remove ben@desk"];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the members to remove", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RemoveResult> {
		const { argv, flags } = await this.parse(MembersRemove);
		const names = argv.map(String);
		const context = await openContext(this.environment, flags.environment, "edit");
		const members = membersToRemove((await readSession(context)).session, names);
		await refusePlatformMember(context, members);
		const isLinked = platformOf(bindingOf(await readConfig(context.root), flags.environment)) !== undefined;
		const target = flags["no-sync"] ? undefined : await findTarget(context.root, flags.environment);
		if (target) await prepareRemoval(context, target, names);
		// Collected before the removal, so that nothing delays the sync after it.
		const collected = {
			elsewhere: otherMemberships((await loadVault(context.root)).document, flags.environment, members),
			linked: isLinked,
			tokens: target ? await tokensFor(target, Date.now()) : null,
		};
		const { warnings, ...removal } = await removeMembers(context, names);
		for (const warning of warnings) this.terminal.warn(warning);
		const result = { environment: flags.environment, ...removal, ...collected };
		return afterEdit(context, result, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: RemoveResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Removed ${listNames(result.removed)} from ${result.environment}; ${count(result.resealed, "record")} re-encrypted, epoch ${result.epoch}`,
		);
		renderSync(result, result.environment, terminal);
		for (const { environment, names } of result.elsewhere) {
			const remove = `coffer members remove ${names.join(" ")} -e ${environment}`;
			terminal.line(`Still a member of ${environment}: ${listNames(names)} (to remove: ${remove})`);
		}
		if (result.linked) renderTokens(result.tokens, result, terminal);
		renderDebt(result.debt, result.environment, terminal);
	}
}
