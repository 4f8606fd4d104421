/** Reads and transactions on etcd, in short form. */
import type { EtcdClient } from "./api/client.ts";
import { RANGE, RESULT, TARGET, TRANSACTION } from "./api/messages.ts";
import type { Incoming, Outgoing } from "./api/wire.ts";
import { after, type KeyRange } from "./keys.ts";

/** A key with its value. */
export type Pair = Incoming<typeof RANGE.response>["kvs"][number];
export type Operation = NonNullable<Outgoing<typeof TRANSACTION.request>["success"]>[number];
export type Condition = NonNullable<Outgoing<typeof TRANSACTION.request>["compare"]>[number];

/** The most operations in a transaction that this driver sends. etcd accepts 128 by default. */
export const OPERATIONS_MAX = 100;
/** Keys without values per request. */
const KEYS_PER_PAGE = 1_000;

/** The key has this value. Undefined: it does not exist. */
export function isValue(key: Uint8Array, value: Uint8Array | undefined): Condition {
	if (value === undefined) return { key, target: TARGET.version, result: RESULT.equal, version: 0 };
	return { key, target: TARGET.value, result: RESULT.equal, value };
}

export function exists(key: Uint8Array): Condition {
	return { key, target: TARGET.version, result: RESULT.greater, version: 0 };
}

/** The range has no key. */
export function isEmpty({ key, rangeEnd }: KeyRange): Condition {
	return { key, rangeEnd, target: TARGET.version, result: RESULT.equal, version: 0 };
}

/** The key has not changed since this revision of etcd. 0: it does not exist. */
export function isUnchanged(key: Uint8Array, modRevision: number): Condition {
	return { key, target: TARGET.modRevision, result: RESULT.equal, modRevision };
}

export const put = (key: Uint8Array, value: Uint8Array, lease?: bigint): Operation => ({
	put: { key, value, lease },
});
export const get = (key: Uint8Array): Operation => ({ range: { key } });
export const remove = (range: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array }): Operation => ({
	delete: range,
});

export interface Outcome {
	readonly succeeded: boolean;
	/** The pairs of each operation that was done, in order. Empty for one that is not a read. */
	readonly pairs: readonly (readonly Pair[])[];
}

export interface Transaction {
	readonly when?: readonly Condition[];
	readonly do: readonly Operation[];
	readonly otherwise?: readonly Operation[];
}

/** Does the operations of `do` if all conditions hold, and those of `otherwise` if not, at one moment. @throws as `EtcdClient.call` */
export async function transact(client: EtcdClient, transaction: Transaction): Promise<Outcome> {
	const { succeeded, responses } = await client.call(TRANSACTION, {
		compare: transaction.when,
		success: transaction.do,
		failure: transaction.otherwise,
	});
	return { succeeded, pairs: responses.map(({ range }) => range?.kvs ?? []) };
}

/** The pair of a key. Undefined if it does not exist. @throws as `EtcdClient.call` */
export async function readKey(client: EtcdClient, key: Uint8Array): Promise<Pair | undefined> {
	return (await client.call(RANGE, { key })).kvs[0];
}

/** One page of a range, at the present or at an earlier revision of etcd. */
export async function readPage(
	client: EtcdClient,
	range: KeyRange,
	options: { readonly limit: number; readonly keysOnly?: boolean; readonly revision?: number },
): Promise<Incoming<typeof RANGE.response>> {
	return await client.call(RANGE, { ...range, ...options });
}

/**
 * The pages of a range, all as of the same moment.
 * @throws AppError `STORE_UNUSABLE` if etcd compacted that moment away meanwhile; and as `EtcdClient.call`
 */
export async function* pages(
	client: EtcdClient,
	range: KeyRange,
	options: { readonly limit?: number; readonly keysOnly?: boolean; readonly revision?: number } = {},
): AsyncGenerator<{ readonly kvs: readonly Pair[]; readonly revision: number }, void, void> {
	const { limit = KEYS_PER_PAGE, keysOnly = false } = options;
	let { revision } = options;
	let rest = range;
	for (;;) {
		const page = await readPage(client, rest, {
			limit,
			keysOnly,
			...(revision !== undefined && { revision }),
		});
		revision ??= page.header?.revision ?? 0;
		yield { kvs: page.kvs, revision };
		const last = page.kvs.at(-1);
		if (!page.more || last === undefined) return;
		rest = after(last.key, range);
	}
}
