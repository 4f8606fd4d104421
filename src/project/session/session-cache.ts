/** Shares a verified vault between the steps of one command, so that an edit and the sync after it verify it once. */
import type { EnvironmentKeys } from "../../vault/chains/environment-keys.ts";
import type { VaultDocument, VerifiedEnvironment } from "../../vault/document/document.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import type { DeviceMemory, MemoryLocation } from "../memory/device-state.ts";

/** One environment as a step of the command verified it, or wrote and remembered it. */
export interface KnownEnvironment {
	readonly loaded: LoadedVault;
	readonly verified: VerifiedEnvironment;
	readonly keys: EnvironmentKeys;
	readonly stored: DeviceMemory;
}

/**
 * Holds the environment that a step of the command opened last. Another process may write between two steps.
 * Therefore each part is used only if its file is unchanged (`loadVault`, `readDeviceMemory`); otherwise the
 * step reads and verifies the file again.
 */
export class SessionCache {
	#known: KnownEnvironment | undefined;
	#memory: { readonly place: MemoryLocation; readonly stored: DeviceMemory } | undefined;

	/** @param known undefined before a change, so that a change that fails halfway leaves nothing behind */
	keep(known: KnownEnvironment | undefined): void {
		this.#known = known;
	}

	/** Keeps the memory that was read before the vault was parsed, for the session that is opened next. */
	keepMemory(place: MemoryLocation, stored: DeviceMemory): void {
		this.#memory = { place, stored };
	}

	/** The memory that `keepMemory` was given, if it is that of this environment. */
	memoryOf({ vaultId, environment }: MemoryLocation): DeviceMemory | undefined {
		const { place, stored } = this.#memory ?? {};
		return place?.vaultId === vaultId && place.environment === environment ? stored : undefined;
	}

	get loaded(): LoadedVault | undefined {
		return this.#known?.loaded;
	}

	/** The cached environment, if it is this one. */
	of(vaultId: string, environment: string): KnownEnvironment | undefined {
		const known = this.#known;
		const isSame = known?.loaded.document.vaultId === vaultId && known.verified.section.name === environment;
		return isSame ? known : undefined;
	}
}

/**
 * The environment of a document, with the chains that were verified before; undefined if the document has other
 * chains.
 */
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
