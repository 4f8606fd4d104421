import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "../../cli/targets/link.ts";
import { CLOUDFLARE, CLOUDFLARE_ORIGIN } from "../../targets/cloudflare/kind.ts";

export default class LinkCloudflare extends BaseCommand<TargetLinkResult> {
	static override summary = "Link an environment with a Cloudflare Worker, and send its secrets there";
	static override description =
		"First, the API token is tested with one request. It is stored in the system's keychain, unless it comes from CLOUDFLARE_API_TOKEN. Then every secret of the environment is sent. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if the Worker has a variable or another binding of the same name, or if a value is too long. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link cloudflare --account 0123456789abcdef0123456789abcdef --worker shop",
		"<%= config.bin %> link cloudflare --account 0123456789abcdef0123456789abcdef --worker shop-preview --environment preview",
	];
	static override flags = {
		environment: environmentFlag,
		account: Flags.string({ description: "id of the account", required: true, helpValue: "ID" }),
		worker: Flags.string({ description: "name of the Worker", required: true, helpValue: "NAME" }),
		url: Flags.string({
			description: `address of the API; defaults to ${CLOUDFLARE_ORIGIN}`,
			helpValue: "URL",
		}),
		"token-stdin": Flags.boolean({
			description:
				"read the API token from standard input; without it and CLOUDFLARE_API_TOKEN, a prompt asks for it",
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkCloudflare);
		const context = await openContext(this.environment, flags.environment, "edit");
		const id = CLOUDFLARE.identify(flags.url ?? CLOUDFLARE_ORIGIN, `${flags.account}/${flags.worker}`);
		const options = { stdin: flags["token-stdin"], sync: !flags["no-sync"] };
		return linkTarget(context, id, options, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}
