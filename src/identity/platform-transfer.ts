/**
 * Moves a platform's identity to another machine: finds it where this platform reads it, and stores it where another
 * platform will read it. Unlike a start of the platform, neither function creates an identity.
 */

import { cryptoReady } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { type Identity, parseIdentity, sameIdentity } from "./identity.ts";
import { readIdentityFile, writeIdentityFile } from "./identity-file.ts";
import type { Keychain } from "./keychain/keychain.ts";
import {
	PLATFORM_ACCOUNT,
	type PlatformIdentity,
	type PlatformIdentityOptions,
} from "./platform-identity.ts";
import { identityInKeychain, storeInKeychain } from "./sources.ts";

type Found = Omit<PlatformIdentity, "created">;

/** The places to search, in the order of `openPlatformIdentity`. */
export type PlatformIdentitySources = Omit<PlatformIdentityOptions, "dataDirectory">;

/**
 * The identity of a platform on this machine: from `--identity-file`, COFFER_PLATFORM_IDENTITY,
 * COFFER_PLATFORM_IDENTITY_FILE, or the keychain.
 * @throws AppError (exit 3) `PLATFORM_IDENTITY_MISSING` if there is none, or what reading it throws
 */
export async function findPlatformIdentity({
	env,
	identityFile,
	keychain,
}: PlatformIdentitySources): Promise<Found> {
	await cryptoReady;
	if (identityFile !== undefined) return { identity: await readIdentityFile(identityFile), source: "file" };
	const { COFFER_PLATFORM_IDENTITY: text, COFFER_PLATFORM_IDENTITY_FILE: path } = env;
	if (text !== undefined)
		return { identity: parseIdentity(text, "COFFER_PLATFORM_IDENTITY"), source: "environment" };
	if (path !== undefined) return { identity: await readIdentityFile(path), source: "file" };
	const identity = await inKeychain(keychain);
	if (identity !== undefined) return { identity, source: "keychain" };
	throw missing("This user's keychain has no platform identity.");
}

async function inKeychain(keychain: Keychain): Promise<Identity | undefined> {
	try {
		return await identityInKeychain(keychain, PLATFORM_ACCOUNT);
	} catch (error) {
		if (error instanceof AppError && error.code.startsWith("KEYCHAIN_")) throw missing(error.message, error);
		throw error;
	}
}

function missing(why: string, cause?: AppError): AppError {
	return new AppError({
		code: "PLATFORM_IDENTITY_MISSING",
		message: `No identity of a platform was found. ${why}`,
		hint: "Run this as the platform's user, or name the file with its identity: --identity-file FILE.",
		exit: EXIT.unauthorised,
		cause,
	});
}

/**
 * Stores an identity for the platform that will start here: in a new file, or in the keychain. If the same
 * identity is there already, nothing changes.
 * @param file path of the file; undefined for the keychain
 * @param keychain used if no file is named
 * @returns whether it was there before
 * @throws AppError `IDENTITY_EXISTS` or `IDENTITY_FILE_EXISTS` (exit 5) if there is another identity, or what
 *   keychain or file throws
 */
export async function keepPlatformIdentity(
	identity: Identity,
	{ file, keychain }: { readonly file: string | undefined; readonly keychain: Keychain },
): Promise<{ present: boolean }> {
	const known =
		file === undefined ? await identityInKeychain(keychain, PLATFORM_ACCOUNT) : await inFile(file);
	const present = known !== undefined && sameIdentity(known, identity);
	if (present) return { present };
	if (file === undefined) await storeInKeychain(keychain, PLATFORM_ACCOUNT, identity);
	else await writeIdentityFile(file, identity);
	return { present };
}

async function inFile(path: string): Promise<Identity | undefined> {
	try {
		return await readIdentityFile(path);
	} catch (error) {
		if (error instanceof AppError && error.code === "IDENTITY_FILE_NOT_FOUND") return undefined;
		throw error;
	}
}

/**
 * Rejects a place from which the platform would not read the identity: a variable takes precedence over the keychain,
 * and over another file.
 * @param file path of `--identity-file`, which takes precedence over variables
 * @throws AppError `IDENTITY_EXISTS` (exit 5)
 */
export function requireUnnamed(file: string | undefined, env: PlatformIdentitySources["env"]): void {
	const named = (["COFFER_PLATFORM_IDENTITY", "COFFER_PLATFORM_IDENTITY_FILE"] as const).find(
		(name) => env[name] !== undefined,
	);
	if (file !== undefined || named === undefined) return;
	throw new AppError({
		code: "IDENTITY_EXISTS",
		message: `${named} is set, and determines the identity of a platform that is started here.`,
		hint: "Unset it to keep the identity in the keychain, or name a new file: --identity-file FILE.",
		exit: EXIT.conflict,
	});
}
