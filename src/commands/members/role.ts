import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
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
	/** Number of the epoch that the change began; null where the member had the role already. */
	epoch: number | null;
	resealed: number;
}

const UNTOUCHED: SyncReport = { revision: null, pending: 0, redeployed: [], untouched: [] };

export default class MembersRole extends BaseCommand<RoleResult> {
	static override summary = "Make a member a writer or a reader";
	static override description =
		"The member keeps its key and goes on opening everything. The environment gets a new key and every record is sealed anew, so that what a reader signed as a writer counts no more; nothing is to be rotated. A linked environment is synced before and after, and functions keep running.";
	static override examples = [
		"<%= config.bin %> members role ci writer",
		"<%= config.bin %> members role ben@desk reader -e production",
	];
	static override args = {
		member: Args.string({ name: "MEMBER", description: "name of the member", required: true }),
		role: Args.string({
			name: "ROLE",
			description: "what the member may do: writer or reader",
			required: true,
			options: ["writer", "reader"],
		}),
	};
	static override flags = {
		environment: environmentFlag,
		"no-sync": Flags.boolean({ description: "change the vault only" }),
	};

	protected async execute(): Promise<RoleResult> {
		const { args, flags } = await this.parse(MembersRole);
		const role = args.role === "writer" ? "writer" : "reader";
		const { environment } = flags;
		const context = await openContext(this.environment, environment, "edit");
		const { session } = await readSession(context);
		const member = memberToChange(session, args.member, role);
		const result = { environment, name: args.member, role } as const;
		if (member === undefined) return { ...result, epoch: null, resealed: 0, ...UNTOUCHED };
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
			terminal.line(`  ${name} is a ${role} of environment '${environment}' already`);
			return;
		}
		terminal.line(
			`${MARKS.ok} ${name} is a ${role} of environment '${environment}' now; ${count(resealed, "record")} sealed anew, epoch ${epoch}`,
		);
		renderSync(result, environment, terminal);
	}
}
