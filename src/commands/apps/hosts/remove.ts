import { Args } from "@oclif/core";
import { changeHost } from "../../../cli/apps/host-change.ts";
import { BaseCommand, environmentFlag, noWaitFlag, platformUrlFlag } from "../../../cli/command.ts";
import { MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { hostNameOf, type MappedHost } from "../../../protocol/host-names.ts";

export default class AppsHostsRemove extends BaseCommand<MappedHost> {
	static override summary = "Take a host name from its app";
	static override description =
		"From then on, the path of a request to the host names the app, as on every other address. With several nodes, the command waits for up to 30 seconds until none of them serves the app under the host any more. The command needs a token with the scope 'admin' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = ["<%= config.bin %> apps hosts remove shop.example.com"];
	static override args = {
		host: Args.string({ name: "HOST", description: "host name", required: true }),
	};
	static override flags = { url: platformUrlFlag, environment: environmentFlag, "no-wait": noWaitFlag };

	protected async execute(): Promise<MappedHost> {
		const { args, flags } = await this.parse(AppsHostsRemove);
		const host = hostNameOf(args.host);
		const interrupted = "The platform may still take the host from its app.";
		return await changeHost(this.terminal, flags, interrupted, (remote, onNode) =>
			remote.removeHost(host, onNode),
		);
	}

	protected render({ app, host }: MappedHost, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Host ${host} does not belong to app '${app}' any more`);
	}
}
