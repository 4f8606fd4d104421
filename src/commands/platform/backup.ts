import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { storeFlags } from "../../cli/context/store-flags.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { backupPlatform } from "../../platform/backup/backup.ts";
import { dataDirectoryOf, readPlatformCredentials } from "../../platform/configuration/config.ts";
import { readNamedStore } from "../../platform/configuration/store-access.ts";

interface BackupResult {
	/** The absolute path of the backup. */
	backup: string;
	created: string;
	apps: number;
	functions: number;
	files: number;
	bytes: number;
	/** Whether `coffer platform status` and the console will show the backup. */
	recorded: boolean;
}

export default class PlatformBackup extends BaseCommand<BackupResult> {
	static override needsConfig = true;
	static override summary = "Back up a platform to a new directory";
	static override description =
		"Run it as the platform's user, on its machine. If the store is in etcd, give --store and the other flags of the store as to 'platform start'. The platform may be running. The backup is a consistent snapshot of the log, with the access tokens, and of the bundles of the functions. The directory appears under its name only when it is complete. The secrets in the backup are encrypted, and it does not contain the platform's identity, so nobody can decrypt them with the backup alone. The Deno KV stores of apps are in it, in plaintext. The logs of functions and their other files are not.";
	static override examples = [
		"<%= config.bin %> platform backup /backup/coffer-2027-01-31",
		"<%= config.bin %> platform backup /backup/coffer --data /var/lib/coffer",
		"<%= config.bin %> platform backup /backup/coffer --store etcd://10.0.0.1,10.0.0.2,10.0.0.3 --store-ca ca.pem",
	];
	static override args = {
		directory: Args.string({ name: "DIR", description: "new directory to write", required: true }),
	};
	static override flags = {
		data: Flags.string({
			description: "data directory of the platform; defaults to $XDG_DATA_HOME/coffer/platform",
			helpValue: "DIR",
		}),
		...storeFlags,
	};

	#unrecorded: string | undefined;

	protected async execute(): Promise<BackupResult> {
		const { args, flags } = await this.parse(PlatformBackup);
		const { createdMs, unrecorded, ...summary } = await backupPlatform({
			dataDirectory: dataDirectoryOf(flags.data),
			store: await readNamedStore(flags, readPlatformCredentials()),
			target: args.directory,
			version: this.config.version,
			nowMs: Date.now(),
		});
		this.#unrecorded = unrecorded;
		const created = new Date(createdMs).toISOString();
		return { ...summary, created, recorded: unrecorded === undefined };
	}

	protected render(result: BackupResult, terminal: Terminal): void {
		const content = `${count(result.apps, "app")} and ${count(result.functions, "function")}`;
		terminal.line(`${MARKS.ok} Backed up ${content} to ${result.backup}`);
		if (!result.recorded)
			terminal.warn(
				`The backup is complete, but the platform was not told of it (${this.#unrecorded}). Its status does not show it.`,
			);
		terminal.line(
			"The backup does not contain the platform's identity, and is useless without it. Keep a copy of the identity elsewhere.",
		);
	}
}
