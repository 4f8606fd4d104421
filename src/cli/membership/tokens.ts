/**
 * What somebody who was removed may still hold: access tokens of the linked platform. A platform keeps no member's name
 * beside a token, so all those are shown that open the app.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { formatMinute } from "../context/instant.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { appsOf, type TokenRow, tokenRow } from "../views/token-rows.ts";

/**
 * The tokens that open the app and have not expired, oldest first.
 * @returns null where the platform does not tell this device: it is out of reach, or the token here may not ask
 */
export async function tokensFor({ binding, remote }: LinkTarget, nowMs: number): Promise<TokenRow[] | null> {
	try {
		const { tokens } = await remote.listTokens();
		return tokens
			.filter(({ app }) => app === null || app === binding.app)
			.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
			.map(tokenRow);
	} catch (error) {
		if (error instanceof AppError) return null;
		throw error;
	}
}

/**
 * Says which tokens the removed members may hold, and how to end one. A token opens no value, but may sync and deploy.
 * @param tokens null where they are not known
 */
export function renderTokens(
	tokens: readonly TokenRow[] | null,
	{ environment, removed }: { environment: string; removed: readonly string[] },
	terminal: Terminal,
): void {
	const revoke = `'${inEnvironment("coffer platform token revoke ID", environment)}'`;
	const who = listNames(removed);
	if (tokens === null) {
		const list = inEnvironment("coffer platform token list", environment);
		terminal.line(`Access tokens of the platform that ${who} may hold are valid still: '${list}' shows all,`);
		terminal.line(`  ${revoke} ends one (both take a token with admin).`);
		return;
	}
	if (tokens.length === 0) return;
	terminal.line(`Access tokens that open the app, and that ${who} may hold; ${revoke} ends one:`);
	const rows = tokens.map((row) => [
		`  ${row.id}`,
		row.scopes.join(", "),
		appsOf(row),
		`made ${formatMinute(row.created)}`,
	]);
	terminal.table(rows);
}
