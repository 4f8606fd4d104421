import { Args } from "@oclif/core";
import { changeHost } from "../../../cli/apps/host-change.ts";
import { BaseCommand, environmentFlag, noWaitFlag, platformUrlFlag } from "../../../cli/command.ts";
import { MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { hostNameOf, type MappedHost } from "../../../protocol/host-names.ts";
import { requireAppId } from "../../../sync/link/link.ts";

export default class AppsHostsAdd extends BaseCommand<MappedHost> {
	static override summary = "Serve an app under a host name of its own";
	static override description =
		"From then on, a request to the host reaches this app only, and its path begins with the name of a function: https://shop.example.com/login instead of https://functions.example.com/shop/login. The other address stays. A host belongs to one app. The DNS of the host must lead to the platform, and a proxy before it must pass on the Host header. With several nodes, the command waits for up to 30 seconds until each of them serves the app under the host. The command needs a token with the scope 'admin' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> apps hosts add shop shop.example.com",
		"<%= config.bin %> apps hosts add shop www.shop.example.com --url https://coffer.example.com",
	];
	static override args = {
		app: Args.string({ name: "APP", description: "id of the app", required: true }),
		host: Args.string({ name: "HOST", description: "host name, without a scheme", required: true }),
	};
	static override flags = { url: platformUrlFlag, environment: environmentFlag, "no-wait": noWaitFlag };

	protected async execute(): Promise<MappedHost> {
		const { args, flags } = await this.parse(AppsHostsAdd);
		requireAppId(args.app);
		const host = hostNameOf(args.host);
		const interrupted = "The platform may still give the host to the app.";
		return await changeHost(this.terminal, flags, interrupted, (remote, onNode) =>
			remote.addHost(host, args.app, onNode),
		);
	}

	protected render({ app, host }: MappedHost, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Host ${host} reaches app '${app}'`);
	}
}
