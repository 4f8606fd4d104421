/**
 * Finds a device's identity. The sources are, in this order: an environment variable (for CI), a file that an
 * environment variable names, and the system's keychain. Only the first source that is named is used: if it
 * fails, the next one is not tried.
 */
import { cryptoReady } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { formatIdentity, type Identity, newIdentity, parseIdentity, sameIdentity } from "./identity.ts";
import { readIdentityFile } from "./identity-file.ts";
import type { Keychain } from "./keychain/keychain.ts";

/** The keychain's account of the device's identity. */
const ACCOUNT = "identity";

export interface FoundIdentity {
	identity: Identity;
	source: "environment" | "file" | "keychain";
}

/**
 * The device's identity; undefined if no other source is named and the keychain works but has none.
 * @throws AppError (exit 3) if the named source is malformed, not private or not available
 */
export async function openIdentity(options: {
	env: { COFFER_IDENTITY?: string | undefined; COFFER_IDENTITY_FILE?: string | undefined };
	keychain: Keychain;
}): Promise<FoundIdentity | undefined> {
	const { COFFER_IDENTITY: text, COFFER_IDENTITY_FILE: path } = options.env;
	if (text !== undefined) {
		await cryptoReady;
		return { identity: parseIdentity(text, "COFFER_IDENTITY"), source: "environment" };
	}
	if (path !== undefined)
		return { identity: await readIdentityFile(path).catch(explainAbsent), source: "file" };
	const identity = await identityInKeychain(options.keychain, ACCOUNT);
	return identity && { identity, source: "keychain" };
}

/** A user who joins a project may name a file before it exists. */
function explainAbsent(error: unknown): never {
	if (!(error instanceof AppError) || error.code !== "IDENTITY_FILE_NOT_FOUND") throw error;
	throw error.with({
		hint: "Check the path. 'coffer identity new' creates an identity there, and 'coffer identity import FILE' imports an exported one.",
	});
}

/**
 * Creates the device's identity in the keychain.
 * @throws AppError `IDENTITY_EXISTS` (exit 5) if the keychain has one; or what the keychain throws
 */
export async function createIdentityInKeychain(keychain: Keychain): Promise<Identity> {
	return storeInKeychain(keychain, ACCOUNT, newIdentity());
}

/**
 * Stores an identity from elsewhere (an export) as the device's identity.
 * @throws AppError `IDENTITY_EXISTS` (exit 5) if the keychain has another one; or what the keychain throws
 */
export async function importIdentityToKeychain(keychain: Keychain, identity: Identity): Promise<void> {
	const present = await identityInKeychain(keychain, ACCOUNT);
	if (present !== undefined && sameIdentity(present, identity)) return;
	const stored = await storeInKeychain(keychain, ACCOUNT, identity);
	if (!sameIdentity(stored, identity)) throw alreadyThere(ACCOUNT);
}

/** The identity in an account of the keychain; undefined if there is none. */
export async function identityInKeychain(keychain: Keychain, account: string): Promise<Identity | undefined> {
	const text = await keychain.get(account);
	await cryptoReady;
	return text === undefined ? undefined : parseIdentity(text, `the system's keychain (coffer, ${account})`);
}

/** Stores an identity in an empty account, and reads it back. @returns the identity that the keychain now returns */
export async function storeInKeychain(
	keychain: Keychain,
	account: string,
	identity: Identity,
): Promise<Identity> {
	if ((await keychain.get(account)) !== undefined) throw alreadyThere(account);
	await keychain.set(account, formatIdentity(identity));
	const stored = await identityInKeychain(keychain, account);
	if (stored !== undefined) return stored;
	throw new AppError({
		code: "KEYCHAIN_UNAVAILABLE",
		message: "The system's keychain accepted the identity and did not keep it.",
		hint: "Pass the identity in COFFER_IDENTITY, or name a file that contains it in COFFER_IDENTITY_FILE.",
		exit: EXIT.unauthorised,
	});
}

function alreadyThere(account: string): AppError {
	return new AppError({
		code: "IDENTITY_EXISTS",
		message: `The system's keychain already holds an identity (coffer, ${account}).`,
		hint: "Use that identity. Without it, vaults of which it is a member could not be opened.",
		exit: EXIT.conflict,
	});
}
