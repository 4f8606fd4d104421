/**
 * The platform's own environment of an app, `base44:<app>`.
 *
 * It contains secrets that the Base44 CLI sent in plaintext and that never were in a vault. Its records are sealed like
 * the records of a vault. The platform is the only member. The key is derived from the platform's identity and stored
 * nowhere, so the data directory alone does not decrypt any record.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, type KeyPair, toBase64 } from "../../crypto.ts";
import type { EnvironmentKeys } from "../../vault/chains/environment-keys.ts";
import { EPOCH_RANDOM_BYTES } from "../../vault/chains/membership.ts";
import { formatRecord, type SealedRecord } from "../../vault/records/record.ts";
import { openRecord, sealRecord } from "../../vault/records/seal.ts";
import type { AppLifetime } from "../functions/lifetimes.ts";

const KEY_DOMAIN = "coffer/local-environment/key/1";
const ID_DOMAIN = "coffer/local-environment/id/1";

/** The part of the platform's identity with which it seals its own secrets. */
export interface LocalIdentity {
	readonly publicKeys: { readonly sign: string };
	readonly signing: KeyPair;
	/** 32 bytes. */
	readonly stateKey: Uint8Array;
}

/** A secret that the platform itself stores. */
export interface LocalSecret {
	/** A tombstone if the secret was deleted, because versions must never decrease. */
	readonly record: SealedRecord;
	/** Id of the token that set it. */
	readonly by: string;
	/** Milliseconds since 1970. */
	readonly atMs: number;
}

/** The name of an app's own environment. No vault can have an environment with such a name. */
export function localEnvironmentName(app: string): string {
	return `base44:${app}`;
}

export class LocalEnvironment {
	readonly #identity: LocalIdentity;
	readonly #environment: { readonly name: string; readonly vaultId: string };
	readonly #keys: EnvironmentKeys;

	/**
	 * @param app id of the app. Apps of versions that did not write lifetimes have secrets that are sealed
	 * for the id alone.
	 */
	constructor(app: string, lifetime: AppLifetime, identity: LocalIdentity) {
		const owner = lifetime.isEarlier ? [app] : [app, lifetime.id];
		const id = hash(lengthPrefixed(ID_DOMAIN, ...owner), identity.stateKey);
		const key = hash(lengthPrefixed(KEY_DOMAIN, ...owner), identity.stateKey);
		const epoch = `1.${toBase64(id.slice(0, EPOCH_RANDOM_BYTES))}`;
		this.#identity = identity;
		this.#environment = { name: localEnvironmentName(app), vaultId: toBase64(id) };
		this.#keys = { epoch, key, keyOf: (asked) => (asked === epoch ? key : undefined) };
	}

	/**
	 * The text of a record. @param value undefined makes a tombstone
	 * @throws AppError as `sealRecord`
	 */
	seal(name: string, version: number, value: string | undefined): string {
		return formatRecord(sealRecord(this.#environment, this.#keys, this.#identity, { name, version, value }));
	}

	/** The value of a record. Undefined for a tombstone. @throws AppError `RECORD_UNREADABLE` (exit 7) */
	open(record: SealedRecord): string | undefined {
		return openRecord(this.#environment, this.#keys, record);
	}
}
