/**
 * From a request's bearer token to who sent it, with a bound on failed attempts.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Scope } from "../../protocol/routes.ts";
import type { Principal, TokenRegistry } from "../tokens.ts";

const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;
const TOKEN_HINT = "Pass a token of this platform: `coffer link` stores it, COFFER_TOKEN overrides it.";

/** Counts failed authentications by address. A valid token always passes: nobody is locked out by a neighbour. */
export class FailureLimit {
	readonly #now: () => number;
	readonly #failures = new Map<string, { count: number; sinceMs: number }>();

	constructor(now: () => number) {
		this.#now = now;
	}

	/** Notes a failure. @throws AppError `TOO_MANY_REQUESTS` (429) past the limit */
	note(address: string): void {
		const nowMs = this.#now();
		const present = this.#failures.get(address);
		const isOver = present === undefined || nowMs - present.sinceMs >= WINDOW_MS;
		const window = isOver ? { count: 0, sinceMs: nowMs } : present;
		window.count++;
		// Last in the order of insertion: the first one is the one that failed longest ago.
		this.#failures.delete(address);
		this.#failures.set(address, window);
		const [oldest] = this.#failures.keys();
		if (this.#failures.size > ADDRESSES_MAX && oldest !== undefined) this.#failures.delete(oldest);
		if (window.count <= FAILURES_MAX) return;
		throw new AppError({
			code: "TOO_MANY_REQUESTS",
			message: `More than ${FAILURES_MAX} requests with no valid token came from your address within a minute.`,
			hint: "Wait a minute, and check the token.",
			exit: EXIT.unauthorised,
		});
	}
}

export function tokenInvalid(): AppError {
	return new AppError({
		code: "TOKEN_INVALID",
		message: "The access token is not valid here: unknown, revoked, expired or another platform's.",
		hint: TOKEN_HINT,
		exit: EXIT.unauthorised,
	});
}

function tokenMissing(): AppError {
	return new AppError({
		code: "TOKEN_MISSING",
		message: "The request carries no access token.",
		hint: TOKEN_HINT,
		exit: EXIT.unauthorised,
	});
}

const BEARER = /^bearer +([!-~]+)$/i;

/**
 * Who sent a request.
 * @throws AppError (exit 3) `TOKEN_MISSING`, `TOKEN_INVALID` (401), `TOO_MANY_REQUESTS` (429)
 */
export function authenticate(
	request: Request,
	address: string,
	{ tokens, limit, now }: { tokens: TokenRegistry; limit: FailureLimit; now: () => number },
): Principal {
	const header = request.headers.get("authorization");
	const token = BEARER.exec(header ?? "")?.[1];
	const principal = token === undefined ? undefined : tokens.authenticate(token, now());
	if (principal !== undefined) return principal;
	limit.note(address);
	throw header === null ? tokenMissing() : tokenInvalid();
}

/** @throws AppError `TOKEN_SCOPE` (exit 3) where the principal may not do what asks for the scope */
export function authorise(
	tokens: TokenRegistry,
	principal: Principal,
	scope: Scope,
	app: string | undefined,
): void {
	if (tokens.authorise(principal, scope, app)) return;
	const isOther = principal.app !== undefined && principal.app !== app;
	throw new AppError({
		code: "TOKEN_SCOPE",
		message: isOther
			? "The access token is for another app."
			: `The access token lacks the scope '${scope}'.`,
		hint: "Ask whoever runs the platform for a token that may do this.",
		exit: EXIT.unauthorised,
	});
}
