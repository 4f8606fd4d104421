import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { formatMinute } from "../../cli/context/instant.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { restorePlatform } from "../../platform/backup/restore.ts";
import { dataDirectoryOf } from "../../platform/configuration/config.ts";

interface RestoreResult {
	/** Absolute. */
	backup: string;
	/** Absolute. */
	data: string;
	/** When the backup was made. */
	created: string;
	apps: number;
	functions: number;
	files: number;
	bytes: number;
}

export default class PlatformRestore extends BaseCommand<RestoreResult> {
	static override summary = "Put a backup of a platform into an empty data directory";
	static override description =
		"Every file of the backup is checked before anything is written. Then a platform can be started there, with the identity that it had. Tokens that were revoked, and members who were removed, since the backup was made are back; devices that synced since then refuse the platform. docs/operating.md says what to do about both.";
	static override examples = [
		"<%= config.bin %> platform restore /backup/coffer-2027-01-31",
		"<%= config.bin %> platform restore /backup/coffer --data /var/lib/coffer",
	];
	static override args = {
		backup: Args.string({
			name: "BACKUP",
			description: "directory that 'platform backup' made",
			required: true,
		}),
	};
	static override flags = {
		data: Flags.string({
			description: "data directory to make; $XDG_DATA_HOME/coffer/platform if left out",
			helpValue: "DIR",
		}),
	};

	protected async execute(): Promise<RestoreResult> {
		const { args, flags } = await this.parse(PlatformRestore);
		const { createdMs, dataDirectory, ...summary } = await restorePlatform({
			backup: args.backup,
			dataDirectory: dataDirectoryOf(flags.data),
		});
		return { ...summary, data: dataDirectory, created: new Date(createdMs).toISOString() };
	}

	protected render(result: RestoreResult, terminal: Terminal): void {
		const held = `${count(result.apps, "app")} and ${count(result.functions, "function")}`;
		terminal.line(`${MARKS.ok} Restored ${held} of ${formatMinute(result.created)} to ${result.data}`);
		terminal.line(`Next, with the identity that it had: coffer platform start --data ${result.data}`);
	}
}
