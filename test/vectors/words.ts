/** The words of links and records, so that a vector can replace one. */
import type { Person } from "./primitives.ts";

/** Replacements for the correct words and the correct signature of a link. */
export interface LinkTwist {
	readonly index?: number;
	readonly previous?: string;
	/** The signer's key in the text. The key that signs does not change. */
	readonly signer?: string;
	/** The vault and environment that the signature covers. */
	readonly context?: readonly [vaultId: string, environment: string];
	readonly signature?: (signature: Uint8Array, content: Uint8Array) => Uint8Array;
}

export interface Epoch {
	readonly id: string;
	readonly number: number;
	readonly key: Uint8Array;
}

/** The words of an `epoch` change, so that a vector can replace one. */
export interface EpochWords {
	id: string;
	commitment: string;
	previousKey: string;
	removed: string;
	wraps: string;
}

/** The words of a record, and the data under its seal and signature if they differ from the words. */
export interface RecordWords {
	readonly version?: number;
	readonly kind?: string;
	readonly epoch?: Epoch;
	readonly since?: number;
	readonly by?: Person;
	/** The author's key in the text. */
	readonly author?: string;
	/** The padded content, if it is not the value's. */
	readonly content?: Uint8Array;
	/** The payload, if it is not encrypted here. */
	readonly sealed?: string;
	/** Key of the payload. */
	readonly key?: Uint8Array;
	/** The fields under the seal. */
	readonly sealContext?: readonly (string | number)[];
	/** The fields under the signature, without author and payload. */
	readonly signContext?: readonly (string | number)[];
	readonly signature?: (signature: Uint8Array, content: Uint8Array) => Uint8Array;
}
