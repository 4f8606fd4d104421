import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { parseInstant } from "../../cli/context/instant.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import {
	followLogs,
	type RequestsResult,
	readLogs,
	renderLogs,
	type WrittenResult,
} from "../../cli/logs/read.ts";
import { interruption } from "../../cli/shell/signals.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { LOG_LINES_MAX } from "../../protocol/function-log.ts";
import type { WantedLines } from "../../sync/client/platform-client.ts";

type LogsResult = WrittenResult | RequestsResult;

export default class FunctionsLogs extends BaseCommand<LogsResult | undefined> {
	static override summary = "Show what functions wrote, or the requests that they were sent";
	static override description =
		"The last lines, oldest first, of the functions that are named, or of all; secrets' values are taken out. With --follow also what comes, until Ctrl-C (with --json a document a line); it goes on after the platform was restarted or the network failed. What goes to standard error has the level 'error', everything else 'info'.\n\nWith --requests each request: when it was answered, the function, the status, how long it took, the size of the answer's body, method and path (without the query), why there was no whole answer of the function's (FUNCTION_TIMEOUT, BODY_TOO_LARGE, FUNCTION_CRASHED, CLIENT_GONE, …), and the request's id. Level 'error' are those with such a reason or a status of 500 and more. Requests to names that no function has are shown where no function is named.\n\nThe platform keeps up to 4 MiB of each for each function.";
	static override examples = [
		"<%= config.bin %> functions logs",
		"<%= config.bin %> functions logs checkout --since 15m --level error",
		"<%= config.bin %> functions logs checkout api/orders --follow",
		"<%= config.bin %> functions logs --requests --level error",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "functions; all by default" }),
	};
	static override flags = {
		environment: environmentFlag,
		requests: Flags.boolean({ description: "show requests instead of what functions wrote" }),
		follow: Flags.boolean({ char: "f", description: "go on with what comes" }),
		since: Flags.string({
			description: "leave out what is older: 30s, 15m, 2h, 7d, or a time such as 2026-01-31T12:00Z",
			helpValue: "WHEN",
		}),
		level: Flags.string({ description: "only lines of this level", options: ["info", "error"] }),
		limit: Flags.integer({
			description:
				"at most so many lines that are kept, the last ones, of each function that is named or of all together; 1,000 by default",
			min: 0,
			max: LOG_LINES_MAX,
			helpValue: "N",
		}),
	};

	protected async execute(): Promise<LogsResult | undefined> {
		const { argv, flags } = await this.parse(FunctionsLogs);
		const { follow, limit, requests, since } = flags;
		const wanted = {
			names: [...new Set(argv.map(String))],
			requests,
			level: flags.level as WantedLines["level"],
			sinceMs: since === undefined ? undefined : parseInstant("--since", since, Date.now()),
			limit,
		};
		using stop = interruption();
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment, "Use 'base44 logs'.", {
			signal: stop.signal,
		});
		if (!follow) return await readLogs(target, wanted);
		await followLogs(target, wanted, this.terminal, stop.signal);
		return undefined;
	}

	protected render(result: LogsResult | undefined, terminal: Terminal): void {
		if (result !== undefined) renderLogs(result, terminal);
	}
}
