/**
 * What an access token is made for, and for how long.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { BASE44_SCOPE, Scope } from "../../protocol/routes.ts";
import type { Clock } from "../machine/clock.ts";

/** Every request is held against each of them; a list of them is one answer. */
export const TOKENS_MAX = 10_000;

/** What a token may be made for. One for the Base44 CLI has that scope alone. */
export type GrantedScope = Scope | typeof BASE44_SCOPE;

/** What a new token may do. */
export interface Grant {
	readonly scopes: readonly GrantedScope[];
	/** The one app that it is for; all where it is left out. */
	readonly app?: string | undefined;
	/** Milliseconds since 1970; never where it is left out. */
	readonly expiresAtMs?: number | undefined;
}

/** Whether what expires at a moment has not expired. */
export function isCurrent(expiresAtMs: number | undefined, nowMs: number): boolean {
	return expiresAtMs === undefined || expiresAtMs > nowMs;
}

/** The longest delay that a timer takes. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/**
 * Tells when a moment in the future has come, however far it is.
 * @param expiresAtMs milliseconds since 1970; undefined: never
 * @returns takes that back
 */
export function atExpiry(
	expiresAtMs: number | undefined,
	clock: Pick<Clock, "now" | "schedule">,
	tell: () => void,
): () => void {
	let cancel = () => {};
	const look = () => {
		if (expiresAtMs === undefined) return;
		if (!isCurrent(expiresAtMs, clock.now())) return tell();
		cancel = clock.schedule(look, Math.min(expiresAtMs - clock.now(), DELAY_MAX_MS));
	};
	look();
	return () => cancel();
}

/** The refusal of a grant that is over before it begins. */
export function expiredAlready(): AppError {
	return new AppError({
		code: "TOKEN_EXPIRED_ALREADY",
		message: "The moment at which the token is to expire is over, by the platform's clock.",
		hint: "Name a later one, or how long it is to be valid, such as 30d.",
		exit: EXIT.usage,
	});
}

/** The refusal of one more token. */
export function tooMany(): AppError {
	return new AppError({
		code: "TOKENS_TOO_MANY",
		message: `There are ${TOKENS_MAX} access tokens, the most that a platform keeps.`,
		hint: "Revoke those that nobody uses; expired ones count too.",
		exit: EXIT.conflict,
	});
}

/** The refusal of a token that is for one app, and was used with another. */
export function otherApp(): AppError {
	return new AppError({
		code: "TOKEN_SCOPE",
		message: "The access token is for another app.",
		hint: "A token for the Base44 CLI is for one app: make another, coffer platform token create --base44 --app APP.",
		exit: EXIT.unauthorised,
	});
}
