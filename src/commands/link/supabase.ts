import { Flags } from "@oclif/core";
import type { TargetLinkResult } from "../../cli/targets/link.ts";
import { TokenLinkCommand, tokenLinkFlags } from "../../cli/token-link-command.ts";
import { SUPABASE } from "../../targets/supabase/kind.ts";

export default class LinkSupabase extends TokenLinkCommand {
	static override summary = "Link an environment with a Supabase project, and send its secrets there";
	static override description =
		"First, the access token is tested with one request. It is stored in the system's keychain, unless it comes from SUPABASE_ACCESS_TOKEN. Then every secret of the environment is sent, for the project's Edge Functions. A secret of the same name there is overwritten; other secrets there are left alone. Nothing is sent if Supabase would refuse a name or a value. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link supabase --project abcdefghijklmnopqrst",
		"<%= config.bin %> link supabase --project abcdefghijklmnopqrst --environment preview --no-sync",
	];
	static override flags = {
		...tokenLinkFlags(SUPABASE),
		project: Flags.string({ description: "reference id of the project", required: true, helpValue: "REF" }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkSupabase);
		return this.link(SUPABASE, flags.project, flags);
	}
}
