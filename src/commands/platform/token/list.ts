import { BaseCommand, environmentFlag, platformUrlFlag } from "../../../cli/command.ts";
import { formatMinute } from "../../../cli/context/instant.ts";
import { platformAt } from "../../../cli/context/linking.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { appsOf, expiryOf, type ListedToken, listedToken } from "../../../cli/views/token-rows.ts";

interface ListResult {
	tokens: ListedToken[];
}

export default class PlatformTokenList extends BaseCommand<ListResult> {
	static override summary = "List the access tokens of a running platform, without their secret text";
	static override description =
		"Lists the tokens that are not revoked, oldest first. Expired tokens are listed, and marked by the clock of this machine, until they are revoked.";
	static override examples = [
		"<%= config.bin %> platform token list",
		"<%= config.bin %> platform token list --url https://coffer.example.com --json",
	];
	static override flags = { url: platformUrlFlag, environment: environmentFlag };

	protected async execute(): Promise<ListResult> {
		const { flags } = await this.parse(PlatformTokenList);
		const remote = await platformAt(flags.url, flags.environment);
		const { tokens } = await remote.listTokens();
		const nowMs = Date.now();
		return { tokens: tokens.map((token) => listedToken(token, nowMs)) };
	}

	protected render(result: ListResult, terminal: Terminal): void {
		const rows = result.tokens.map((row) => [
			row.id,
			row.scopes.join(", "),
			appsOf(row),
			expiryOf(row),
			formatMinute(row.created),
		]);
		terminal.table(rows, ["ID", "SCOPES", "APP", "EXPIRES", "CREATED"]);
	}
}
