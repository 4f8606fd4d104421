import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { dataDirectoryOf } from "../../platform/configuration/config.ts";
import { stopLeftDataPlane } from "../../platform/stop-left.ts";

interface StopResult {
	/** Whether functions or gateways were running. */
	stopped: boolean;
	/** The process that held them, if it did not answer and was killed. */
	killed?: number;
}

export default class PlatformStop extends BaseCommand<StopResult> {
	static override needsConfig = true;
	static override summary = "Stop the functions that a platform left running";
	static override description =
		"A platform that was killed, or that got SIGUSR2, leaves its functions and gateways running until the next platform takes them over. This command ends them instead: it lets requests in progress finish, for at most 10 seconds. It does not stop a running platform: end that with SIGTERM or Ctrl-C.";
	static override examples = [
		"<%= config.bin %> platform stop",
		"<%= config.bin %> platform stop --data /var/lib/coffer",
	];
	static override flags = {
		data: Flags.string({
			description: "data directory of the platform; defaults to $XDG_DATA_HOME/coffer/platform",
			helpValue: "DIR",
		}),
	};

	protected async execute(): Promise<StopResult> {
		const { flags } = await this.parse(PlatformStop);
		return await stopLeftDataPlane(dataDirectoryOf(flags.data));
	}

	protected render({ killed, stopped }: StopResult, terminal: Terminal): void {
		if (killed !== undefined) {
			terminal.line(`${MARKS.ok} Killed the functions and gateways that were left running.`);
			terminal.line(`  Process ${killed} did not answer, so requests in progress were cut off.`);
			return;
		}
		terminal.line(
			stopped
				? `${MARKS.ok} Stopped the functions and gateways that were left running.`
				: "No functions or gateways were left running.",
		);
	}
}
