/** Authenticates a request by its token, and checks the token's scope. */
import { AppError, EXIT } from "../../errors.ts";
import type { Scope } from "../../protocol/routes.ts";
import type { Principal, TokenRegistry } from "../tokens/tokens.ts";
import type { FailureLimit, RequestLimit } from "./limits.ts";

const TOKEN_HINT = "Pass a token of this platform: `coffer link` stores it, COFFER_TOKEN overrides it.";

export function tokenInvalid(): AppError {
	return new AppError({
		code: "TOKEN_INVALID",
		message:
			"The access token is not valid on this platform: it is unknown, revoked, expired, or belongs to another platform.",
		hint: TOKEN_HINT,
		exit: EXIT.unauthorised,
	});
}

function tokenMissing(): AppError {
	return new AppError({
		code: "TOKEN_MISSING",
		message: "The request has no access token.",
		hint: TOKEN_HINT,
		exit: EXIT.unauthorised,
	});
}

const BEARER = /^bearer +([!-~]+)$/i;

export interface Guard {
	readonly tokens: TokenRegistry;
	readonly failures: FailureLimit;
	readonly requests: RequestLimit;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/**
 * Finds the token of a request. The Base44 CLI sends its token in another header.
 * @throws AppError (exit 3) `TOKEN_MISSING`, `TOKEN_INVALID` (401), `TOO_MANY_REQUESTS` (429), (exit 6)
 * `TOKEN_RATE_EXCEEDED` (429)
 */
export function authenticate(
	request: Request,
	address: string,
	{ tokens, failures, requests, now }: Guard,
	by: "bearer" | "api_key" = "bearer",
): Principal {
	const header = request.headers.get(by === "bearer" ? "authorization" : "api_key");
	const token = by === "bearer" ? BEARER.exec(header ?? "")?.[1] : (header ?? undefined);
	const principal = token === undefined ? undefined : tokens.authenticate(token, now());
	if (principal !== undefined) {
		requests.note(principal.id);
		return principal;
	}
	failures.note(address);
	throw header === null ? tokenMissing() : tokenInvalid();
}

/** @throws AppError `TOKEN_SCOPE` (exit 3) if the token does not have the scope, or is for another app */
export function authorise(
	tokens: TokenRegistry,
	principal: Principal,
	scope: Scope,
	app: string | undefined,
): void {
	if (tokens.authorise(principal, scope, app)) return;
	const { app: own } = principal;
	const asked = app === undefined ? "every app" : `the app '${app}'`;
	throw new AppError({
		code: "TOKEN_SCOPE",
		message:
			own !== undefined && own !== app
				? `The access token is valid for the app '${own}' only. This request needs one for ${asked}.`
				: `The access token lacks the scope '${scope}'.`,
		hint: "Ask the operator of the platform for a token with this right.",
		exit: EXIT.unauthorised,
	});
}
