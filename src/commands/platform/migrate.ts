import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { sideFlags } from "../../cli/context/store-flags.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { readPlatformCredentials } from "../../platform/configuration/config.ts";
import { readSide } from "../../platform/configuration/store-sides.ts";
import { migratePlatform } from "../../platform/migrate.ts";

interface MigrateResult {
	/** The data directory with which the platform starts. Left out if it keeps the one that it has. */
	data?: string;
	/** The URL of the store. Left out if it is in the data directory. */
	store?: string;
	apps: number;
	functions: number;
	/** Bundles, source maps and sources of functions. */
	blobs: number;
	/** Deno KV stores of apps. */
	stores: number;
	/** Files with logs of functions. */
	logs: number;
}

const place = (description: string) => Flags.string({ description, helpValue: "DIR|URL", required: true });

export default class PlatformMigrate extends BaseCommand<MigrateResult> {
	static override needsConfig = true;
	static override summary =
		"Move a platform from one store to another, such as from a data directory to etcd";
	static override description =
		"Stop the platform first. The whole log, the bundles of the functions, the stored data of apps (Deno KV) and the logs of functions are copied to an empty place, read again and compared. The source stays as it is. The target becomes a store last. If the command is killed, platforms refuse the target with STORE_INCOMPLETE.\n\nA platform with a store in etcd has a data directory too. Give it with --to-data or --from-data if the other store is a directory. Between two stores in etcd, the platform keeps its data directory.\n\nThen start the platform on the target, with the identity that it had. The identity is in neither store, and is not moved.";
	static override examples = [
		"<%= config.bin %> platform migrate --from /var/lib/coffer --to etcd://10.0.0.1,10.0.0.2,10.0.0.3/coffer --to-data /var/lib/coffer-2 --to-ca ca.pem",
		"<%= config.bin %> platform migrate --from etcd://10.0.0.1/coffer --from-data /var/lib/coffer-2 --from-ca ca.pem --to /var/lib/coffer-3",
		"<%= config.bin %> platform migrate --from etcd://10.0.0.1/coffer --to etcd://10.0.1.1/coffer",
	];
	static override flags = {
		from: place("store to move: a data directory, or etcd://HOST:PORT,HOST:PORT/PREFIX"),
		...sideFlags("from", "the store to move"),
		to: place("empty place to move it to: a new data directory, or etcd://HOST:PORT,HOST:PORT/PREFIX"),
		...sideFlags("to", "the new store"),
	};

	protected async execute(): Promise<MigrateResult> {
		const { flags } = await this.parse(PlatformMigrate);
		const variables = readPlatformCredentials();
		const from = {
			place: flags.from,
			data: flags["from-data"],
			ca: flags["from-ca"],
			cert: flags["from-cert"],
			key: flags["from-key"],
			user: flags["from-user"],
			blobs: flags["from-blobs"],
		};
		const to = {
			place: flags.to,
			data: flags["to-data"],
			ca: flags["to-ca"],
			cert: flags["to-cert"],
			key: flags["to-key"],
			user: flags["to-user"],
			blobs: flags["to-blobs"],
		};
		const target = await readSide("to", to, variables);
		const { dataDirectory, ...summary } = await migratePlatform(
			await readSide("from", from, variables),
			target,
		);
		return {
			...(dataDirectory !== undefined && { data: dataDirectory }),
			...(target.store !== undefined && { store: target.store.url }),
			...summary,
		};
	}

	protected render({ data, store, ...result }: MigrateResult, terminal: Terminal): void {
		const content = `${count(result.apps, "app")} and ${count(result.functions, "function")}`;
		terminal.line(`${MARKS.ok} Moved ${content} to ${store ?? data}`);
		const files = `${count(result.stores, "Deno KV store")} and ${count(result.logs, "log file")}`;
		terminal.line(
			data === undefined
				? "The Deno KV stores of apps and the logs of functions stay in the platform's data directory."
				: `  with ${files}, in ${data}`,
		);
		terminal.line("The store that was moved is unchanged. Start no platform on it any more.");
		// Only a platform that is alone on a store in etcd has Deno KV.
		const alone = result.stores > 0 ? " --single-node" : "";
		const flags = `--data ${data ?? "DIR"}${store === undefined ? "" : ` --store ${store}${alone}`}`;
		terminal.line(`Next, with the platform's identity: coffer platform start ${flags}`);
	}
}
