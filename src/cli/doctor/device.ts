/** Checks of this device: its keychain and its identity. */
import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { fingerprint, type Identity } from "../../identity/identity.ts";
import { shellWord } from "../../printable.ts";
import { makePrivate } from "../../project/files/private.ts";
import { SOURCES } from "../context/device-identity.ts";
import { findIdentity, systemKeychain } from "../context/open-project.ts";
import { type Environment, readCredentials } from "../shell/process-environment.ts";
import { type Fixable, failure, ok, warning } from "./check.ts";

/** The keychain's accounts of throw-away entries begin with this word. */
const ACCOUNT = "doctor";
const IN_A_FILE = `export COFFER_IDENTITY_FILE="$HOME/.coffer-identity" && coffer identity new`;

/** Whether the identity comes from elsewhere, so that only tokens are in the keychain. */
function hasOwnSource({ identityFile }: Environment): boolean {
	return readCredentials().identity !== undefined || identityFile !== undefined;
}

/** Writes, reads and deletes an entry of its own. */
async function tryKeychain(): Promise<void> {
	const keychain = systemKeychain();
	const account = `${ACCOUNT}:${randomBytes(6).toString("hex")}`;
	const text = randomBytes(12).toString("hex");
	await keychain.set(account, text);
	try {
		if ((await keychain.get(account)) !== text) throw new TypeError("The keychain returned another text.");
	} finally {
		await keychain.delete(account);
	}
}

/** Checks that the keychain keeps an entry. Without it, tokens and an identity have to come from elsewhere. */
export async function checkKeychain(environment: Environment): Promise<Fixable> {
	try {
		await tryKeychain();
		return ok("keychain", "The system's keychain stores, returns and deletes an entry.");
	} catch (error) {
		if (error instanceof TypeError)
			return failure("keychain", "The system's keychain does not return what it stores.", IN_A_FILE);
		if (!(error instanceof AppError)) throw error;
		if (hasOwnSource(environment)) {
			const text = `${error.message} The identity comes from elsewhere, but access tokens cannot be stored: pass them in COFFER_TOKEN.`;
			return warning("keychain", text, null);
		}
		return failure("keychain", `${error.message} ${error.hint}`, IN_A_FILE);
	}
}

/** The command that mends a fault of the identity's source, and whether `--fix` may run it. */
function remedyFor({ code }: AppError, path: string | undefined): Pick<Fixable, "remedy" | "fix"> {
	if (path !== undefined && code === "IDENTITY_FILE_MODE")
		return {
			remedy: `chmod 600 ${shellWord(path)}`,
			fix: () => makePrivate(path, 0o600),
		};
	if (path !== undefined && code === "IDENTITY_FILE_DIRECTORY")
		return { remedy: `chmod o-w ${shellWord(dirname(resolve(path)))}` };
	if (code === "IDENTITY_FILE_NOT_FOUND") return { remedy: "coffer identity new" };
	if (code === "IDENTITY_MALFORMED" && path === undefined) return { remedy: "unset COFFER_IDENTITY" };
	if (code.startsWith("KEYCHAIN_")) return { remedy: IN_A_FILE };
	return { remedy: path === undefined ? null : "unset COFFER_IDENTITY_FILE" };
}

/** Checks the identity. @returns the check, and the identity if there is one */
export async function checkIdentity(
	environment: Environment,
): Promise<{ check: Fixable; identity: Identity | undefined }> {
	try {
		const [found] = await Promise.all([findIdentity(environment), cryptoReady]);
		if (found) {
			const { identity, source } = found;
			const text = `The identity ${fingerprint(identity.publicKeys)} is in ${SOURCES[source]}.`;
			return { check: ok("identity", text), identity };
		}
		const text = "This device has no identity, which every vault needs.";
		return { check: failure("identity", text, "coffer identity new"), identity: undefined };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const path = readCredentials().identity === undefined ? environment.identityFile : undefined;
		const { remedy, fix } = remedyFor(error, path);
		const text = `There is no identity that can be used. ${error.message}`;
		return { check: failure("identity", text, remedy, fix), identity: undefined };
	}
}
