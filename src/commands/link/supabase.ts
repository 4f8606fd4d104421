import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "../../cli/targets/link.ts";
import { SUPABASE, SUPABASE_ORIGIN } from "../../targets/supabase/kind.ts";

export default class LinkSupabase extends BaseCommand<TargetLinkResult> {
	static override summary = "Link an environment with a Supabase project, and send its secrets there";
	static override description =
		"First, the access token is tested with one request. It is stored in the system's keychain, unless it comes from SUPABASE_ACCESS_TOKEN. Then every secret of the environment is sent, for the project's Edge Functions. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if Supabase would refuse a name or a value. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link supabase --project abcdefghijklmnopqrst",
		"<%= config.bin %> link supabase --project abcdefghijklmnopqrst --environment preview --no-sync",
	];
	static override flags = {
		environment: environmentFlag,
		project: Flags.string({ description: "reference id of the project", required: true, helpValue: "REF" }),
		url: Flags.string({
			description: `address of the API; defaults to ${SUPABASE_ORIGIN}`,
			helpValue: "URL",
		}),
		"token-stdin": Flags.boolean({
			description:
				"read the access token from standard input; without it and SUPABASE_ACCESS_TOKEN, a prompt asks for it",
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkSupabase);
		const context = await openContext(this.environment, flags.environment, "edit");
		const id = SUPABASE.identify(flags.url ?? SUPABASE_ORIGIN, flags.project);
		const options = { stdin: flags["token-stdin"], sync: !flags["no-sync"] };
		return linkTarget(context, id, options, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}
