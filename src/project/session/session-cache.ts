/**
 * What the steps of one command hand on to each other: an edit, and the sync after it, verify the vault once.
 */
import type { EnvironmentKeys } from "../../vault/chains/environment-keys.ts";
import type { VaultDocument, VerifiedEnvironment } from "../../vault/document/document.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import type { DeviceMemory } from "../memory/device-state.ts";

/** One environment as a step verified it, or as it wrote and remembered it. */
export interface KnownEnvironment {
	readonly loaded: LoadedVault;
	readonly verified: VerifiedEnvironment;
	readonly keys: EnvironmentKeys;
	readonly stored: DeviceMemory;
}

/**
 * Holds the last environment that a command opened. Another process may write between two steps, so each
 * part counts only if its file is unchanged (`loadVault`, `readDeviceMemory`): a step that finds other files reads and
 * verifies them again.
 */
export class SessionCache {
	#known: KnownEnvironment | undefined;

	/** @param known undefined forgets: what is about to change must not be used if the change fails halfway */
	keep(known: KnownEnvironment | undefined): void {
		this.#known = known;
	}

	get loaded(): LoadedVault | undefined {
		return this.#known?.loaded;
	}

	/** What is known of an environment of a vault. */
	of(vaultId: string, environment: string): KnownEnvironment | undefined {
		const known = this.#known;
		const isSame = known?.loaded.document.vaultId === vaultId && known.verified.section.name === environment;
		return isSame ? known : undefined;
	}
}

/** The environment of a document as it was verified before; undefined where its chains are not those very ones. */
export function withSameChains(
	{ root, section, state }: VerifiedEnvironment,
	before: VaultDocument,
	document: VaultDocument,
): VerifiedEnvironment | undefined {
	const present = document.environments.get(section.name);
	const isSame =
		before.vaultId === document.vaultId &&
		before.links === document.links &&
		present?.links === section.links;
	return present && isSame ? { root, section: present, state } : undefined;
}
