import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../cli/command.ts";
import { findTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { refusePlatformMember } from "../../cli/membership/platform-member.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { changeRole, memberToChange } from "../../project/members/role.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { prepareRemoval } from "../../sync/link/before-removal.ts";

interface RoleResult extends SyncReport {
	environment: string;
	name: string;
	role: "writer" | "reader";
	/** The number of the new epoch; null if the member had the role already. */
	epoch: number | null;
	resealed: number;
}

const NOT_SYNCED: SyncReport = { revision: null, pending: 0, redeployed: [], untouched: [] };

export default class MembersRole extends BaseCommand<RoleResult> {
	static override summary = "Make a member a writer or a reader";
	static override description =
		"The member keeps its key and can still decrypt everything, so no value has to be replaced. The environment gets a new key and every record is re-encrypted and signed by you, so no record depends on the signature of a member who may no longer write. A linked environment is synced before and after, and functions continue to run.";
	static override examples = [
		"<%= config.bin %> members role ci writer",
		"<%= config.bin %> members role ben@desk reader -e production",
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
		environment: environmentFlag,
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RoleResult> {
		const { args, flags } = await this.parse(MembersRole);
		const role = args.role === "writer" ? "writer" : "reader";
		const { environment } = flags;
		const context = await openContext(this.environment, environment, "edit");
		const { session } = await readSession(context);
		const member = memberToChange(session, args.member, role);
		const result = { environment, name: args.member, role } as const;
		if (member === undefined) return { ...result, epoch: null, resealed: 0, ...NOT_SYNCED };
		await refusePlatformMember(context, [member]);
		const target = flags["no-sync"] ? undefined : await findTarget(context.root, environment);
		if (target) await prepareRemoval(context, target, [member.name]);
		const { epoch, resealed, warnings } = await changeRole(context, member.name, role);
		for (const warning of warnings) this.terminal.warn(warning);
		const changed = { ...result, epoch, resealed };
		return afterEdit(context, changed, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: RoleResult, terminal: Terminal): void {
		const { environment, epoch, name, resealed, role } = result;
		if (epoch === null) {
			terminal.line(`  ${name} is already a ${role} of environment '${environment}'`);
			return;
		}
		terminal.line(
			`${MARKS.ok} ${name} is now a ${role} of environment '${environment}'; ${count(resealed, "record")} re-encrypted, epoch ${epoch}`,
		);
		renderSync(result, environment, terminal);
	}
}
