/** Binds a folder and an identity to a vault, so that another vault in its place is rejected. */
import { AppError, EXIT } from "../../errors.ts";
import { readProjectPin } from "./device-state.ts";

/** The folder and the identity that open a vault. */
interface Opening {
	readonly root: string;
	readonly identity: { readonly stateKey: Uint8Array; readonly vaultPin?: string | undefined };
	/** The identity's fingerprint. */
	readonly member: string;
	/** `$XDG_STATE_HOME/coffer`. */
	readonly stateFolder: string;
}

function replaced(expected: string, actual: string, by: string, instead = ""): AppError {
	return new AppError({
		code: "VAULT_REPLACED",
		message: `coffer.vault is a different vault (${actual.slice(0, 12)}…) from the one that ${by} (${expected.slice(0, 12)}…).`,
		hint: `Nothing was read from it. Find out who changed the file (git log -- coffer.vault), then restore the right one: git checkout COMMIT -- coffer.vault${instead}`,
		exit: EXIT.integrity,
	});
}

/**
 * Compares a vault's id with the vault that the identity is bound to, and with the vault that this folder
 * contained.
 * @returns warnings; one if this is the first use
 * @throws AppError `VAULT_REPLACED` (exit 7)
 */
export async function checkVaultId(opening: Opening, vaultId: string): Promise<string[]> {
	const { identity, member, root, stateFolder } = opening;
	if (identity.vaultPin !== undefined && identity.vaultPin !== vaultId)
		throw replaced(identity.vaultPin, vaultId, "this identity is bound to");
	const pinned = await readProjectPin({ folder: stateFolder, member, stateKey: identity.stateKey, root });
	if (pinned !== undefined && pinned !== vaultId)
		throw replaced(
			pinned,
			vaultId,
			"this folder had before",
			"\nTo continue with this vault in this folder: coffer vault accept",
		);
	if (pinned !== undefined || identity.vaultPin !== undefined) return [];
	return [
		`First use of this vault here, so this device cannot confirm it yet. Compare its fingerprint with a teammate's: ${vaultId}`,
	];
}
