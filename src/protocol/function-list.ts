/**
 * The message about what is deployed.
 */
import { z } from "zod";
import { functionName } from "./messages.ts";

const referenceSchema = z.object({
	/** A secret's name, or the beginning of names and a star. */
	name: z.string().max(129),
	file: z.string().max(4096),
	line: z.int().min(0),
	how: z.enum(["static", "observed", "declared"]),
});

const instantMs = z.int().min(0);

const automationSchema = z.object({
	name: z.string().max(1_000),
	/** `scheduled`, or what nothing here tells of. */
	type: z.string().max(100),
	active: z.boolean(),
	/** When it runs next, in milliseconds since 1970; null where it never does again. */
	nextMs: instantMs.nullable(),
	/** Which instant it ran for last; null where it did not since it was stored as it is. */
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
			/** What it does not get although it may read it: names, or the beginning of names and a star. */
			excluded: z.array(z.string().max(129)).max(20_000).optional(),
			/** What runs it by itself; left out by platforms that run nothing so. */
			automations: z.array(automationSchema).max(1_000).optional(),
			/** How often it was given up and started anew, though it ran, since the platform started; left out where it was not. */
			replaced: z
				.object({
					count: z.int().min(1),
					/** The last time, in milliseconds since 1970. */
					atMs: instantMs,
					/** `stopped`, `silent`, `unanswered`, or what nothing here tells of. */
					reason: z.string().max(100),
					/** The end of a sentence about the function. */
					why: z.string().max(1_000),
				})
				.optional(),
			/** Path and hash of each file that it was deployed from, its configuration aside; only with `?files=true`. */
			files: z
				.array(z.tuple([z.string().max(1024), z.string().max(100)]))
				.max(20_000)
				.optional(),
			/** Hash of everything that its bundle is made from; only with `?files=true`. */
			source: z.string().max(100).optional(),
			/** Hash of its bundle; only with `?files=true`. */
			bundle: z.string().max(100).optional(),
			/** Hash of what its files say about how it is run; only with `?files=true`. */
			operation: z.string().max(100).optional(),
			/** What its `function.jsonc` says, by key; only with `?files=true`. */
			settings: z.looseObject({}).optional(),
			/** Variables that this version was seen to read. */
			seen: z.array(z.string().max(128)).max(20_000).optional(),
			error: z
				.string()
				.max(64 * 1024)
				.optional(),
		}),
	),
	/** What decides what a bundle is besides its sources: Deno's version, the hosts that are allowed; only with `?files=true`. */
	conditions: z.array(z.string().max(300)).max(100).optional(),
	/** What of the machine no limit keeps functions from taking, in words; left out by platforms that do not say. */
	unbounded: z.array(z.string().max(200)).max(50).optional(),
	/** The wall around functions' network behind Deno's own permissions; left out by platforms that do not say. */
	network: z
		.object({
			/** `namespace`, `user rules`, `none`, or what nothing here tells of. */
			wall: z.string().max(100),
			/** What it does not keep functions from, in words; empty where it holds everything. */
			missing: z.array(z.string().max(200)).max(50),
		})
		.optional(),
});
export type FunctionList = z.infer<typeof functionListSchema>;
