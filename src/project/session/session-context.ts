/**
 * Identifies an environment of a project, the identity that works on it, and the folder of this device's
 * memory.
 */
import type { KeyPair } from "../../crypto.ts";
import type { MemoryLocation } from "../memory/device-state.ts";
import type { SessionCache } from "./session-cache.ts";

/**
 * The highest version of an invalid record that is respected. Setting values never reaches it in practice, and it is
 * far below the highest possible version.
 */
export const UNPROVEN_VERSION_MAX = 1_000_000;

/** The parts of an identity that a session uses. */
export interface SessionIdentity {
	readonly publicKeys: { readonly sign: string; readonly box: string };
	readonly signing: KeyPair;
	readonly box: KeyPair;
	readonly stateKey: Uint8Array;
	/** The vault that a CI identity is bound to. */
	readonly vaultPin?: string | undefined;
}

/** Identifies this device's memory of the environment of a context. */
export function memoryLocation(context: SessionContext, vaultId: string): MemoryLocation {
	const { environment, identity, member, root, stateFolder } = context;
	return { folder: stateFolder, vaultId, environment, member, stateKey: identity.stateKey, root };
}

export interface SessionContext {
	readonly root: string;
	readonly environment: string;
	readonly identity: SessionIdentity;
	/** The identity's fingerprint. */
	readonly member: string;
	/** `$XDG_STATE_HOME/coffer`. */
	readonly stateFolder: string;
	/** Called while the new vault is written to disk, so that the caller can prepare the next step. */
	readonly meanwhile?: (() => void) | undefined;
	/** What earlier steps of the same command verified. Without it, each step reads and verifies everything itself. */
	readonly cache?: SessionCache | undefined;
}
