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

/** The refusal of a token that is for both, or for nothing. */
function unclear(isBoth: boolean): AppError {
	const message = isBoth
		? "A token for the Base44 CLI (--base44) opens its calls alone and takes no --scope."
		: `Say what the token is for: --scope (${SCOPES.join(", ")}), or --base44.`;
	return usageError(message, "platform token create");
}

export default class PlatformTokenCreate extends BaseCommand<CreateResult> {
	static override summary = "Make an access token for a running platform";
	static override description =
		"The token is printed once, alone on stdout, and kept nowhere: the platform holds a hash of it. read lists apps and functions and reads their logs; sync reads and appends changes; deploy uploads, deploys and deletes functions; admin does all of that, deletes apps and makes tokens. This takes a token with admin that is bound to no app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> platform token create --scope deploy --scope sync --app shop --expires 30d",
		"<%= config.bin %> platform token create --base44 --url https://coffer.example.com",
		"<%= config.bin %> platform token create --scope read --expires 2027-01-31 --url https://coffer.example.com",
	];
	static override flags = {
		scope: Flags.string({
			description: "what it may do (repeatable)",
			options: [...SCOPES],
			multiple: true,
		}),
		base44: Flags.boolean({
			default: false,
			description:
				"for the Base44 CLI (BASE44_API_KEY); without --app for the new app that its first use makes",
		}),
		app: Flags.string({
			description: "the one app that it is for, as long as that is there; all if left out",
			helpValue: "APP",
		}),
		expires: Flags.string({
			description: "how long it is valid (90m, 12h, 30d, 2w), or until when (a date, in UTC)",
			default: "never",
			helpValue: "WHEN",
		}),
		url: platformUrlFlag,
		token: Flags.string({
			description: "the token to ask with; COFFER_TOKEN keeps it out of the list of processes",
			helpValue: "TOKEN",
		}),
		environment: environmentFlag,
	};

	protected async execute(): Promise<CreateResult> {
		const { flags } = await this.parse(PlatformTokenCreate);
		const { app = null } = flags;
		if (app !== null) requireAppId(app);
		const expires = parseExpiry(flags.expires, Date.now());
		const asked = flags.scope ?? [];
		if (flags.base44 === asked.length > 0) throw unclear(flags.base44);
		const scopes: CreateToken["scopes"] = flags.base44
			? [BASE44_SCOPE]
			: SCOPES.filter((scope) => asked.includes(scope));
		const remote = await platformAt(flags.url, flags.environment, flags.token);
		const made = await remote.createToken({ scopes, app, expires });
		return { ...tokenRow(made), token: made.token };
	}

	protected render(result: CreateResult, terminal: Terminal): void {
		terminal.line(result.token);
		const until = result.expires === null ? "never expires" : `expires ${formatMinute(result.expires)}`;
		terminal.note(
			`${result.id}: ${result.scopes.join(", ")} on ${appsOf(result)}; ${until}. It is shown this once.`,
		);
	}
}
