import { Args } from "@oclif/core";
import { BaseCommand, environmentsFlag, noSyncFlag } from "../../cli/command.ts";
import { findTarget } from "../../cli/context/linking.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { allEnvironmentsFlag, openEnvironments, syncEach } from "../../cli/edits/several-environments.ts";
import { refusePlatformMember } from "../../cli/membership/platform-member.ts";
import { renderTokens, tokensFor } from "../../cli/membership/tokens.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import type { TokenRow } from "../../cli/views/token-rows.ts";
import { AppError, EXIT } from "../../errors.ts";
import { bindingOf, platformOf, readConfig } from "../../project/files/config.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { membersToRemove, removeFromEnvironments } from "../../project/members/remove-members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { prepareRemoval } from "../../sync/link/before-removal.ts";
import type { Member } from "../../vault/chains/membership.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";

/** Removed members who are still members of another environment. */
interface OtherMembership {
	environment: string;
	names: readonly string[];
}

/** The removal from one environment, with its sync. */
interface RemovedFrom extends SyncReport {
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
	/** The platform's access tokens for the app; null if no request was made, or if the platform did not answer it. */
	tokens: readonly TokenRow[] | null;
}

/** For several environments, the removal from each, and the environments that had none of the members. */
type RemoveResult = RemovedFrom | { environments: RemovedFrom[]; unchanged: string[] };

/** The members to remove from one environment. */
interface Chosen {
	readonly context: SessionContext;
	readonly members: readonly Member[];
}

/**
 * The members to remove from each environment. Of several environments, each name must be a member of one.
 * @throws AppError `MEMBER_NOT_FOUND` (exit 4), `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2)
 */
async function chooseMembers(
	contexts: readonly SessionContext[],
	names: readonly string[],
): Promise<Chosen[]> {
	const sessions = await Promise.all(contexts.map(async (context) => (await readSession(context)).session));
	const namesIn = ({ verified }: VaultSession) =>
		new Set([...verified.state.members.values()].map(({ name }) => name));
	const isSomewhere = (name: string) => sessions.some((session) => namesIn(session).has(name));
	const unknown = names.find((name) => !isSomewhere(name));
	if (unknown !== undefined && sessions.length > 1) throw unknownName(unknown, contexts);
	return sessions.flatMap((session) => {
		const present = sessions.length === 1 ? names : names.filter((name) => namesIn(session).has(name));
		return present.length === 0
			? []
			: [{ context: session.context, members: membersToRemove(session, present) }];
	});
}

function unknownName(name: string, contexts: readonly SessionContext[]): AppError {
	return new AppError({
		code: "MEMBER_NOT_FOUND",
		message: `None of these environments has a member '${name}': ${contexts.map(({ environment }) => environment).join(", ")}.`,
		hint: "'coffer members list -e ENVIRONMENT' lists the members. Nothing was changed.",
		exit: EXIT.notFound,
	});
}

/** The environments outside `leaving` in which one of the members' keys is still a member. */
function otherMemberships(
	document: VaultDocument,
	leaving: readonly string[],
	members: readonly Member[],
): OtherMembership[] {
	const others = [...document.environments.keys()].filter((name) => !leaving.includes(name));
	return others.flatMap((name) => {
		const known = verifyChains(document, name).state.members;
		const names = members.flatMap(({ sign }) => known.get(sign)?.name ?? []);
		return names.length > 0 ? [{ environment: name, names }] : [];
	});
}

export default class MembersRemove extends BaseCommand<RemoveResult> {
	static override summary = "Remove members, change the environment's key, and list the values to replace";
	static override description =
		"All secrets are re-encrypted under a new key. But a removed member may have copied the old values, and the git history keeps them. So replace the listed values at their source. 'members debt' lists them until each has a new version. A linked environment is synced before and after, and functions continue to run. Several environments are changed together: all of them, or none; an environment that has none of the members stays as it is.";
	static override examples = [
		"<%= config.bin %> members remove ben@desk",
		"<%= config.bin %> members remove ben@desk -e preview -e staging",
		"<%= config.bin %> members remove ben@desk --all-environments",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the members to remove", required: true }),
	};
	static override flags = {
		environment: environmentsFlag,
		"all-environments": allEnvironmentsFlag("remove the members from"),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RemoveResult> {
		const { argv, flags, metadata } = await this.parse(MembersRemove);
		const sync = !flags["no-sync"];
		const { terminal } = this;
		const contexts = await openEnvironments(
			this.environment,
			{
				names: flags.environment,
				areNamed: metadata.flags["environment"]?.setFromDefault !== true,
				all: flags["all-environments"],
			},
			"coffer members remove NAME",
		);
		const chosen = await chooseMembers(contexts, [...new Set(argv.map(String))]);
		for (const { context, members } of chosen) await refusePlatformMember(context, members);
		const leaving = chosen.map(({ context }) => context.environment);
		// Collected before the removal, so that nothing delays the sync after it.
		const collected: Collected[] = [];
		for (const each of chosen) collected.push(await prepare(each, leaving, sync));
		const removals = await removeFromEnvironments(
			chosen.map(({ context, members }) => ({ context, names: members.map(({ name }) => name) })),
		);
		for (const warning of new Set(removals.flatMap(({ warnings }) => warnings))) terminal.warn(warning);
		const edited = removals.map(({ warnings: _, ...removal }, index) => {
			const { context } = chosen[index] as Chosen;
			return { context, edit: { ...removal, ...(collected[index] as Collected) } };
		});
		const [only] = edited;
		if (contexts.length === 1 && only) return afterEdit(only.context, only.edit, { sync, terminal });
		const unchanged = contexts
			.map(({ environment }) => environment)
			.filter((name) => !leaving.includes(name));
		return syncEach(edited, { sync, terminal }, (environments) => ({ environments, unchanged }));
	}

	protected render(result: RemoveResult, terminal: Terminal): void {
		for (const each of "environments" in result ? result.environments : [result]) renderOne(each, terminal);
		if ("unchanged" in result && result.unchanged.length > 0)
			terminal.line(`  No member of these names in: ${result.unchanged.join(", ")}`);
	}
}

type Collected = Pick<RemovedFrom, "elsewhere" | "linked" | "tokens">;

/** Syncs an environment before the removal, and collects the other facts of the report. */
async function prepare(
	{ context, members }: Chosen,
	leaving: readonly string[],
	sync: boolean,
): Promise<Collected> {
	const { environment, root } = context;
	const linked = platformOf(bindingOf(await readConfig(root), environment)) !== undefined;
	const target = sync ? await findTarget(root, environment) : undefined;
	const names = members.map(({ name }) => name);
	if (target) await prepareRemoval(context, target, names);
	return {
		elsewhere: otherMemberships((await loadVault(root)).document, leaving, members),
		linked,
		tokens: target ? await tokensFor(target, Date.now()) : null,
	};
}

function renderOne(result: RemovedFrom, terminal: Terminal): void {
	const { environment, epoch, removed, resealed } = result;
	terminal.line(
		`${MARKS.ok} Removed ${listNames(removed)} from ${environment}; ${count(resealed, "record")} re-encrypted, epoch ${epoch}`,
	);
	renderSync(result, environment, terminal);
	for (const other of result.elsewhere) {
		const remove = `coffer members remove ${other.names.join(" ")} -e ${other.environment}`;
		terminal.line(`Still a member of ${other.environment}: ${listNames(other.names)} (to remove: ${remove})`);
	}
	if (result.linked) renderTokens(result.tokens, result, terminal);
	renderDebt(result.debt, environment, terminal);
}
