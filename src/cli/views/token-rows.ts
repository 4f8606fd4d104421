/**
 * Access tokens as commands show them: everything but the token.
 */
import { BASE44_SCOPE } from "../../protocol/routes.ts";
import type { TokenDescription } from "../../protocol/token-messages.ts";

export interface TokenRow {
	readonly id: string;
	readonly scopes: readonly string[];
	/** The one app that it is for; null: all. */
	readonly app: string | null;
	/** ISO 8601; null: never. */
	readonly expires: string | null;
	readonly created: string;
}

/** A token for `--json`. */
export function tokenRow({ id, scopes, app, expiresAtMs, createdAtMs }: TokenDescription): TokenRow {
	const expires = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
	return { id, scopes, app, expires, created: new Date(createdAtMs).toISOString() };
}

/** Which apps a token is for, in words. */
export function appsOf({ app, scopes }: Pick<TokenRow, "app" | "scopes">): string {
	return app ?? (scopes.includes(BASE44_SCOPE) ? "the app that it is used with first" : "every app");
}
