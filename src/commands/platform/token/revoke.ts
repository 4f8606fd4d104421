import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, platformUrlFlag } from "../../../cli/command.ts";
import { platformAt } from "../../../cli/context/linking.ts";
import { MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { tokenIdSchema } from "../../../protocol/token-messages.ts";

interface RevokeResult {
	revoked: string;
}

/** The id, which nothing else may be taken for: least of all a token, which would be sent in a path. */
function requireTokenId(id: string): string {
	if (tokenIdSchema.safeParse(id).success) return id;
	throw new AppError({
		code: "TOKEN_ID_INVALID",
		message: "That is not the id of an access token.",
		hint: "'coffer platform token list' shows the ids; they begin with tok_.",
		exit: EXIT.usage,
	});
}

export default class PlatformTokenRevoke extends BaseCommand<RevokeResult> {
	static override summary = "Make an access token worthless, at once";
	static override description =
		"Requests with it are refused from then on, and answers that it still receives end. A change or deployment that the platform had taken in stays.";
	static override examples = ["<%= config.bin %> platform token revoke tok_0123456789abcdef"];
	static override args = {
		id: Args.string({ name: "ID", description: "the token's id, as listed", required: true }),
	};
	static override flags = { url: platformUrlFlag, environment: environmentFlag };

	protected async execute(): Promise<RevokeResult> {
		const { args, flags } = await this.parse(PlatformTokenRevoke);
		const id = requireTokenId(args.id);
		const remote = await platformAt(flags.url, flags.environment);
		await remote.revokeToken(id);
		return { revoked: id };
	}

	protected render(result: RevokeResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Revoked ${result.revoked}`);
	}
}
