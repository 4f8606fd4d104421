/**
 * Access tokens for platforms, and API keys for other targets, in the keychain. Each is stored under its origin, so
 * that it is never sent to another origin.
 */
import { AppError, EXIT } from "../errors.ts";
import type { Keychain } from "./keychain/keychain.ts";

/** The use of a credential: `token` for a Coffer platform, or the name of a kind of target. One origin may have both. */
export type TokenUse = string;

/** The token for a platform; undefined if there is none. @param url any URL of the platform */
export function readToken(
	keychain: Keychain,
	url: string,
	use: TokenUse = "token",
): Promise<string | undefined> {
	return keychain.get(accountOf(url, use));
}

/** Stores a platform's token. Replaces an earlier one. */
export async function storeToken(
	keychain: Keychain,
	url: string,
	token: string,
	use: TokenUse = "token",
): Promise<void> {
	if (token === "") {
		throw new AppError({
			code: "TOKEN_EMPTY",
			message: "The access token is empty.",
			hint: "Pass the token that the platform printed when it first started.",
			exit: EXIT.usage,
		});
	}
	await keychain.set(accountOf(url, use), token);
}

/** Deletes a platform's token. @returns whether there was one */
export function deleteToken(keychain: Keychain, url: string, use: TokenUse = "token"): Promise<boolean> {
	return keychain.delete(accountOf(url, use));
}

/** @throws AppError `PLATFORM_URL_INVALID` (exit 2) if the URL has no origin of http or https */
function accountOf(url: string, use: TokenUse): string {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return `${use}:${parsed.origin}`;
	throw new AppError({
		code: "PLATFORM_URL_INVALID",
		message: "That is not a platform's address.",
		hint: "Give an address that begins with https:// (or http:// on this machine).",
		exit: EXIT.usage,
	});
}
