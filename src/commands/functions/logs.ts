import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import type { Terminal } from "../../cli/terminal.ts";
import type { FunctionLogs } from "../../protocol/messages.ts";

interface LogsResult extends FunctionLogs {
	function: string;
}

export default class FunctionsLogs extends BaseCommand<LogsResult> {
	static override summary = "Show what a function wrote, its secrets' values taken out";
	static override examples = ["<%= config.bin %> functions logs checkout"];
	static override args = { name: Args.string({ name: "NAME", description: "the function", required: true }) };
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<LogsResult> {
		const { args, flags } = await this.parse(FunctionsLogs);
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment);
		const { lines } = await target.remote.logs(target.binding.app, args.name);
		return { function: args.name, lines };
	}

	protected render(result: LogsResult, terminal: Terminal): void {
		if (result.lines.length === 0) terminal.note(`${result.function} has written nothing yet.`);
		for (const { time, level, message } of result.lines)
			terminal.line(`${time} ${level.padEnd(5)} ${message}`);
	}
}
