import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { formatMinute } from "../../cli/context/instant.ts";
import { storeFlags } from "../../cli/context/store-flags.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { restorePlatform } from "../../platform/backup/restore.ts";
import { dataDirectoryOf, readPlatformCredentials } from "../../platform/configuration/config.ts";
import { readNamedStore } from "../../platform/configuration/store-access.ts";

interface RestoreResult {
	/** The absolute path of the backup. */
	backup: string;
	/** The absolute path of the data directory. */
	data: string;
	/** The URL of the store. Left out if it is in the data directory. */
	store?: string;
	/** When the backup was made. */
	created: string;
	apps: number;
	functions: number;
	files: number;
	bytes: number;
}

export default class PlatformRestore extends BaseCommand<RestoreResult> {
	static override summary = "Restore a backup of a platform to an empty data directory, or to etcd";
	static override description =
		"Every file of the backup is checked before anything is written. With --store, the log and the blobs go to an empty prefix in etcd, and the stored data of functions to the data directory. A backup can be restored to another kind of store than it was made from. Then start a platform on the data directory and the store, with the identity that it had. Tokens that were revoked and members who were removed after the backup are valid again. Devices that synced after the backup refuse the platform. docs/operating.md says what to do in both cases.";
	static override examples = [
		"<%= config.bin %> platform restore /backup/coffer-2027-01-31",
		"<%= config.bin %> platform restore /backup/coffer --data /var/lib/coffer",
		"<%= config.bin %> platform restore /backup/coffer --store etcd://10.0.0.1,10.0.0.2,10.0.0.3/new --store-ca ca.pem",
	];
	static override args = {
		backup: Args.string({
			name: "BACKUP",
			description: "directory from 'platform backup'",
			required: true,
		}),
	};
	static override flags = {
		data: Flags.string({
			description: "data directory to write; defaults to $XDG_DATA_HOME/coffer/platform",
			helpValue: "DIR",
		}),
		...storeFlags,
	};

	protected async execute(): Promise<RestoreResult> {
		const { args, flags } = await this.parse(PlatformRestore);
		const store = await readNamedStore(flags, readPlatformCredentials());
		const { createdMs, dataDirectory, ...summary } = await restorePlatform({
			backup: args.backup,
			dataDirectory: dataDirectoryOf(flags.data),
			store,
		});
		return {
			...summary,
			data: dataDirectory,
			...(store !== undefined && { store: store.url }),
			created: new Date(createdMs).toISOString(),
		};
	}

	protected render(result: RestoreResult, terminal: Terminal): void {
		const content = `${count(result.apps, "app")} and ${count(result.functions, "function")}`;
		terminal.line(
			`${MARKS.ok} Restored ${content} of ${formatMinute(result.created)} to ${result.store ?? result.data}`,
		);
		const flags = `--data ${result.data}${result.store === undefined ? "" : ` --store ${result.store}`}`;
		terminal.line(`Next, with the platform's identity: coffer platform start ${flags}`);
	}
}
