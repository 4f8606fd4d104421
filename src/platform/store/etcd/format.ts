/** The key that makes a prefix a store, with the version of the layout of keys. A store is empty or complete when it appears. */
import { utf8 } from "../../../bytes.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { emptied } from "../sealed/seal-faults.ts";
import type { EtcdClient } from "./api/client.ts";
import type { Keys } from "./keys.ts";
import { get, isEmpty, type Pair, put, readKey, readPage, transact } from "./transactions.ts";

export const FORMAT = "1";

/** Whether a pair is of a store. @throws AppError `STORE_TOO_NEW` (exit 1) */
function isFormat(prefix: string, present: Pair | undefined): boolean {
	if (present === undefined) return false;
	const text = Buffer.from(present.value).toString("latin1").slice(0, 32);
	if (text === FORMAT) return true;
	throw new AppError({
		code: "STORE_TOO_NEW",
		message: `The store under ${prefix} in etcd has the format ${JSON.stringify(text)}, but this version of Coffer knows format ${FORMAT} only.`,
		hint: "Use the newer version of Coffer that wrote it, or another prefix.",
		exit: EXIT.failure,
	});
}

/** The error for a prefix that a restore or a migration has begun to fill. */
export function incomplete(prefix: string): AppError {
	return new AppError({
		code: "STORE_INCOMPLETE",
		message: `The keys under ${prefix} in etcd are of a restore or a migration, which still runs or was interrupted.`,
		hint: `If none runs, remove them (etcdctl del --prefix ${prefix}), and restore or migrate again, with another data directory.`,
		exit: EXIT.conflict,
	});
}

/**
 * Makes an empty prefix a store, or checks the store that has it.
 * @param isKnown whether there was a store before. Then an empty prefix stays empty.
 * @throws AppError `STORE_EMPTIED` (exit 7); `STORE_FOREIGN`, `STORE_TOO_NEW` (exit 1), `STORE_INCOMPLETE` (exit 5); and as `EtcdClient.call`
 */
export async function claimPrefix(client: EtcdClient, keys: Keys, isKnown = false): Promise<void> {
	if (isFormat(keys.prefix, await readKey(client, keys.format))) return;
	if (isKnown && (await readPage(client, keys.all, { limit: 1, keysOnly: true })).kvs.length === 0)
		throw emptied();
	// At one moment, so that no restore begins to fill the prefix between the two.
	const { pairs, succeeded } = await transact(client, {
		when: [isEmpty(keys.all)],
		do: [put(keys.format, utf8(FORMAT))],
		otherwise: [get(keys.format), get(keys.filling)],
	});
	if (succeeded || isFormat(keys.prefix, pairs[0]?.[0])) return;
	if (pairs[1]?.[0] !== undefined) throw incomplete(keys.prefix);
	throw new AppError({
		code: "STORE_FOREIGN",
		message: `etcd has keys under ${keys.prefix} that are not a store of Coffer.`,
		hint: "Give another prefix: etcd://HOST:PORT/PREFIX.",
		exit: EXIT.failure,
	});
}

/**
 * Checks that there is a store. Changes nothing.
 * @throws AppError `STORE_NOT_FOUND` (exit 4), `STORE_TOO_NEW` (exit 1); and as `EtcdClient.call`
 */
export async function requireStore(client: EtcdClient, keys: Keys): Promise<void> {
	if (isFormat(keys.prefix, await readKey(client, keys.format))) return;
	throw new AppError({
		code: "STORE_NOT_FOUND",
		message: `etcd has no store of Coffer under ${keys.prefix}.`,
		hint: "Give the URL with which the platform was started: --store etcd://HOST:PORT/PREFIX.",
		exit: EXIT.notFound,
	});
}
