/**
 * Lists the access tokens of the linked platform that a removed member may still have. The platform does not
 * store which member has a token, so all tokens for the app are listed.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { formatMinute } from "../context/instant.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { appsOf, type TokenRow, tokenRow } from "../views/token-rows.ts";

/**
 * The tokens for the app that have not expired, oldest first.
 * @returns null if the platform cannot be reached, or if this device's token may not list tokens
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
 * Prints the tokens that removed members may have, and the command that revokes one. A token cannot decrypt values, but
 * it may permit syncs and deployments.
 * @param tokens null if they are unknown
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
		terminal.line(
			`Access tokens of the platform that ${who} may have are still valid. '${list}' lists them,`,
		);
		terminal.line(`  and ${revoke} revokes one. Both need a token with the scope 'admin'.`);
		return;
	}
	if (tokens.length === 0) return;
	terminal.line(`Access tokens for the app that ${who} may have (to revoke one: ${revoke}):`);
	const rows = tokens.map((row) => [
		`  ${row.id}`,
		row.scopes.join(", "),
		appsOf(row),
		`created ${formatMinute(row.created)}`,
	]);
	terminal.table(rows);
}
