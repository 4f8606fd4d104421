import { Flags } from "@oclif/core";
import type { TargetLinkResult } from "../../cli/targets/link.ts";
import { TokenLinkCommand, tokenLinkFlags } from "../../cli/token-link-command.ts";
import { GITHUB, githubPlace } from "../../targets/github/kind.ts";

export default class LinkGitHub extends TokenLinkCommand {
	static override summary =
		"Link an environment with a GitHub repository, and send its secrets to GitHub Actions";
	static override description =
		"First, the token is tested with one request. It is stored in the system's keychain, unless it comes from GITHUB_TOKEN. Then every secret of the environment is sent, each encrypted for the public key of the repository or of its environment. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if GitHub would refuse a name or a value. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link github --repo acme/shop",
		"<%= config.bin %> link github --repo acme/shop --github-environment production",
	];
	static override flags = {
		...tokenLinkFlags(GITHUB),
		repo: Flags.string({ description: "the repository", required: true, helpValue: "OWNER/NAME" }),
		"github-environment": Flags.string({
			description: "environment of the repository; without it, the secrets are for the whole repository",
			helpValue: "NAME",
		}),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkGitHub);
		return this.link(GITHUB, githubPlace(flags.repo, flags["github-environment"]), flags);
	}
}
