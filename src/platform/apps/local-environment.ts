/**
 * The platform's own environment of an app, `base44:<app>`: secrets that came in the clear over the Base44 CLI's
 * routes, and so never were in a vault. Its records are sealed as a vault's are. The platform is its only member, so
 * its key is derived from the platform's identity and kept nowhere: the data directory alone opens none of them.
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

/** What the platform needs of its identity to keep secrets of its own. */
export interface Keeper {
	readonly publicKeys: { readonly sign: string };
	readonly signing: KeyPair;
	/** 32 bytes. */
	readonly stateKey: Uint8Array;
}

/** A secret that the platform keeps by itself. */
export interface LocalSecret {
	/** A tombstone where it was deleted: versions only rise. */
	readonly record: SealedRecord;
	/** Id of the token with which it was set. */
	readonly by: string;
	/** Milliseconds since 1970. */
	readonly atMs: number;
}

/** The name of an app's own environment. No vault can have an environment of such a name. */
export function localEnvironmentName(app: string): string {
	return `base44:${app}`;
}

export class LocalEnvironment {
	readonly #keeper: Keeper;
	readonly #place: { readonly name: string; readonly vaultId: string };
	readonly #keys: EnvironmentKeys;

	/** @param app its id; where versions that wrote no lives made it, its secrets are sealed for that alone */
	constructor(app: string, lifetime: AppLifetime, keeper: Keeper) {
		const owner = lifetime.isEarlier ? [app] : [app, lifetime.id];
		const id = hash(lengthPrefixed(ID_DOMAIN, ...owner), keeper.stateKey);
		const key = hash(lengthPrefixed(KEY_DOMAIN, ...owner), keeper.stateKey);
		const epoch = `1.${toBase64(id.slice(0, EPOCH_RANDOM_BYTES))}`;
		this.#keeper = keeper;
		this.#place = { name: localEnvironmentName(app), vaultId: toBase64(id) };
		this.#keys = { epoch, key, keyOf: (asked) => (asked === epoch ? key : undefined) };
	}

	/**
	 * A record's text. @param value undefined makes a tombstone
	 * @throws AppError as `sealRecord`
	 */
	seal(name: string, version: number, value: string | undefined): string {
		return formatRecord(sealRecord(this.#place, this.#keys, this.#keeper, { name, version, value }));
	}

	/** The value of a record; undefined for a tombstone. @throws AppError `RECORD_UNREADABLE` (exit 7) */
	open(record: SealedRecord): string | undefined {
		return openRecord(this.#place, this.#keys, record);
	}
}
