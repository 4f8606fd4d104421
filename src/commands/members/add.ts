import { Args, Flags } from "@oclif/core";
import { afterEdit } from "../../cli/after-edit.ts";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { renderSync, type SyncReport } from "../../cli/edit-result.ts";
import { openContext } from "../../cli/project.ts";
import { MARKS } from "../../cli/render.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint, type PublicKeys, parsePublicIdentity } from "../../identity/identity.ts";
import { addMember } from "../../project/members.ts";

interface AddResult extends SyncReport {
	environment: string;
	name: string;
	role: "writer" | "reader";
	/** Whether the new member owns the vault now. */
	owner: boolean;
	fingerprint: string;
}

/** A public key from an argument. A secret that was typed in its place is told apart, and not shown. */
function publicKeysOf(text: string): PublicKeys {
	if (text.startsWith("coffer-identity-")) {
		throw new AppError({
			code: "MEMBER_KEY_INVALID",
			message: "That is the secret of an identity, not its public key, and it is in the shell's history now.",
			hint: "Throw that identity away, make another, and pass its public key (coffer identity show).",
			exit: EXIT.usage,
		});
	}
	try {
		return parsePublicIdentity(text.trim(), "KEY");
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		throw new AppError({
			code: "MEMBER_KEY_INVALID",
			message: "KEY is not the public key of an identity.",
			hint: "It begins with coffer-member-1. and is what 'coffer identity show' prints on the new member's device.",
			exit: EXIT.usage,
			cause: error,
		});
	}
}

export default class MembersAdd extends BaseCommand<AddResult> {
	static override summary = "Add a member to an environment, and hand its key over";
	static override description =
		"A writer may change secrets and members, a reader can only open; a CI job needs no more. From then on the member can open every value of the environment. A writer that an owner of the vault adds owns it too.";
	static override examples = [
		"<%= config.bin %> members add coffer-member-1.… --name alice@laptop",
		"<%= config.bin %> members add coffer-member-1.… --name ci --role reader -e preview",
	];
	static override args = {
		key: Args.string({
			name: "KEY",
			description: "public key, as 'coffer identity show' prints it",
			required: true,
		}),
	};
	static override flags = {
		environment: environmentFlag,
		name: Flags.string({
			description: "what teammates see in the list of members",
			required: true,
			helpValue: "NAME",
		}),
		role: Flags.option({
			description: "what the member may do",
			options: ["writer", "reader"] as const,
			default: "writer",
		})(),
		"no-sync": Flags.boolean({ description: "change the vault only" }),
	};

	protected async execute(): Promise<AddResult> {
		const { args, flags } = await this.parse(MembersAdd);
		const context = await openContext(this.environment, flags.environment, "edit");
		const { name, role } = flags;
		const keys = publicKeysOf(args.key);
		const { owner, warnings } = await addMember(context, { ...keys, name, role });
		for (const warning of warnings) this.terminal.warn(warning);
		const added = { environment: flags.environment, name, role, owner, fingerprint: fingerprint(keys) };
		return afterEdit(context, added, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: AddResult, terminal: Terminal): void {
		const owner = result.owner ? ", owner of the vault" : "";
		terminal.line(
			`${MARKS.ok} ${result.name} is a ${result.role} of environment '${result.environment}'${owner}`,
		);
		terminal.line(
			`  fingerprint  ${result.fingerprint} (compare it with what the member's own device shows)`,
		);
		renderSync(result, result.environment, terminal);
	}
}
