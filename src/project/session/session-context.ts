/**
 * Who works on which environment of which project, and where this device keeps what it remembers.
 */
import type { KeyPair } from "../../crypto.ts";
import type { SessionCache } from "./session-cache.ts";

/** The highest version of an invalid record that counts. Far more than anybody sets, far less than the last version. */
export const UNPROVEN_VERSION_MAX = 1_000_000;

/** What a session needs of an identity. */
export interface SessionIdentity {
	readonly publicKeys: { readonly sign: string; readonly box: string };
	readonly signing: KeyPair;
	readonly box: KeyPair;
	readonly stateKey: Uint8Array;
	/** The vault that a CI identity is bound to. */
	readonly vaultPin?: string | undefined;
}

export interface SessionContext {
	readonly root: string;
	readonly environment: string;
	readonly identity: SessionIdentity;
	/** The identity's fingerprint. */
	readonly member: string;
	/** `$XDG_STATE_HOME/coffer`. */
	readonly stateFolder: string;
	/** Called while secrets are on their way to the disk: what comes next can be made ready. */
	readonly meanwhile?: (() => void) | undefined;
	/** What the steps of one command verified before. Without it, each step reads and verifies everything itself. */
	readonly cache?: SessionCache | undefined;
}
