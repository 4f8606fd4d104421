/** Opens the resources that most commands need: the project's root, this device's identity, the keychain. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { type Keychain, osKeychain } from "../../identity/keychain/keychain.ts";
import { type FoundIdentity, openIdentity } from "../../identity/sources.ts";
import { currentFolder, findRoot, requireRoot, VAULT_FILE } from "../../project/files/project-root.ts";
import { prepareLock } from "../../project/files/vault-lock.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { SessionCache } from "../../project/session/session-cache.ts";
import { isEnvironmentName } from "../../vault/syntax/syntax.ts";
import {
	type Environment,
	readBusEnvironment,
	readCredentials,
	withholder,
} from "../shell/process-environment.ts";

/** The system's keychain. No request is made until it is used. */
export function systemKeychain(): Keychain {
	return osKeychain({ environment: readBusEnvironment() });
}

/** This device's identity and its source, or undefined if it has none. */
export function findIdentity(environment: Environment): Promise<FoundIdentity | undefined> {
	return openIdentity({
		env: { COFFER_IDENTITY: readCredentials().identity, COFFER_IDENTITY_FILE: environment.identityFile },
		keychain: systemKeychain(),
	});
}

/** What to do about each program that keeps the identity from this process. */
const WITHHELD = {
	coffer:
		"This command runs inside another 'coffer run', which keeps COFFER_IDENTITY from what it starts. Run it outside, or give the identity in a file (COFFER_IDENTITY_FILE).",
	turbo:
		'Turborepo passes on no variable of Coffer to its tasks. If one is set: add "globalPassThroughEnv": ["COFFER_*"] to turbo.json.',
};

/** Adds to an error about a missing identity that another program keeps the variables from this process. */
function explainWithheld(error: unknown): unknown {
	const by = withholder();
	if (!(error instanceof AppError) || by === undefined) return error;
	if (error.code !== "IDENTITY_MISSING" && error.code !== "KEYCHAIN_UNAVAILABLE") return error;
	return error.with({ hint: `${error.hint}\n${WITHHELD[by]}` });
}

/**
 * This device's identity. @throws AppError `IDENTITY_MISSING` (exit 3) if there is none, or what its source
 * throws
 */
export async function requireIdentity(environment: Environment): Promise<FoundIdentity> {
	const found = await findIdentity(environment).catch((error: unknown) => {
		throw explainWithheld(error);
	});
	if (found) return found;
	throw explainWithheld(identityMissing());
}

function identityMissing(): AppError {
	// Where there is a vault, a new project is not what is needed.
	const root = findRoot(currentFolder());
	const hasVault = root !== undefined && existsSync(join(root, VAULT_FILE));
	const first = hasVault
		? "To join this project: coffer identity new."
		: "To begin a new project: coffer init. To join a project: coffer identity new.";
	return new AppError({
		code: "IDENTITY_MISSING",
		message:
			"This device has no identity: the keychain contains none, and neither COFFER_IDENTITY nor COFFER_IDENTITY_FILE is set.",
		hint: `${first} To use an exported identity: coffer identity import FILE.`,
		exit: EXIT.unauthorised,
	});
}

/**
 * This device's identity and the folder of its memory, or undefined if there is no identity or no keychain. A keychain
 * that is locked or refuses access is an error.
 */
export async function findDeviceIdentity(
	environment: Environment,
): Promise<Pick<SessionContext, "identity" | "member" | "stateFolder"> | undefined> {
	const [found] = await Promise.all([findIdentity(environment).catch(ignoreMissingKeychain), cryptoReady]);
	return (
		found && {
			identity: found.identity,
			member: fingerprint(found.identity.publicKeys),
			stateFolder: environment.stateDirectory,
		}
	);
}

function ignoreMissingKeychain(error: unknown): undefined {
	if (!(error instanceof AppError) || error.code !== "KEYCHAIN_UNAVAILABLE") throw error;
}

/** @throws AppError `ENVIRONMENT_NAME_INVALID` (exit 2) */
export function requireEnvironmentName(name: string): void {
	if (isEnvironmentName(name)) return;
	throw new AppError({
		code: "ENVIRONMENT_NAME_INVALID",
		message:
			"The name of an environment has 1 to 63 lower-case letters, digits and dashes, and does not begin with a dash.",
		hint: "Use a name like production or preview.",
		exit: EXIT.usage,
	});
}

/**
 * Collects the context of a session with one environment. The project is the one that contains the working folder.
 * @param name the name of the environment
 * @param use an edit will take the vault's lock
 * @param meanwhile called with the root and the name while the vault is being written to the disk
 * @throws AppError if the name is invalid (exit 2), or there is no identity (exit 3) or no project (exit 4)
 */
export async function openContext(
	environment: Environment,
	name: string,
	use: "read" | "edit" = "read",
	meanwhile?: (root: string, environment: string) => void,
): Promise<SessionContext> {
	requireEnvironmentName(name);
	const root = requireRoot(currentFolder());
	if (use === "edit") {
		const { requireNearestVault } = await import("./other-vaults.ts");
		await requireNearestVault(root);
	}
	// Do these at the same time: wait for the keychain, compile libsodium's WebAssembly, load the code of the lock.
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
