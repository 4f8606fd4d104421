/**
 * Replaces a device's identity. The old one is kept as the previous identity until the user deletes it, because each
 * project must still replace it with the new one.
 *
 * A rotation can be interrupted at any step without losing the identity that is a member of the projects: the current
 * identity is first stored as the previous one too, and only then replaced.
 */
import { realpath } from "node:fs/promises";
import { AppError, EXIT } from "../errors.ts";
import { formatIdentity, type Identity, identityOf, newIdentity, sameIdentity } from "./identity.ts";
import { deleteIdentityFile, readIdentityFile, replaceIdentityFile } from "./identity-file.ts";
import type { Keychain } from "./keychain/keychain.ts";
import { identityInKeychain } from "./sources.ts";

/** Stores a device's current and previous identity. Its methods throw the errors of the keychain or the file. */
export interface RotationStore {
	present(): Promise<Identity | undefined>;
	previous(): Promise<Identity | undefined>;
	/** Each write is durable when it resolves, and atomic. */
	setPresent(identity: Identity): Promise<void>;
	setPrevious(identity: Identity): Promise<void>;
	forgetPrevious(): Promise<void>;
}

const ACCOUNTS = { present: "identity", previous: "identity-previous" } as const;

/** The system's keychain. */
export function keychainRotationStore(keychain: Keychain): RotationStore {
	const set = async (account: string, identity: Identity) => {
		await keychain.set(account, formatIdentity(identity));
		const stored = await identityInKeychain(keychain, account);
		if (!stored || !sameIdentity(stored, identity)) throw notKept(account);
	};
	return {
		present: () => identityInKeychain(keychain, ACCOUNTS.present),
		previous: () => identityInKeychain(keychain, ACCOUNTS.previous),
		setPresent: (identity) => set(ACCOUNTS.present, identity),
		setPrevious: (identity) => set(ACCOUNTS.previous, identity),
		forgetPrevious: async () => void (await keychain.delete(ACCOUNTS.previous)),
	};
}

function notKept(account: string): AppError {
	return new AppError({
		code: "KEYCHAIN_UNAVAILABLE",
		message: `The system's keychain accepted the identity and did not keep it (coffer, ${account}).`,
		hint: "Check the keychain. No identity that is a member of a vault was lost.",
		exit: EXIT.unauthorised,
	});
}

/**
 * The two files that a rotation writes if the identity is in a file: the current identity's, and the previous one's.
 */
export async function filesOfRotation(file: string): Promise<readonly [present: string, previous: string]> {
	const real = await realpath(file).catch(() => file);
	return [real, `${real}.previous`];
}

/** The file that COFFER_IDENTITY_FILE names, and `FILE.previous` beside it. For a symbolic link, beside its target. */
export function fileRotationStore(file: string): RotationStore {
	const previousFile = async () => (await filesOfRotation(file))[1];
	return {
		present: () => readIdentityFile(file),
		previous: async () => {
			const path = await previousFile();
			return readIdentityFile(path).catch((error: unknown) => {
				if (error instanceof AppError && error.code === "IDENTITY_FILE_NOT_FOUND") return undefined;
				throw error;
			});
		},
		setPresent: async (identity) => replaceIdentityFile(await realpath(file), identity),
		setPrevious: async (identity) => replaceIdentityFile(await previousFile(), identity),
		forgetPrevious: async () => deleteIdentityFile(await previousFile()),
	};
}

export interface Rotation {
	readonly present: Identity;
	/** The identity that it replaced. */
	readonly previous: Identity;
	/** Whether it was replaced by this call. */
	readonly created: boolean;
}

/**
 * The rotation in progress: the current identity, and a different one that it replaced.
 * @returns undefined if there is none, or if it was interrupted before the replacement
 */
export async function openRotation(place: RotationStore): Promise<Rotation | undefined> {
	const previous = await place.previous();
	if (previous === undefined) return undefined;
	const present = await place.present();
	if (present === undefined || sameIdentity(present, previous)) return undefined;
	return { present, previous, created: false };
}

/**
 * Replaces the current identity. If a rotation is in progress, continues that one. Only one process at a time may do
 * this. A binding to a vault is copied to the new identity.
 * @throws AppError `IDENTITY_MISSING` (exit 3), or the errors of the store
 */
export async function beginRotation(place: RotationStore): Promise<Rotation> {
	const open = await openRotation(place);
	if (open) return open;
	const previous = await place.present();
	if (previous === undefined) {
		throw new AppError({
			code: "IDENTITY_MISSING",
			message: "This device has no identity to replace.",
			hint: "Make one: coffer identity new.",
			exit: EXIT.unauthorised,
		});
	}
	const present = identityOf(newIdentity().seed, previous.vaultPin);
	await place.setPrevious(previous);
	await place.setPresent(present);
	return { present, previous, created: true };
}
