/**
 * The replacement of a device's identity. The one before is kept, as the previous one, until it is forgotten on
 * purpose: each project must still be handed over from the one to the other.
 *
 * Whatever step it is cut at, the place holds the identity that the projects know: first the present one is kept as the
 * previous one too, and only then does the new one take its place.
 */
import { realpath } from "node:fs/promises";
import { AppError, EXIT } from "../errors.ts";
import { formatIdentity, type Identity, identityOf, newIdentity, sameIdentity } from "./identity.ts";
import { deleteIdentityFile, readIdentityFile, replaceIdentityFile } from "./identity-file.ts";
import type { Keychain } from "./keychain/keychain.ts";
import { identityInKeychain } from "./sources.ts";

/** Where a device keeps its identity and the previous one. What it throws is what keychain or file throws. */
export interface RotationPlace {
	present(): Promise<Identity | undefined>;
	previous(): Promise<Identity | undefined>;
	/** Each is durable when it resolves, and whole at any moment. */
	setPresent(identity: Identity): Promise<void>;
	setPrevious(identity: Identity): Promise<void>;
	forgetPrevious(): Promise<void>;
}

const ACCOUNTS = { present: "identity", previous: "identity-previous" } as const;

/** The system's keychain. */
export function keychainPlace(keychain: Keychain): RotationPlace {
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
		hint: "Look into the keychain. Nothing that the vaults know was lost.",
		exit: EXIT.unauthorised,
	});
}

/** The file that COFFER_IDENTITY_FILE names, and `FILE.previous` beside it; of a symbolic link, beside what it leads to. */
export function filePlace(file: string): RotationPlace {
	const previousFile = async () => `${await realpath(file).catch(() => file)}.previous`;
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
	/** What it replaced. */
	readonly previous: Identity;
	/** Whether it was replaced just now. */
	readonly created: boolean;
}

/**
 * The rotation that is under way: the present identity and another one that it replaced.
 * @returns undefined where there is none, or none that came as far
 */
export async function openRotation(place: RotationPlace): Promise<Rotation | undefined> {
	const previous = await place.previous();
	if (previous === undefined) return undefined;
	const present = await place.present();
	if (present === undefined || sameIdentity(present, previous)) return undefined;
	return { present, previous, created: false };
}

/**
 * Replaces the place's identity, unless a rotation is under way: that one goes on, then. One process at a time.
 * A binding to a vault goes over to the new one.
 * @throws AppError `IDENTITY_MISSING` (exit 3), or what the place throws
 */
export async function beginRotation(place: RotationPlace): Promise<Rotation> {
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
