import { BaseCommand, environmentFlag, platformUrlFlag } from "../../cli/command.ts";
import { platformAt } from "../../cli/context/linking.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { appLines, backupLine, faultLine, nodeRow, shortName } from "../../cli/views/node-lines.ts";
import type { PlatformStatus } from "../../protocol/nodes.ts";

export default class PlatformStatusCommand extends BaseCommand<PlatformStatus> {
	static override summary =
		"Show the nodes of a running platform, the state of its store, and its newest backup";
	static override description =
		"A platform with a store in etcd can have several nodes. The node that answers has a star. Nodes that do not answer are named until they can no longer serve functions with earlier values. It warns if no backup is recorded, or if the newest is older than 7 days. The command needs a token with the scope 'read' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> platform status",
		"<%= config.bin %> platform status --url https://coffer.example.com --json",
	];
	static override flags = { url: platformUrlFlag, environment: environmentFlag };

	protected async execute(): Promise<PlatformStatus> {
		const { flags } = await this.parse(PlatformStatusCommand);
		const remote = await platformAt(flags.url, flags.environment);
		return await remote.status();
	}

	protected render(status: PlatformStatus, terminal: Terminal): void {
		const { kind, latencyMs, reachable } = status.store;
		const store = reachable ? `answers in ${latencyMs} ms` : "does not answer";
		terminal.line(`Coffer ${status.version}, store: ${kind}, ${store}`);
		if (status.store.fault !== undefined) terminal.warn(faultLine(status.store.fault));
		if (!status.ready) terminal.warn("The node that answers takes no requests now.");
		terminal.line();
		const head = ["NODE", "STATE", "VERSION", "FUNCTIONS", "REVISION", "CONTROL"];
		terminal.table(status.nodes.map(nodeRow), head);
		for (const line of status.nodes.flatMap(appLines)) terminal.warn(line);
		for (const node of status.silent) {
			terminal.warn(
				`Node ${shortName(node)} does not answer. It may still serve functions with earlier values.`,
			);
		}
		const { line, isWarning } = backupLine(status.backups, Date.now());
		if (isWarning) terminal.warn(line);
		else if (line !== "") {
			terminal.line();
			terminal.line(line);
		}
	}
}
