import { Flags } from "@oclif/core";
import type { TargetLinkResult } from "../../cli/targets/link.ts";
import { TokenLinkCommand, tokenLinkFlags } from "../../cli/token-link-command.ts";
import { CLOUDFLARE } from "../../targets/cloudflare/kind.ts";

export default class LinkCloudflare extends TokenLinkCommand {
	static override summary = "Link an environment with a Cloudflare Worker, and send its secrets there";
	static override description =
		"First, the API token is tested with one request. It is stored in the system's keychain, unless it comes from CLOUDFLARE_API_TOKEN. Then every secret of the environment is sent. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if the Worker has a variable or another binding of the same name, or if a value is too long. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link cloudflare --account 0123456789abcdef0123456789abcdef --worker shop",
		"<%= config.bin %> link cloudflare --account 0123456789abcdef0123456789abcdef --worker shop-preview --environment preview",
	];
	static override flags = {
		...tokenLinkFlags(CLOUDFLARE),
		account: Flags.string({ description: "id of the account", required: true, helpValue: "ID" }),
		worker: Flags.string({ description: "name of the Worker", required: true, helpValue: "NAME" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkCloudflare);
		return this.link(CLOUDFLARE, `${flags.account}/${flags.worker}`, flags);
	}
}
