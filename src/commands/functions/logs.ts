import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { instantOf } from "../../cli/instant.ts";
import { requireTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import { interruption } from "../../cli/signals.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import { LOG_LINES_MAX, type LogEvent, type LogLines } from "../../protocol/function-log.ts";
import type { LinkTarget } from "../../sync/link-target.ts";
import type { WantedLines } from "../../sync/remote.ts";

interface LogsResult extends LogLines {
	function: string;
}

export default class FunctionsLogs extends BaseCommand<LogsResult | undefined> {
	static override summary = "Show what functions wrote, their secrets' values taken out";
	static override description =
		"The last lines of one function; with --follow those of one or several, and then what they write, until Ctrl-C (with --json a document a line). What goes to standard error has the level 'error', everything else 'info'. The platform keeps up to 4 MiB of each function.";
	static override examples = [
		"<%= config.bin %> functions logs checkout",
		"<%= config.bin %> functions logs checkout --since 15m --level error",
		"<%= config.bin %> functions logs checkout api/orders --follow",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "the function", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		follow: Flags.boolean({ char: "f", description: "go on with what comes" }),
		since: Flags.string({
			description: "leave out what is older: 30s, 15m, 2h, 7d, or a time such as 2026-01-31T12:00Z",
			helpValue: "WHEN",
		}),
		level: Flags.string({ description: "only lines of this level", options: ["info", "error"] }),
		limit: Flags.integer({
			description: "at most so many lines that were written before, the last ones; 1,000 by default",
			min: 0,
			max: LOG_LINES_MAX,
			helpValue: "N",
		}),
	};

	protected async execute(): Promise<LogsResult | undefined> {
		const { argv, flags } = await this.parse(FunctionsLogs);
		const names = [...new Set(argv.map(String))];
		const { follow, limit, since } = flags;
		if (!follow && names.length > 1) throw tooMany();
		const level = flags.level as WantedLines["level"];
		const sinceMs = since === undefined ? undefined : instantOf("--since", since, Date.now());
		using stop = interruption();
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment, "Use 'base44 logs'.", {
			signal: stop.signal,
		});
		const wanted = { sinceMs, level, limit };
		if (follow) return await this.#follow(target, names, wanted, stop.signal);
		const [name = ""] = names;
		const { lines } = await target.remote.logs(target.binding.app, name, wanted);
		return { function: name, lines };
	}

	async #follow(
		target: LinkTarget,
		names: string[],
		wanted: WantedLines,
		signal: AbortSignal,
	): Promise<undefined> {
		try {
			for await (const event of target.remote.followLogs(target.binding.app, names, wanted))
				this.#tell(event, names.length > 1);
		} catch (error) {
			if (!signal.aborted) throw error;
			return;
		}
		throw new AppError({
			code: "LOG_ENDED",
			message: "The platform ended the log: it is being stopped, or the token may not read it any more.",
			hint: "Follow it again: coffer functions logs --follow.",
			exit: EXIT.network,
		});
	}

	#tell(event: LogEvent, named: boolean): void {
		if (event.type === "ping") return;
		this.terminal.document(event);
		if (event.type === "dropped")
			this.terminal.warn(`${event.lines} lines were left out: they came faster than they were read.`);
		else this.terminal.line(`${named ? `${event.function}  ` : ""}${lineText(event.line)}`);
	}

	protected render(result: LogsResult | undefined, terminal: Terminal): void {
		if (result === undefined) return;
		if (result.lines.length === 0) terminal.note(`${result.function} has written nothing that is kept.`);
		for (const line of result.lines) terminal.line(lineText(line));
	}
}

function lineText({ time, level, message }: LogLines["lines"][number]): string {
	return `${time} ${level.padEnd(5)} ${message}`;
}

function tooMany(): AppError {
	return new AppError({
		code: "USAGE",
		message: "Several functions were named.",
		hint: "Name one, or follow them together: --follow.",
		exit: EXIT.usage,
	});
}
