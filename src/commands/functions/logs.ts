import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { parseDuration, parseInstant } from "../../cli/context/instant.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import {
	followLogs,
	platformNow,
	type RequestsResult,
	readLogs,
	renderLogs,
	type WrittenResult,
} from "../../cli/logs/read.ts";
import { interruption } from "../../cli/shell/signals.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { LOG_LINES_MAX } from "../../protocol/function-log.ts";
import type { WantedLines } from "../../sync/client/log-query.ts";

type LogsResult = WrittenResult | RequestsResult;

export default class FunctionsLogs extends BaseCommand<LogsResult | undefined> {
	static override summary = "Show the output of functions, or their requests";
	static override description =
		"Shows the last lines, oldest first, of the named functions or of all. The values of secrets are replaced. With --follow, it continues with new lines until Ctrl-C (with --json, one document for each line); it reconnects if the platform restarts or the network fails. Standard error has the level 'error', all other output has the level 'info'.\n\nWith --requests, it shows each request: the time of the response, the function, the status, the duration, the size of the response's body, the method, the path (without the query) and the version of HTTP, the reason if the function did not send a complete response (FUNCTION_TIMEOUT, BODY_TOO_LARGE, FUNCTION_CRASHED, CLIENT_GONE, …), and the request's id. A request with such a reason, or with a status of 500 or more, has the level 'error'. Requests for functions that do not exist are shown only if no function is named.\n\nFor each function, the platform stores up to 4 MiB of output and up to 4 MiB of requests. If the platform has several nodes, each stores the lines of its own, and the lines of all are shown in the order of their times, each with the first characters of its node's name. Nodes whose lines are missing are named on standard error.";
	static override examples = [
		"<%= config.bin %> functions logs",
		"<%= config.bin %> functions logs checkout --since 15m --level error",
		"<%= config.bin %> functions logs checkout api/orders --follow",
		"<%= config.bin %> functions logs --requests --level error",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the functions; defaults to all" }),
	};
	static override flags = {
		environment: environmentFlag,
		requests: Flags.boolean({ description: "show requests instead of output" }),
		follow: Flags.boolean({ char: "f", description: "continue with new lines" }),
		since: Flags.string({
			description:
				"show only newer lines: 30s, 15m, 2h, 7d (by the platform's clock), or a time such as 2026-01-31T12:00Z",
			helpValue: "WHEN",
		}),
		level: Flags.string({ description: "show only lines of this level", options: ["info", "error"] }),
		limit: Flags.integer({
			description:
				"largest number of stored lines to show, for each named function or for all together; defaults to 1,000",
			min: 0,
			max: LOG_LINES_MAX,
			helpValue: "N",
		}),
	};

	protected async execute(): Promise<LogsResult | undefined> {
		const { argv, flags } = await this.parse(FunctionsLogs);
		const { follow, limit, requests, since } = flags;
		const sinceAt = (nowMs: number) =>
			since === undefined ? undefined : parseInstant("--since", since, nowMs);
		// A wrong word is an error before anything is asked.
		const sinceHere = sinceAt(Date.now());
		using stop = interruption();
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment, "Use 'base44 logs'.", {
			signal: stop.signal,
		});
		const isAgo = since !== undefined && parseDuration(since) !== undefined;
		const nowMs = follow || isAgo ? await platformNow(target) : Date.now();
		const wanted = {
			names: [...new Set(argv.map(String))],
			requests,
			level: flags.level as WantedLines["level"],
			sinceMs: isAgo ? sinceAt(nowMs) : sinceHere,
			limit,
			beganMs: nowMs,
		};
		if (!follow) return await readLogs(target, wanted);
		await followLogs(target, wanted, this.terminal, stop.signal);
		return undefined;
	}

	protected render(result: LogsResult | undefined, terminal: Terminal): void {
		if (result !== undefined) renderLogs(result, terminal);
	}
}
