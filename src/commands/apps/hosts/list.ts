import { BaseCommand, environmentFlag, platformUrlFlag } from "../../../cli/command.ts";
import { platformAt } from "../../../cli/context/linking.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import type { HostList } from "../../../protocol/host-names.ts";

export default class AppsHostsList extends BaseCommand<HostList> {
	static override summary = "List the host names of apps on a platform";
	static override description =
		"The command needs a token with the scope 'read' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> apps hosts list",
		"<%= config.bin %> apps hosts list --url https://coffer.example.com --json",
	];
	static override flags = { url: platformUrlFlag, environment: environmentFlag };

	protected async execute(): Promise<HostList> {
		const { flags } = await this.parse(AppsHostsList);
		const remote = await platformAt(flags.url, flags.environment);
		const { hosts } = await remote.listHosts();
		return { hosts };
	}

	protected render({ hosts }: HostList, terminal: Terminal): void {
		if (hosts.length === 0) {
			terminal.line("No app has a host name. To add one: coffer apps hosts add APP HOST");
			return;
		}
		terminal.table(
			hosts.map(({ app, host }) => [host, app]),
			["HOST", "APP"],
		);
	}
}
