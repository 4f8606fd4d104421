/**
 * Chooses the demonstration's identity: the one in the system's keychain or, without a keychain, one in a
 * file. Afterwards the keychain is as before.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "./coffer.mjs";

const FORGET = fileURLToPath(new URL("forget-identity.mjs", import.meta.url));
const FORGET_TIMEOUT_MS = 10_000;

/** Every file of Coffer's memory of this user's vaults, except those of the demonstration. */
async function knownVaults() {
	const configured = process.env.XDG_STATE_HOME ?? "";
	const home = isAbsolute(configured) ? configured : join(homedir(), ".local", "state");
	const files = await readdir(join(home, "coffer"), { recursive: true }).catch(() => []);
	return files.sort().join("\n");
}

/**
 * Finds or makes the identity, by creating a vault in another folder.
 * @returns a description of the identity, and a function that restores the earlier state and resolves with a
 * message
 */
export async function chooseIdentity(coffer, folder) {
	const before = await knownVaults();
	await mkdir(join(folder, "aside"));
	const { status, stdout, stderr } = await coffer.run(["init", "--json"], { cwd: join(folder, "aside") });
	if (status === 0) {
		const isNew = JSON.parse(stdout).identity === "created";
		if (!isNew)
			return { used: "the one in the system's keychain, which is there already", putBack: async () => "" };
		return {
			used: "a new one in the system's keychain, removed at the end",
			putBack: () => removeUnlessUsed(before),
		};
	}
	const { error } = JSON.parse(stderr);
	if (!error.code.startsWith("KEYCHAIN_")) throw new Failure(`coffer init failed: ${error.message}`);
	const path = join(folder, "identity");
	await writeFile(path, `coffer-identity-1.${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
	coffer.variables.COFFER_IDENTITY_FILE = path;
	return { used: `a new one in a file. ${error.message}`, putBack: async () => "" };
}

/** If the user has made a vault with this identity meanwhile, the vault could not be opened without it. */
async function removeUnlessUsed(before) {
	if ((await knownVaults()) !== before) {
		return "The identity stays in the keychain: you used Coffer elsewhere meanwhile, and its vaults need it.";
	}
	// In a separate process, because a locked keychain would wait for its password.
	const { status } = spawnSync(process.execPath, [FORGET], { stdio: "ignore", timeout: FORGET_TIMEOUT_MS });
	if (status === 0) return "The identity is out of the keychain again.";
	throw new Failure(
		"The keychain did not let the demonstration's identity go: its entry is coffer, identity.",
	);
}
