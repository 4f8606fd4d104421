import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, platformUrlFlag } from "../../../cli/command.ts";
import { parseExpiry } from "../../../cli/context/expiry.ts";
import { formatMinute } from "../../../cli/context/instant.ts";
import { platformAt } from "../../../cli/context/linking.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { usageError } from "../../../cli/shell/usage.ts";
import { appsOf, type TokenRow, tokenRow } from "../../../cli/views/token-rows.ts";
import type { AppError } from "../../../errors.ts";
import { BASE44_SCOPE, SCOPES } from "../../../protocol/routes.ts";
import type { CreateToken } from "../../../protocol/token-messages.ts";
import { requireAppId } from "../../../sync/link/link.ts";

interface CreateResult extends TokenRow {
	token: string;
}

/** The error for --base44 together with --scope, or for neither of them. */
function scopeError(isBoth: boolean): AppError {
	const message = isBoth
		? "--base44 cannot be used together with --scope."
		: `The scope is missing: --scope (${SCOPES.join(", ")}), or --base44.`;
	return usageError(message, "platform token create");
}

export default class PlatformTokenCreate extends BaseCommand<CreateResult> {
	static override summary = "Create an access token for a running platform";
	static override description =
		"Prints the token to stdout, only this once: the platform stores a hash of it. The scopes: 'read' lists apps and functions and reads their logs; 'sync' reads and appends changes of secrets; 'deploy' deploys and deletes functions; 'admin' does all of that, deletes apps and creates tokens. The command itself needs a token with the scope 'admin' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> platform token create --scope deploy --scope sync --app shop --expires 30d",
		"<%= config.bin %> platform token create --base44 --url https://coffer.example.com",
		"<%= config.bin %> platform token create --scope read --expires 2027-01-31 --url https://coffer.example.com",
	];
	static override flags = {
		scope: Flags.string({
			description: "what the token allows (repeatable)",
			options: [...SCOPES],
			multiple: true,
		}),
		base44: Flags.boolean({
			default: false,
			description:
				"create a token for the Base44 CLI (BASE44_API_KEY); without --app, its first use creates an app",
		}),
		app: Flags.string({
			description:
				"the only app that the token is valid for; it ends when the app is deleted. Defaults to every app",
			helpValue: "APP",
		}),
		expires: Flags.string({
			description: "how long the token is valid (90m, 12h, 30d, 2w), or until when (a date in UTC)",
			default: "never",
			helpValue: "WHEN",
		}),
		url: platformUrlFlag,
		token: Flags.string({
			description:
				"token for this command; prefer COFFER_TOKEN, because other users can see arguments in the list of processes",
			helpValue: "TOKEN",
		}),
		environment: environmentFlag,
	};

	protected async execute(): Promise<CreateResult> {
		const { flags } = await this.parse(PlatformTokenCreate);
		const { app = null } = flags;
		if (app !== null) requireAppId(app);
		const expires = parseExpiry(flags.expires, Date.now());
		const requested = flags.scope ?? [];
		if (flags.base44 === requested.length > 0) throw scopeError(flags.base44);
		const scopes: CreateToken["scopes"] = flags.base44
			? [BASE44_SCOPE]
			: SCOPES.filter((scope) => requested.includes(scope));
		const remote = await platformAt(flags.url, flags.environment, { token: flags.token });
		const made = await remote.createToken({ scopes, app, expires });
		return { ...tokenRow(made), token: made.token };
	}

	protected render(result: CreateResult, terminal: Terminal): void {
		terminal.line(result.token);
		const until = result.expires === null ? "never expires" : `expires ${formatMinute(result.expires)}`;
		terminal.note(
			`${result.id}: ${result.scopes.join(", ")} on ${appsOf(result)}; ${until}. It is shown only once.`,
		);
	}
}
