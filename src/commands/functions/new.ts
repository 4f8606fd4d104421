import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { createFunction, TEMPLATES, type Template } from "../../project/functions/create.ts";

interface NewResult {
	function: string;
	/** The new files, relative to the project's root. The module comes first. */
	files: readonly string[];
}

export default class FunctionsNew extends BaseCommand<NewResult> {
	static override summary = "Create a function in this project";
	static override description =
		"Writes functions/NAME/index.ts, and a function.jsonc if the template needs one or other functions of the project have one. In a Base44 project, writes base44/functions/NAME/entry.ts and function.jsonc. Overwrites nothing.";
	static override examples = [
		"<%= config.bin %> functions new hello",
		"<%= config.bin %> functions new reports/daily --template scheduled",
	];
	static override args = {
		name: Args.string({
			name: "NAME",
			description: "name of the function, such as api/billing",
			required: true,
		}),
	};
	static override flags = {
		template: Flags.string({
			description: "http answers requests, scheduled runs every day",
			options: [...TEMPLATES],
			default: "http",
		}),
	};

	protected async execute(): Promise<NewResult> {
		const { args, flags } = await this.parse(FunctionsNew);
		const root = requireRoot(currentFolder());
		return {
			function: args.name,
			files: await createFunction(root, args.name, flags.template as Template),
		};
	}

	protected render({ files }: NewResult, terminal: Terminal): void {
		for (const file of files) terminal.line(`${MARKS.ok} Created ${file}`);
		terminal.line(
			'Read a secret in it with Deno.env.get("NAME"). Set the secret with: coffer secrets set NAME',
		);
		terminal.line(
			"Next: coffer dev runs it on this machine, coffer functions deploy on the linked platform.",
		);
	}
}
