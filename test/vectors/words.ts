/** What links and records say, to say it wrongly. */
import type { Person } from "./primitives.ts";

/** What a link may say or be signed for besides what is right. */
export interface LinkTwist {
	readonly index?: number;
	readonly previous?: string;
	/** The name under the signature; the one whose key signs stays. */
	readonly signer?: string;
	/** What the signature is for. */
	readonly context?: readonly [vaultId: string, environment: string];
	readonly signature?: (signature: Uint8Array, content: Uint8Array) => Uint8Array;
}

export interface Epoch {
	readonly id: string;
	readonly number: number;
	readonly key: Uint8Array;
}

/** The words of an `epoch` change, to say them wrongly. */
export interface EpochWords {
	id: string;
	commitment: string;
	previousKey: string;
	removed: string;
	wraps: string;
}

/** What a record says, and what it is sealed or signed for where that is something else. */
export interface RecordWords {
	readonly version?: number;
	readonly kind?: string;
	readonly epoch?: Epoch;
	readonly since?: number;
	readonly by?: Person;
	/** The author that is named. */
	readonly author?: string;
	/** The padded content, where it is not the value's. */
	readonly content?: Uint8Array;
	/** The payload, where it is not sealed here. */
	readonly sealed?: string;
	/** Key of the payload. */
	readonly key?: Uint8Array;
	/** What the payload is sealed for. */
	readonly sealContext?: readonly (string | number)[];
	/** What the signature is for; without author and payload. */
	readonly signContext?: readonly (string | number)[];
	readonly signature?: (signature: Uint8Array, content: Uint8Array) => Uint8Array;
}
