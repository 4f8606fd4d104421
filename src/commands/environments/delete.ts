import { Args } from "@oclif/core";
import { BaseCommand, yesFlag } from "../../cli/command.ts";
import { confirmFlag, confirmName } from "../../cli/context/confirm.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { bindingOf, forgetEnvironment, readConfig } from "../../project/files/config.ts";
import { deleteEnvironment, requireEnvironment } from "../../project/members/environments.ts";

interface DeleteResult {
	environment: string;
	/** The app that it was linked with, which continues to run; null if it was not linked. */
	app: string | null;
	url: string | null;
}

export default class EnvironmentsDelete extends BaseCommand<DeleteResult> {
	static override summary = "Delete an environment and all its secrets";
	static override description =
		"Only an owner of the vault may delete an environment. The command asks you to type its name. The git history keeps the old secrets. A link with a platform is removed from coffer.json; the app on the platform continues to run with the values that it has. You can create an environment of the same name again: it has a new key, no secrets, and only you as a member.";
	static override examples = [
		"<%= config.bin %> environments delete preview",
		"<%= config.bin %> environments delete preview --confirm preview",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the environment to delete", required: true }),
	};
	static override flags = {
		confirm: confirmFlag,
		yes: yesFlag,
	};

	protected async execute(): Promise<DeleteResult> {
		const { args, flags } = await this.parse(EnvironmentsDelete);
		const context = await openContext(this.environment, args.name, "edit");
		await requireEnvironment(context);
		const { name } = args;
		const question = `This deletes environment '${name}' with all its secrets. Type its name to continue`;
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
			terminal.line(`  App '${result.app}' on ${result.url} continues to run with the values that it has.`);
	}
}
