import { Args } from "@oclif/core";
import { BaseCommand, environmentsFlag, noSyncFlag } from "../../cli/command.ts";
import { findTarget } from "../../cli/context/linking.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { allEnvironmentsFlag, openEnvironments, syncEach } from "../../cli/edits/several-environments.ts";
import { refusePlatformMember } from "../../cli/membership/platform-member.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { changeRoleInEnvironments, memberToChange } from "../../project/members/role.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { prepareRemoval } from "../../sync/link/before-removal.ts";
import type { Member } from "../../vault/chains/membership.ts";

interface Changed {
	name: string;
	role: "writer" | "reader";
}

/** The change in one environment, with its sync. */
interface ChangedIn extends SyncReport {
	environment: string;
	/** The number of the new epoch; null if the member had the role already. */
	epoch: number | null;
	resealed: number;
}

/**
 * For one environment, its change. For several, the change of each, and the environments in which the member has the
 * role already or is not a member.
 */
type RoleResult = Changed & (ChangedIn | { environments: ChangedIn[]; unchanged: string[] });

const NOT_SYNCED: SyncReport = { revision: null, pending: 0, redeployed: [], untouched: [] };

export default class MembersRole extends BaseCommand<RoleResult> {
	static override summary = "Make a member a writer or a reader";
	static override description =
		"The member keeps its key and can still decrypt everything, so no value has to be replaced. The environment gets a new key and every record is re-encrypted and signed by you, so no record depends on the signature of a member who may no longer write. A linked environment is synced before and after, and functions continue to run. Several environments are changed together: all of them, or none; an environment that does not have the member stays as it is.";
	static override examples = [
		"<%= config.bin %> members role ci writer",
		"<%= config.bin %> members role ben@desk reader -e production",
		"<%= config.bin %> members role ben@desk reader -e preview -e staging",
	];
	static override args = {
		member: Args.string({ name: "MEMBER", description: "name of the member", required: true }),
		role: Args.string({
			name: "ROLE",
			description: "new role: writer or reader",
			required: true,
			options: ["writer", "reader"],
		}),
	};
	static override flags = {
		environment: environmentsFlag,
		"all-environments": allEnvironmentsFlag("change the role in"),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RoleResult> {
		const { args, flags, metadata } = await this.parse(MembersRole);
		const changed: Changed = { name: args.member, role: args.role === "writer" ? "writer" : "reader" };
		const { name, role } = changed;
		const { terminal } = this;
		const sync = !flags["no-sync"];
		const contexts = await openEnvironments(
			this.environment,
			{
				names: flags.environment,
				areNamed: metadata.flags["environment"]?.setFromDefault !== true,
				all: flags["all-environments"],
			},
			"coffer members role MEMBER ROLE",
		);
		const found = await findMembers(contexts, name, role);
		for (const { context, member } of found) await refusePlatformMember(context, [member]);
		const concerned = found.map(({ context }) => context);
		if (sync) for (const context of concerned) await prepare(context, name);
		const removals = concerned.length > 0 ? await changeRoleInEnvironments(concerned, name, role) : [];
		for (const warning of new Set(removals.flatMap(({ warnings }) => warnings))) terminal.warn(warning);
		const edited = removals.map(({ environment, epoch, resealed }, index) => ({
			context: concerned[index] as SessionContext,
			edit: { environment, epoch, resealed },
		}));
		const [{ environment }] = contexts;
		const [only] = edited;
		if (contexts.length === 1) {
			if (only === undefined) return { environment, ...changed, epoch: null, resealed: 0, ...NOT_SYNCED };
			return afterEdit(only.context, { ...changed, ...only.edit }, { sync, terminal });
		}
		const names = removals.map((removal) => removal.environment);
		const unchanged = contexts.map((context) => context.environment).filter((each) => !names.includes(each));
		return syncEach(edited, { sync, terminal }, (environments) => ({ ...changed, environments, unchanged }));
	}

	protected render(result: RoleResult, terminal: Terminal): void {
		const { name, role } = result;
		for (const each of "environments" in result ? result.environments : [result]) {
			const { environment, epoch, resealed } = each;
			if (epoch === null) {
				terminal.line(`  ${name} is already a ${role} of environment '${environment}'`);
				continue;
			}
			terminal.line(
				`${MARKS.ok} ${name} is now a ${role} of environment '${environment}'; ${count(resealed, "record")} re-encrypted, epoch ${epoch}`,
			);
			renderSync(each, environment, terminal);
		}
		if ("unchanged" in result && result.unchanged.length > 0)
			terminal.line(`  Already a ${role} there, or not a member: ${result.unchanged.join(", ")}`);
	}
}

/**
 * Finds the environments in which the member's role changes. If several are named, the member must be in at least one.
 * @throws AppError `MEMBER_NOT_FOUND` (exit 4), `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2)
 */
async function findMembers(
	contexts: readonly SessionContext[],
	name: string,
	role: "writer" | "reader",
): Promise<{ readonly context: SessionContext; readonly member: Member }[]> {
	const sessions = await Promise.all(contexts.map(async (context) => (await readSession(context)).session));
	const isMember = ({ verified }: VaultSession) =>
		[...verified.state.members.values()].some((member) => member.name === name);
	// If no environment has the member, the search in the first one throws the fitting error.
	const present = sessions.some(isMember) ? sessions.filter(isMember) : sessions;
	return present.flatMap((session) => {
		const member = memberToChange(session, name, role);
		return member === undefined ? [] : [{ context: session.context, member }];
	});
}

/** Syncs a linked environment before the change. */
async function prepare(context: SessionContext, name: string): Promise<void> {
	const target = await findTarget(context.root, context.environment);
	if (target) await prepareRemoval(context, target, [name]);
}
