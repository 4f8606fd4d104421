/**
 * The messages that list the deployed functions, and how they are on each node.
 */
import * as z from "zod";
import { functionName } from "./messages.ts";
import { askedNodeSchema, failedSchema, nodePhaseSchema } from "./nodes.ts";

const referenceSchema = z.object({
	/** A secret's name, or a prefix of names followed by a star. */
	name: z.string().max(129),
	file: z.string().max(4096),
	line: z.int().min(0),
	how: z.enum(["static", "observed", "declared"]),
});

const instantMs = z.int().min(0);

const automationSchema = z.object({
	name: z.string().max(1_000),
	/** `scheduled`, or a type that this version does not run. */
	type: z.string().max(100),
	active: z.boolean(),
	/** The next run, in milliseconds since 1970; null if there is none. */
	nextMs: instantMs.nullable(),
	/** The instant that the last run was due at; null if it has not run with its current schedule. */
	lastMs: instantMs.nullable(),
	runs: instantMs,
});

/** `GET /v1/apps/:app/functions` */
export const functionListSchema = z.object({
	functions: z.array(
		z.object({
			name: functionName,
			url: z.string().max(4096),
			state: z.enum(["live", "idle", "failed"]),
			pid: z.int().nullable(),
			deployment: z.string().max(100),
			references: z.array(referenceSchema).max(20_000),
			dynamic: z
				.array(z.object({ file: z.string().max(4096), line: z.int().min(0), why: z.string().max(1000) }))
				.max(20_000),
			/** Secrets that its configuration excludes: names, or prefixes of names followed by a star. */
			excluded: z.array(z.string().max(129)).max(20_000).optional(),
			/** Its automations; absent if the platform does not run any. */
			automations: z.array(automationSchema).max(1_000).optional(),
			/** How often a running process of it was replaced since the platform started; absent if never. */
			replaced: z
				.object({
					count: z.int().min(1),
					/** Time of the last replacement, in milliseconds since 1970. */
					atMs: instantMs,
					/** `stopped`, `silent`, `unanswered`, or a reason that this version does not know. */
					reason: z.string().max(100),
					/** The reason as a clause that ends a sentence about the function. */
					why: z.string().max(1_000),
				})
				.optional(),
			/** Path and hash of each source file, without configuration files; only with `?files=true`. */
			files: z
				.array(z.tuple([z.string().max(1024), z.string().max(100)]))
				.max(20_000)
				.optional(),
			/** Hash of everything that the bundle is made from; only with `?files=true`. */
			source: z.string().max(100).optional(),
			/** Hash of its bundle; only with `?files=true`. */
			bundle: z.string().max(100).optional(),
			/** Hash of the settings that say how it is run; only with `?files=true`. */
			operation: z.string().max(100).optional(),
			/** The settings of its `function.jsonc`, by key; only with `?files=true`. */
			settings: z.looseObject({}).optional(),
			/** Variables that the deployed version was observed to read. */
			seen: z.array(z.string().max(128)).max(20_000).optional(),
			error: z
				.string()
				.max(64 * 1024)
				.optional(),
		}),
	),
	/** What a bundle depends on besides its sources: Deno's version, the allowed hosts; only with `?files=true`. */
	conditions: z.array(z.string().max(300)).max(100).optional(),
	/** Resources of the machine that no limit protects from functions, in words; absent if the platform does not say. */
	unbounded: z.array(z.string().max(200)).max(50).optional(),
	/** The isolation of the functions' network beside Deno's permissions; absent if the platform does not say. */
	network: z
		.object({
			/** `namespace`, `user rules`, `none`, or a kind that this version does not know. */
			wall: z.string().max(100),
			/** What it does not protect from, in words; empty if there is no gap. */
			missing: z.array(z.string().max(200)).max(50),
		})
		.optional(),
});
export type FunctionList = z.infer<typeof functionListSchema>;

/** How a function is on one node. */
export const nodeFunctionSchema = z.object({
	function: functionName,
	state: z.enum(["live", "idle", "failed"]),
	pid: z.int().nullable(),
	/** The version of its process. Null if none runs. */
	deployment: z.string().max(200).nullable(),
	/** The revision of the app's log whose secrets its process has. Null if none runs, and with one node. */
	revision: z.int().min(0).nullable(),
	/** Why the last start failed there, or why the last process ended. */
	error: z.string().max(40_000).optional(),
});

/** `GET /v1/apps/:app/nodes?function=NAME` */
export const appNodesSchema = z.object({
	/** One, with an empty name, with a platform that has one node. */
	nodes: z
		.array(
			z.object({
				node: z.string().max(100),
				/** Whether this node answers the request. */
				self: z.boolean(),
				/** Empty if it is silent. */
				version: z.string().max(100),
				phase: nodePhaseSchema,
				/** The last event of the app that it has followed. */
				revision: z.int().min(0).nullable(),
				/** The functions that did not start there. */
				failed: failedSchema,
				/** Why `functions` is empty, as in logs. Null if it has what the request names. */
				missing: askedNodeSchema.shape.missing,
				functions: z.array(nodeFunctionSchema).max(100),
			}),
		)
		.max(1_000),
});
export type AppNodes = z.infer<typeof appNodesSchema>;
