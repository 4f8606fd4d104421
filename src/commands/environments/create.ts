import { Args } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { addEnvironment } from "../../project/members/environments.ts";

interface CreateResult {
	environment: string;
}

export default class EnvironmentsCreate extends BaseCommand<CreateResult> {
	static override summary = "Create an environment, with its own key and members";
	static override description =
		"Only an owner of the vault may create an environment. At first, you are its only member. It can be linked with its own app.";
	static override examples = ["<%= config.bin %> environments create preview"];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the new environment", required: true }),
	};

	protected async execute(): Promise<CreateResult> {
		const { args } = await this.parse(EnvironmentsCreate);
		const context = await openContext(this.environment, args.name, "edit");
		const { warnings } = await addEnvironment(context);
		for (const warning of warnings) this.terminal.warn(warning);
		return { environment: args.name };
	}

	protected render(result: CreateResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Created environment '${result.environment}'; you are its only member`);
		terminal.line(`Next: coffer secrets set NAME=VALUE -e ${result.environment}`);
	}
}
