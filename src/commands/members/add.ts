import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentsFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint, type PublicKeys, parsePublicIdentity } from "../../identity/identity.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { environmentNames } from "../../project/members/environments.ts";
import { addToEnvironments } from "../../project/members/members.ts";
import type { SessionContext } from "../../project/session/session.ts";

interface Added {
	name: string;
	role: "writer" | "reader";
	/** Whether the new member owns the vault now. */
	owner: boolean;
	fingerprint: string;
}

/** The member in one environment. */
interface AddedThere extends SyncReport {
	environment: string;
}

/** Of one environment, its sync; of several, each environment's, and those that had the member already. */
type AddResult = Added & (AddedThere | { environments: AddedThere[]; unchanged: string[] });

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
	static override summary = "Add a member to environments, and hand their keys over";
	static override description =
		"A writer may change secrets and members, a reader can only open; a CI job needs no more. From then on the member can open every value of the environment. A writer that an owner of the vault adds owns it too. Several environments are changed in one write: all of them, or none.";
	static override examples = [
		"<%= config.bin %> members add coffer-member-1.… --name alice@laptop",
		"<%= config.bin %> members add coffer-member-1.… --name ci --role reader -e preview",
		"<%= config.bin %> members add coffer-member-1.… --name ben@desk -e preview -e staging",
		"<%= config.bin %> members add coffer-member-1.… --name ben@desk --all-environments",
	];
	static override args = {
		key: Args.string({
			name: "KEY",
			description: "public key, as 'coffer identity show' prints it",
			required: true,
		}),
	};
	static override flags = {
		environment: environmentsFlag,
		"all-environments": Flags.boolean({ description: "add it to every environment of the vault" }),
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
		const { args, flags, metadata } = await this.parse(MembersAdd);
		const isChosen = metadata.flags["environment"]?.setFromDefault !== true;
		if (flags["all-environments"] && isChosen) throw bothGiven();
		await cryptoReady;
		const keys = publicKeysOf(args.key);
		const names = flags["all-environments"] ? await allEnvironments() : [...new Set(flags.environment)];
		const [first, ...rest] = names;
		if (first === undefined) throw new TypeError("A vault has an environment.");
		const open = (name: string) => openContext(this.environment, name, "edit");
		const contexts = [await open(first), ...(await Promise.all(rest.map(open)))] as const;
		const { name, role } = flags;
		const added = await addToEnvironments([...contexts], { ...keys, name, role });
		for (const warning of added.warnings) this.terminal.warn(warning);
		const member = { name, role, owner: added.owner, fingerprint: fingerprint(keys) };
		const sync = !flags["no-sync"];
		if (contexts.length === 1)
			return afterEdit(contexts[0], { environment: first, ...member }, { sync, terminal: this.terminal });
		const environments = await this.#syncEach(contexts, { added: added.environments, sync });
		const unchanged = names.filter((each) => !added.environments.includes(each));
		return { ...member, environments, unchanged };
	}

	/** Syncs each environment that the member came into. One that fails keeps the others from nothing. */
	async #syncEach(
		contexts: readonly SessionContext[],
		{ added, sync }: { added: readonly string[]; sync: boolean },
	): Promise<AddedThere[]> {
		const done: AddedThere[] = [];
		const { terminal } = this;
		for (const context of contexts.filter(({ environment }) => added.includes(environment))) {
			const { environment } = context;
			try {
				done.push(await afterEdit(context, { environment }, { sync, terminal }));
			} catch (error) {
				if (!(error instanceof AppError)) throw error;
				terminal.warn(`${environment}: ${error.message} ${error.hint}`);
				done.push(error.data as AddedThere);
			}
		}
		return done;
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
			terminal.line(`  A ${result.role} already of: ${result.unchanged.join(", ")}`);
		terminal.line(
			`  fingerprint  ${result.fingerprint} (compare it with what the member's own device shows)`,
		);
	}
}

function bothGiven(): AppError {
	return new AppError({
		code: "USAGE",
		message: "Environments were named together with --all-environments.",
		hint: "coffer members add KEY --name NAME -e ENVIRONMENT... (or --all-environments)",
		exit: EXIT.usage,
	});
}

async function allEnvironments(): Promise<string[]> {
	return environmentNames((await loadVault(requireRoot(currentFolder()))).document);
}
