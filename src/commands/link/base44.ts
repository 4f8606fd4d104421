import { Flags } from "@oclif/core";
import { base44AppId } from "../../cli/base44/app-id.ts";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "../../cli/targets/link.ts";
import { BASE44, BASE44_ORIGIN } from "../../targets/base44/kind.ts";

export default class LinkBase44 extends BaseCommand<TargetLinkResult> {
	static override summary = "Link an environment with an app at Base44, and send its secrets there";
	static override description =
		"First, the API key is tested with one request. It is stored in the system's keychain, unless it comes from BASE44_API_KEY. Then every secret of the environment is sent. A secret of the same name at Base44 is overwritten; other secrets there are left alone. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link base44 --app 68a1f0c2d3",
		"<%= config.bin %> link base44 --environment preview --no-sync",
	];
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description: "id of the app; defaults to BASE44_APP_ID, or the id in base44/.app.jsonc",
			helpValue: "ID",
		}),
		url: Flags.string({
			description: `address of the API; defaults to BASE44_API_URL, or ${BASE44_ORIGIN}`,
			helpValue: "URL",
		}),
		"key-stdin": Flags.boolean({
			description:
				"read the API key from standard input; without it and BASE44_API_KEY, a prompt asks for the key",
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkBase44);
		const context = await openContext(this.environment, flags.environment, "edit");
		const url = flags.url ?? this.environment.base44Url ?? BASE44_ORIGIN;
		const id = BASE44.identify(url, await base44AppId(flags.app, context.root, this.environment));
		const options = { stdin: flags["key-stdin"], sync: !flags["no-sync"] };
		return linkTarget(context, id, options, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}
