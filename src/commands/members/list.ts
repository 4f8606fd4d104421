import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import { fingerprint } from "../../identity/identity.ts";
import { listMembers } from "../../project/members/members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";

interface ListResult {
	environment: string;
	members: {
		name: string;
		role: string;
		/** Whether the member owns the vault. */
		owner: boolean;
		fingerprint: string;
		/** Whether it is this device's identity. */
		self: boolean;
	}[];
	/** The removal debt: values that a removed member could read and that are not replaced yet. */
	debt: readonly RemovalDebt[];
}

export default class MembersList extends BaseCommand<ListResult> {
	static override summary = "List the members of an environment, with their roles";
	static override examples = [
		"<%= config.bin %> members list",
		"<%= config.bin %> members list --environment preview --json",
	];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<ListResult> {
		const { flags } = await this.parse(MembersList);
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		await remember();
		const members = listMembers(session).map(({ name, role, owner, self, sign, box }) => ({
			name,
			role,
			owner,
			fingerprint: fingerprint({ sign, box }),
			self,
		}));
		return { environment: flags.environment, members, debt: removalDebt(session.verified) };
	}

	protected render(result: ListResult, terminal: Terminal): void {
		const rows = result.members.map(({ name, role, owner, fingerprint, self }) => [
			self ? `${name} (you)` : name,
			owner ? `${role}, owner` : role,
			fingerprint,
		]);
		terminal.table(rows, ["NAME", "ROLE", "FINGERPRINT"]);
		renderDebt(result.debt, result.environment, terminal);
	}
}
