import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { confirmFlag, confirmName } from "../../cli/context/confirm-name.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { bindingOf, forgetEnvironment, readConfig } from "../../project/files/config.ts";
import { deleteEnvironment, requireEnvironment } from "../../project/members/environments.ts";

interface DeleteResult {
	environment: string;
	/** The app that it was linked with, which goes on running; null where it was not linked. */
	app: string | null;
	url: string | null;
}

export default class EnvironmentsDelete extends BaseCommand<DeleteResult> {
	static override summary = "Delete an environment and all its secrets";
	static override description =
		"Only an owner of the vault can. Asks for the name to be typed. Git's history keeps what it held. A link with a platform is taken out of coffer.json; the app there goes on running with what it has. An environment of the same name can be created again, with a new key, without secrets and with you as its only member.";
	static override examples = [
		"<%= config.bin %> environments delete preview",
		"<%= config.bin %> environments delete preview --confirm preview",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "environment to delete", required: true }),
	};
	static override flags = {
		confirm: confirmFlag,
		yes: Flags.boolean({ char: "y", description: "do not ask" }),
	};

	protected async execute(): Promise<DeleteResult> {
		const { args, flags } = await this.parse(EnvironmentsDelete);
		const context = await openContext(this.environment, args.name, "edit");
		await requireEnvironment(context);
		const { name } = args;
		const question = `This deletes environment '${name}' with all its secrets. Type its name to go on`;
		if (!flags.yes) await confirmName(this.terminal, { name, given: flags.confirm, question });
		const config = await readConfig(context.root);
		const { warnings } = await deleteEnvironment(context);
		for (const warning of warnings) this.terminal.warn(warning);
		const binding = bindingOf(config, args.name);
		await forgetEnvironment(context.root, args.name);
		return { environment: args.name, app: binding?.app ?? null, url: binding?.url ?? null };
	}

	protected render(result: DeleteResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Deleted environment '${result.environment}'`);
		if (result.app !== null)
			terminal.line(`  App '${result.app}' on ${result.url} goes on running with what it has.`);
	}
}
