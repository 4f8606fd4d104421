/** The nodes of a platform, as clients see them. */
import * as z from "zod";

/** How long a client waits for nodes, in seconds. */
export const NODE_WAIT_SECONDS = 30;
/** The longest wait for nodes that a client may ask for, in seconds. */
export const NODE_WAIT_SECONDS_MAX = 600;

/** The names of functions that did not start on a node. */
export const failedSchema = z.array(z.string().max(200)).max(20_000);

/** A line of the answer to a change or a deployment that asks for it: one node has followed, or not. */
export const nodeEventSchema = z.object({
	type: z.literal("node"),
	node: z.string().max(100),
	/** `gone`: it stopped or does not answer. `waiting`: it has not followed in time. */
	status: z.enum(["followed", "failed", "gone", "waiting"]),
	/** The functions that did not start there. */
	failed: failedSchema,
});
export type NodeEvent = z.infer<typeof nodeEventSchema>;

/**
 * The lines of the answer to a deletion with `?wait=SECONDS`: any number of `node`, then `done`. A failure after the
 * answer has begun ends it as in the answer to a change.
 */
export const deletionEventSchema = z.discriminatedUnion("type", [
	nodeEventSchema,
	z.object({ type: z.literal("done") }),
]);
export type DeletionEvent = z.infer<typeof deletionEventSchema>;

/**
 * A node that was asked for something: lines of logs, figures, states of functions. `missing` is null if they are there.
 * Otherwise: `no_address`: other nodes
 * cannot reach it; `unreachable`; `timeout`; `refused`: it does not accept the request; `silent`: it does not reach the
 * store.
 */
export const askedNodeSchema = z.object({
	node: z.string().max(100),
	missing: z.enum(["no_address", "unreachable", "timeout", "refused", "silent"]).nullable(),
});
export type AskedNode = z.infer<typeof askedNodeSchema>;

const countsSchema = z.object({ live: z.int().min(0), idle: z.int().min(0), failed: z.int().min(0) });

/**
 * How far a node is with an app. `trying`: it starts functions with values or versions that no other node has yet.
 * `following`: it has not followed the last step. `followed`: it has. `failed`: it has, and functions did not start there.
 * `stopping`: it takes no new requests. `silent`: it does not reach the store, and may still serve functions with earlier
 * values. `unknown`: it does not say so.
 */
export const nodePhaseSchema = z.enum([
	...(["trying", "following", "followed", "failed"] as const),
	...(["stopping", "silent", "unknown"] as const),
]);
export type NodePhase = z.infer<typeof nodePhaseSchema>;

/** How old the newest backup may be before people are told, in milliseconds: 7 days. */
export const BACKUP_OLD_MS = 604_800_000;

/**
 * How far in the future the newest backup may be dated before people are told, in milliseconds: 1 hour. Less is no matter
 * of two clocks that differ a little.
 */
export const BACKUP_AHEAD_MS = 3_600_000;

/** A backup that was completed, as `coffer platform backup` recorded it. The platform does not know whether it still exists. */
export const backupRecordSchema = z.object({
	createdMs: z.int().min(0),
	/** The name of its directory, without the folders around it. */
	name: z.string().max(255),
	/** Of all its files. */
	bytes: z.number().min(0),
	apps: z.int().min(0),
	functions: z.int().min(0),
	/** SHA-256 of its `manifest.json`, which has the hash of every other file: 64 hexadecimal digits. */
	manifest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BackupRecord = z.infer<typeof backupRecordSchema>;

/** `GET /v1/status` */
export const statusSchema = z.object({
	version: z.string().max(100),
	/** Whether the node that answers takes requests. */
	ready: z.boolean(),
	store: z.object({
		kind: z.enum(["sqlite", "etcd"]),
		/** Whether it has answered lately. */
		reachable: z.boolean(),
		/** How long it took to answer a read, in milliseconds. Null if it did not. */
		latencyMs: z.number().min(0).nullable(),
		/** Why the node that answers does not use the store: it is another one than before. Absent if it does. */
		fault: z
			.object({ code: z.string().max(64), message: z.string().max(2000), hint: z.string().max(2000) })
			.optional(),
	}),
	/** The nodes that answer. One with a platform that has one node. */
	nodes: z
		.array(
			z.object({
				/** Empty with a platform that has one node. */
				node: z.string().max(100),
				/** Whether this node answers the request. */
				self: z.boolean(),
				version: z.string().max(100),
				control: z.string().max(1000),
				startedAtMs: z.number().min(0),
				stopping: z.boolean(),
				/** The last entry of the platform's own log that it has applied. */
				revision: z.int().min(0),
				functions: countsSchema,
				/** Apps with which it is not `followed`. Earlier platforms do not say so. */
				apps: z
					.array(z.object({ app: z.string().max(63), phase: nodePhaseSchema, failed: failedSchema }))
					.max(200)
					.optional(),
			}),
		)
		.max(1_000),
	/** The nodes that do not answer, and that may still serve functions with earlier values. */
	silent: z.array(z.string().max(100)).max(1_000),
	/** The newest backups, the newest first. Null if the records cannot be read. Earlier platforms do not say so. */
	backups: z.array(backupRecordSchema).max(100).nullable().optional(),
});
export type PlatformStatus = z.infer<typeof statusSchema>;
