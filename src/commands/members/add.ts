import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentsFlag, noSyncFlag } from "../../cli/command.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { allEnvironmentsFlag, openEnvironments, syncEach } from "../../cli/edits/several-environments.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint, type PublicKeys, parsePublicIdentity } from "../../identity/identity.ts";
import { addToEnvironments } from "../../project/members/members.ts";

interface Added {
	name: string;
	role: "writer" | "reader";
	/** Whether the new member became an owner of the vault. */
	owner: boolean;
	fingerprint: string;
}

/** One environment that the member was added to, with its sync. */
interface AddedTo extends SyncReport {
	environment: string;
}

/**
 * For one environment: the report of its sync. For several: the report of each, and the environments that had the
 * member already.
 */
type AddResult = Added & (AddedTo | { environments: AddedTo[]; unchanged: string[] });

/** Parses the public key in an argument. Recognises the secret of an identity in its place, and does not repeat it. */
function parseKeyArgument(text: string): PublicKeys {
	if (text.startsWith("coffer-identity-")) {
		throw new AppError({
			code: "MEMBER_KEY_INVALID",
			message:
				"KEY is the secret of an identity, not its public key. The shell's history now contains the secret.",
			hint: "Do not use that identity any more. Create another one, and pass its public key (coffer identity show).",
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
			hint: "A public key begins with coffer-member-1. 'coffer identity show' prints it on the new member's device.",
			exit: EXIT.usage,
			cause: error,
		});
	}
}

export default class MembersAdd extends BaseCommand<AddResult> {
	static override summary = "Add a member to environments, so that the member can open their secrets";
	static override description =
		"A reader can decrypt every value of the environment; that is enough for a CI job. A writer may also change secrets and members. If an owner of the vault adds a writer, the writer becomes an owner, too. Several environments are changed together: all of them, or none.";
	static override examples = [
		"<%= config.bin %> members add coffer-member-1.… --name alice@laptop",
		"<%= config.bin %> members add coffer-member-1.… --name ci --role reader -e preview",
		"<%= config.bin %> members add coffer-member-1.… --name ben@desk -e preview -e staging",
		"<%= config.bin %> members add coffer-member-1.… --name ben@desk --all-environments",
	];
	static override args = {
		key: Args.string({
			name: "KEY",
			description: "public key of the new member, from 'coffer identity show'",
			required: true,
		}),
	};
	static override flags = {
		environment: environmentsFlag,
		"all-environments": allEnvironmentsFlag("add the member to"),
		name: Flags.string({
			description: "name of the member in the list of members",
			required: true,
			helpValue: "NAME",
		}),
		role: Flags.option({
			description: "role of the member",
			options: ["writer", "reader"] as const,
			default: "writer",
		})(),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<AddResult> {
		const { args, flags, metadata } = await this.parse(MembersAdd);
		await cryptoReady;
		const keys = parseKeyArgument(args.key);
		const chosen = {
			names: flags.environment,
			areNamed: metadata.flags["environment"]?.setFromDefault !== true,
			all: flags["all-environments"],
		};
		const example = "coffer members add KEY --name NAME";
		const contexts = await openEnvironments(this.environment, chosen, example);
		const { name, role } = flags;
		const added = await addToEnvironments([...contexts], { ...keys, name, role });
		for (const warning of added.warnings) this.terminal.warn(warning);
		const member = { name, role, owner: added.owner, fingerprint: fingerprint(keys) };
		const sync = !flags["no-sync"];
		const { terminal } = this;
		const [{ environment: first }] = contexts;
		if (contexts.length === 1)
			return afterEdit(contexts[0], { environment: first, ...member }, { sync, terminal });
		const names = contexts.map(({ environment }) => environment);
		const edited = contexts
			.filter(({ environment }) => added.environments.includes(environment))
			.map((context) => ({ context, edit: { environment: context.environment } }));
		const unchanged = names.filter((each) => !added.environments.includes(each));
		return syncEach(edited, { sync, terminal }, (environments) => ({ ...member, environments, unchanged }));
	}

	protected render(result: AddResult, terminal: Terminal): void {
		const owner = result.owner ? ", owner of the vault" : "";
		const where = "environments" in result ? result.environments : [result];
		for (const sync of where) {
			const { environment } = sync;
			terminal.line(`${MARKS.ok} ${result.name} is a ${result.role} of environment '${environment}'${owner}`);
			renderSync(sync, environment, terminal);
		}
		if ("unchanged" in result && result.unchanged.length > 0)
			terminal.line(`  Already a ${result.role} of: ${result.unchanged.join(", ")}`);
		terminal.line(
			`  fingerprint  ${result.fingerprint} (compare it with the fingerprint on the member's own device)`,
		);
	}
}
