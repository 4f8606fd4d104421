/**
 * The messages and methods of etcd's API (version 3) that the store uses, with the field numbers of etcd's
 * `rpc.proto`, `kv.proto` and `auth.proto`.
 */
import type { Schema } from "./wire.ts";

const header = { revision: [3, "int"] } as const satisfies Schema;

const keyValue = {
	key: [1, "bytes"],
	createRevision: [2, "int"],
	modRevision: [3, "int"],
	value: [5, "bytes"],
	lease: [6, "long"],
} as const satisfies Schema;

const rangeRequest = {
	key: [1, "bytes"],
	rangeEnd: [2, "bytes"],
	limit: [3, "int"],
	revision: [4, "int"],
	keysOnly: [8, "bool"],
	countOnly: [9, "bool"],
} as const satisfies Schema;

const rangeResponse = {
	header: [1, header],
	kvs: [2, keyValue, "many"],
	more: [3, "bool"],
	count: [4, "int"],
} as const satisfies Schema;

const putRequest = { key: [1, "bytes"], value: [2, "bytes"], lease: [3, "long"] } as const satisfies Schema;
const deleteRequest = { key: [1, "bytes"], rangeEnd: [2, "bytes"] } as const satisfies Schema;

const operation = {
	range: [1, rangeRequest],
	put: [2, putRequest],
	delete: [3, deleteRequest],
} as const satisfies Schema;

/** What a comparison compares. */
export const TARGET = { version: 0, modRevision: 2, value: 3 } as const;
/** How it compares. */
export const RESULT = { equal: 0, greater: 1 } as const;

const compare = {
	result: [1, "int"],
	target: [2, "int"],
	key: [3, "bytes"],
	version: [4, "int"],
	modRevision: [6, "int"],
	value: [7, "bytes"],
	/** All keys of a range must fulfil it. */
	rangeEnd: [64, "bytes"],
} as const satisfies Schema;

const transactionRequest = {
	compare: [1, compare, "many"],
	success: [2, operation, "many"],
	failure: [3, operation, "many"],
} as const satisfies Schema;

const transactionResponse = {
	header: [1, header],
	succeeded: [2, "bool"],
	responses: [3, { range: [1, rangeResponse] }, "many"],
} as const satisfies Schema;

const leaseRequest = { id: [1, "long"] } as const satisfies Schema;

/** A method of etcd's API. */
export interface Method<In extends Schema = Schema, Out extends Schema = Schema> {
	readonly path: string;
	readonly request: In;
	readonly response: Out;
}

function method<const In extends Schema, const Out extends Schema>(path: string, request: In, response: Out) {
	return { path: `/etcdserverpb.${path}`, request, response };
}

export const RANGE = method("KV/Range", rangeRequest, rangeResponse);
export const TRANSACTION = method("KV/Txn", transactionRequest, transactionResponse);
export const GRANT = method(
	"Lease/LeaseGrant",
	{ seconds: [1, "int"] },
	{ id: [2, "long"], seconds: [3, "int"] },
);
export const REVOKE = method("Lease/LeaseRevoke", leaseRequest, {});
/** A stream with one message in each direction. `seconds` is 0 for a lease that has ended. */
export const KEEP_ALIVE = method("Lease/LeaseKeepAlive", leaseRequest, { seconds: [3, "int"] });
export const AUTHENTICATE = method(
	"Auth/Authenticate",
	{ name: [1, "text"], password: [2, "text"] },
	{ token: [2, "text"] },
);
/** A stream in both directions. */
export const WATCH = method(
	"Watch/Watch",
	{
		create: [1, { key: [1, "bytes"], rangeEnd: [2, "bytes"], filters: [5, "int", "many"] }],
		progress: [3, {}],
	},
	{
		created: [3, "bool"],
		canceled: [4, "bool"],
		compactRevision: [5, "int"],
		cancelReason: [6, "text"],
		events: [11, { type: [1, "int"], kv: [2, keyValue] }, "many"],
	},
);
/** Events that a watch leaves out. */
export const FILTER = { noPut: 0 } as const;
/** The type of an event of a watch: a deleted key. */
export const DELETED = 1;
