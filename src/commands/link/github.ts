import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "../../cli/targets/link.ts";
import { GITHUB, githubPlace } from "../../targets/github/kind.ts";
import { GITHUB_ORIGIN } from "../../targets/github/place.ts";

export default class LinkGitHub extends BaseCommand<TargetLinkResult> {
	static override summary =
		"Link an environment with a GitHub repository, and send its secrets to GitHub Actions";
	static override description =
		"First, the token is tested with one request. It is stored in the system's keychain, unless it comes from GITHUB_TOKEN. Then every secret of the environment is sent, each encrypted for the public key of the repository or of its environment. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if GitHub would refuse a name or a value. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link github --repo acme/shop",
		"<%= config.bin %> link github --repo acme/shop --github-environment production",
	];
	static override flags = {
		environment: environmentFlag,
		repo: Flags.string({ description: "the repository", required: true, helpValue: "OWNER/NAME" }),
		"github-environment": Flags.string({
			description: "environment of the repository; without it, the secrets are for the whole repository",
			helpValue: "NAME",
		}),
		url: Flags.string({
			description: `address of the API; defaults to ${GITHUB_ORIGIN}`,
			helpValue: "URL",
		}),
		"token-stdin": Flags.boolean({
			description: "read the token from standard input; without it and GITHUB_TOKEN, a prompt asks for it",
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkGitHub);
		const context = await openContext(this.environment, flags.environment, "edit");
		const id = GITHUB.identify(
			flags.url ?? GITHUB_ORIGIN,
			githubPlace(flags.repo, flags["github-environment"]),
		);
		const options = { stdin: flags["token-stdin"], sync: !flags["no-sync"] };
		return linkTarget(context, id, options, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}
