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

/** Checks the id before it becomes a part of a URL. The user may have typed the token itself. */
function requireTokenId(id: string): string {
	if (tokenIdSchema.safeParse(id).success) return id;
	throw new AppError({
		code: "TOKEN_ID_INVALID",
		message: "The argument is not the id of an access token.",
		hint: "'coffer platform token list' shows the ids, which begin with tok_.",
		exit: EXIT.usage,
	});
}

export default class PlatformTokenRevoke extends BaseCommand<RevokeResult> {
	static override summary = "Revoke an access token, with immediate effect";
	static override description =
		"The platform refuses further requests with the token, and ends responses that are still open. Changes and deployments that it has already accepted stay.";
	static override examples = ["<%= config.bin %> platform token revoke tok_0123456789abcdef"];
	static override args = {
		id: Args.string({
			name: "ID",
			description: "id of the token, from 'platform token list'",
			required: true,
		}),
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
