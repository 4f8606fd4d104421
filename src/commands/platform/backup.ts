import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { backupPlatform } from "../../platform/backup/backup.ts";
import { dataDirectoryOf } from "../../platform/configuration/config.ts";

interface BackupResult {
	/** Absolute. */
	backup: string;
	created: string;
	apps: number;
	functions: number;
	files: number;
	bytes: number;
}

export default class PlatformBackup extends BaseCommand<BackupResult> {
	static override summary = "Back up a platform's data directory into a new directory, while it runs or not";
	static override description =
		"The backup is one moment of the log, tokens included, and the bundles of the functions that there were: whole under its name, or not there. It opens nothing: values are sealed in it, and the platform's identity is not in it, nor is what functions wrote. Run it as the platform's user, on its machine.";
	static override examples = [
		"<%= config.bin %> platform backup /backup/coffer-2027-01-31",
		"<%= config.bin %> platform backup /backup/coffer --data /var/lib/coffer",
	];
	static override args = {
		directory: Args.string({ name: "DIR", description: "directory to make", required: true }),
	};
	static override flags = {
		data: Flags.string({
			description: "data directory of the platform; $XDG_DATA_HOME/coffer/platform if left out",
			helpValue: "DIR",
		}),
	};

	protected async execute(): Promise<BackupResult> {
		const { args, flags } = await this.parse(PlatformBackup);
		const { createdMs, ...summary } = await backupPlatform({
			dataDirectory: dataDirectoryOf(flags.data),
			target: args.directory,
			version: this.config.version,
			nowMs: Date.now(),
		});
		return { ...summary, created: new Date(createdMs).toISOString() };
	}

	protected render(result: BackupResult, terminal: Terminal): void {
		const held = `${count(result.apps, "app")} and ${count(result.functions, "function")}`;
		terminal.line(`${MARKS.ok} Backed up ${held} to ${result.backup}`);
		terminal.line(
			"The platform's identity is not in it, and nothing opens it without: keep a copy elsewhere.",
		);
	}
}
