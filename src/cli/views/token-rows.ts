/** Describes access tokens, without the tokens themselves. */
import { BASE44_SCOPE } from "../../protocol/routes.ts";
import type { TokenDescription } from "../../protocol/token-messages.ts";
import { formatMinute } from "../context/instant.ts";

export interface TokenRow {
	readonly id: string;
	readonly scopes: readonly string[];
	/** The only app that the token is valid for; null for all apps. */
	readonly app: string | null;
	/** When it expires, in ISO 8601; null for never. */
	readonly expires: string | null;
	readonly created: string;
}

export interface ListedToken extends TokenRow {
	/** Whether the platform refuses the token because its time is over, by the clock of this machine. */
	readonly expired: boolean;
}

/** The description of a token for `--json`. */
export function tokenRow({ id, scopes, app, expiresAtMs, createdAtMs }: TokenDescription): TokenRow {
	const expires = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
	return { id, scopes, app, expires, created: new Date(createdAtMs).toISOString() };
}

/**
 * The description of a token in a list, for `--json`.
 * @param nowMs milliseconds since 1970
 */
export function listedToken(token: TokenDescription, nowMs: number): ListedToken {
	return { ...tokenRow(token), expired: token.expiresAtMs !== null && token.expiresAtMs <= nowMs };
}

/** When a token of a list expires, as a text. One that has expired is marked. */
export function expiryOf({ expired, expires }: Pick<ListedToken, "expired" | "expires">): string {
	if (expires === null) return "never";
	return `${formatMinute(expires)}${expired ? " (expired)" : ""}`;
}

/** The apps that a token is valid for, as a text. */
export function appsOf({ app, scopes }: Pick<TokenRow, "app" | "scopes">): string {
	return app ?? (scopes.includes(BASE44_SCOPE) ? "the first app that it is used with" : "every app");
}
