/**
 * What nearly every command needs first: the project's root, this device's identity, the keychain.
 */
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { type Keychain, osKeychain } from "../../identity/keychain/keychain.ts";
import { type FoundIdentity, openIdentity } from "../../identity/sources.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { prepareLock } from "../../project/files/vault-lock.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { SessionCache } from "../../project/session/session-cache.ts";
import { isEnvironmentName } from "../../vault/syntax/syntax.ts";
import { type Environment, readBusEnvironment, readCredentials } from "../shell/process-environment.ts";
import { requireNearestVault } from "./other-vaults.ts";

/** The system's keychain; nothing is asked of it before it is used. */
export function systemKeychain(): Keychain {
	return osKeychain({ environment: readBusEnvironment() });
}

/** This device's identity and where it came from, or undefined where there is none yet. */
export function findIdentity(environment: Environment): Promise<FoundIdentity | undefined> {
	return openIdentity({
		env: { COFFER_IDENTITY: readCredentials().identity, COFFER_IDENTITY_FILE: environment.identityFile },
		keychain: systemKeychain(),
	});
}

/** This device's identity. @throws AppError `IDENTITY_MISSING` (exit 3) where there is none, or what its source throws */
export async function requireIdentity(environment: Environment): Promise<FoundIdentity> {
	const found = await findIdentity(environment);
	if (found) return found;
	throw new AppError({
		code: "IDENTITY_MISSING",
		message:
			"This device has no identity: the keychain holds none, and neither COFFER_IDENTITY nor COFFER_IDENTITY_FILE is set.",
		hint: "Make one ('coffer init' in a new project, 'coffer identity new' to join another, 'coffer identity import FILE' for one that was exported), or set one of the two.",
		exit: EXIT.unauthorised,
	});
}

/**
 * This device's identity with its memory, for what works without one too: where there is none, or no keychain that
 * could hold one. A keychain that is locked or denies is an error all the same.
 */
export async function findHolder(
	environment: Environment,
): Promise<Pick<SessionContext, "identity" | "member" | "stateFolder"> | undefined> {
	const [found] = await Promise.all([findIdentity(environment).catch(noKeychain), cryptoReady]);
	return (
		found && {
			identity: found.identity,
			member: fingerprint(found.identity.publicKeys),
			stateFolder: environment.stateDirectory,
		}
	);
}

function noKeychain(error: unknown): undefined {
	if (!(error instanceof AppError) || error.code !== "KEYCHAIN_UNAVAILABLE") throw error;
}

/** @throws AppError `ENVIRONMENT_NAME_INVALID` (exit 2) */
export function requireEnvironmentName(name: string): void {
	if (isEnvironmentName(name)) return;
	throw new AppError({
		code: "ENVIRONMENT_NAME_INVALID",
		message:
			"An environment's name is 1 to 63 lower-case letters, digits and dashes, and does not begin with a dash.",
		hint: "Use a name such as production or preview.",
		exit: EXIT.usage,
	});
}

/**
 * Opens the way to one environment of the project around the working directory.
 * @param name of the environment
 * @param use what follows; an edit takes the vault's lock
 * @param meanwhile called with root and name while secrets are on their way to the disk
 * @throws AppError exit 2, 3 or 4 where name, identity or project is not to be had
 */
export async function openContext(
	environment: Environment,
	name: string,
	use: "read" | "edit" = "read",
	meanwhile?: (root: string, environment: string) => void,
): Promise<SessionContext> {
	requireEnvironmentName(name);
	const root = requireRoot(currentFolder());
	if (use === "edit") await requireNearestVault(root);
	// The keychain answers while libsodium's WebAssembly is made ready, and an editing command loads its lock.
	const finding = Promise.all([requireIdentity(environment), cryptoReady]);
	if (use === "edit") setImmediate(prepareLock);
	const [found] = await finding;
	const { identity } = found;
	return {
		root,
		environment: name,
		identity,
		member: fingerprint(identity.publicKeys),
		stateFolder: environment.stateDirectory,
		cache: new SessionCache(),
		meanwhile: meanwhile && (() => meanwhile(root, name)),
	};
}
