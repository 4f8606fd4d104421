/** The rights of an access token, and the time at which it expires. */
import { AppError, EXIT } from "../../errors.ts";
import type { BASE44_SCOPE, Scope } from "../../protocol/routes.ts";
import type { Clock } from "../machine/clock.ts";

/** The most tokens of a platform. Each request is compared with all tokens, and one answer lists them all. */
export const TOKENS_MAX = 10_000;

/** A scope of a token. A token for the Base44 CLI has the scope `base44` alone. */
export type GrantedScope = Scope | typeof BASE44_SCOPE;

/** The rights of a new token. */
export interface Grant {
	readonly scopes: readonly GrantedScope[];
	/** The only app that the token is valid for. Undefined: all apps. */
	readonly app?: string | undefined;
	/** Milliseconds since 1970. Undefined: the token does not expire. */
	readonly expiresAtMs?: number | undefined;
}

/** Whether a token that expires at a time is valid now. */
export function isCurrent(expiresAtMs: number | undefined, nowMs: number): boolean {
	return expiresAtMs === undefined || expiresAtMs > nowMs;
}

/** The longest delay that a timer takes. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/**
 * Calls back at a time, which may be further away than a timer can wait.
 * @param expiresAtMs milliseconds since 1970. Undefined: never.
 * @returns a function that cancels this
 */
export function atExpiry(
	expiresAtMs: number | undefined,
	clock: Pick<Clock, "now" | "schedule">,
	onExpired: () => void,
): () => void {
	let cancel = () => {};
	const check = () => {
		if (expiresAtMs === undefined) return;
		if (!isCurrent(expiresAtMs, clock.now())) return onExpired();
		cancel = clock.schedule(check, Math.min(expiresAtMs - clock.now(), DELAY_MAX_MS));
	};
	check();
	return () => cancel();
}

/** The error for a token that would expire before it is created. */
export function expiryInPast(): AppError {
	return new AppError({
		code: "TOKEN_EXPIRED_ALREADY",
		message: "The time at which the token is to expire has passed, by the platform's clock.",
		hint: "Give a later time, or a duration such as 30d.",
		exit: EXIT.usage,
	});
}

/** The error for a platform that has reached the limit of tokens. */
export function tooManyTokens(): AppError {
	return new AppError({
		code: "TOKENS_TOO_MANY",
		message: `The platform has ${TOKENS_MAX} access tokens, which is the limit.`,
		hint: "Revoke tokens that are not used. Expired tokens count, too.",
		exit: EXIT.conflict,
	});
}

/** The error for a token of one app that was used with another. */
export function tokenOfOtherApp(): AppError {
	return new AppError({
		code: "TOKEN_SCOPE",
		message: "The access token is valid for another app only.",
		hint: "A token for the Base44 CLI is valid for one app. Create one for this app: coffer platform token create --base44 --app APP.",
		exit: EXIT.unauthorised,
	});
}
