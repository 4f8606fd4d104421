/** What the web console reads besides the routes that the command line uses: its session, secrets, history, figures, events. */
import * as z from "zod";
import { appIdSchema, functionName } from "./messages.ts";
import { askedNodeSchema, nodePhaseSchema } from "./nodes.ts";

/** The path below which the platform serves the console. */
export const CONSOLE_PATH = "/console/";

/** The header of a request of the console. It has the session's proof, which only the console's own pages know. */
export const CONSOLE_PROOF_HEADER = "x-coffer-console";

const instantMs = z.int().min(0);
const text64 = z.string().max(64);

/** `POST /v1/console/codes` */
export const consoleCodeSchema = z.object({
	/** Valid once. */
	code: z.string().max(1_000),
	expiresAtMs: instantMs,
	/** The path that a browser opens with the code. The code is behind a `#`, so that it is sent to nobody. */
	path: z.string().max(2_000),
});
export type ConsoleCode = z.infer<typeof consoleCodeSchema>;

/** `POST /v1/console/session` */
export const openSessionSchema = z.strictObject({ code: z.string().max(1_000) });

/** The answer to `POST /v1/console/session`. The cookie comes in a header. */
export const openedSessionSchema = z.object({ proof: z.string().max(100), expiresAtMs: instantMs });
export type OpenedSession = z.infer<typeof openedSessionSchema>;

/** `GET /v1/console/session` */
export const consoleSessionSchema = z.object({
	/** The token whose rights the session has. */
	token: text64,
	scopes: z.array(z.string().max(20)).max(10),
	/** The only app that the session can show. Null: all apps. */
	app: appIdSchema.nullable(),
	/** Null: never, for a token without an end. */
	expiresAtMs: instantMs.nullable(),
	version: z.string().max(100),
	/** The node that answers. Empty with a platform that has one node. */
	node: z.string().max(100),
});
export type ConsoleSession = z.infer<typeof consoleSessionSchema>;

/** A member of the environment, as its membership chain says. */
const memberSchema = z.object({
	name: z.string().max(200),
	role: z.string().max(20),
	/** The signing key, base64. */
	sign: text64,
});

/** `GET /v1/apps/:app/secrets` */
export const secretListSchema = z.object({
	/** The last revision of the app's log. */
	revision: z.int().min(0),
	secrets: z
		.array(
			z.object({
				name: z.string().max(128),
				/** `vault`: set by a member. `base44`: set by the Base44 CLI, and in no vault. */
				origin: z.enum(["vault", "base44"]),
				kind: z.enum(["live", "deleted"]),
				version: z.int().min(1),
				/** The entry of the log that last had a record of it. Null for `base44`. */
				revision: z.int().min(1).nullable(),
				/** The member's name, or its key if it is no member any more; for `base44` the token's id. */
				by: z.string().max(200),
				/** When the platform got this version. Null for entries that earlier versions stored. */
				atMs: instantMs.nullable(),
			}),
		)
		.max(40_000),
	members: z.array(memberSchema).max(10_000),
	/** The values that removed members could read and that nobody has replaced since. */
	debt: z
		.array(
			z.object({
				member: z.string().max(200),
				epoch: z.int().min(1),
				names: z.array(z.string().max(128)).max(20_000),
			}),
		)
		.max(10_000),
});
export type SecretList = z.infer<typeof secretListSchema>;

/**
 * `GET /v1/apps/:app/history?before=REVISION&name=NAME`: at most 50 entries, the newest first. With a name, those with a
 * record of that secret, and of their records only that one.
 */
export const historySchema = z.object({
	entries: z.array(
		z.object({
			revision: z.int().min(1),
			/** Null for entries that earlier versions stored. */
			atMs: instantMs.nullable(),
			by: z.string().max(200),
			/** Whether it changed the members or the key. */
			members: z.boolean(),
			records: z
				.array(
					z.object({ name: z.string().max(128), version: z.int().min(1), kind: z.enum(["live", "deleted"]) }),
				)
				.max(1_000),
			/** The functions that were redeployed for it. */
			redeployed: z
				.array(
					z.object({
						function: functionName,
						status: z.enum(["live", "idle", "failed"]),
						ms: z.number().min(0),
					}),
				)
				.max(20_000),
		}),
	),
	/** Whether there are older entries. */
	more: z.boolean(),
});
export type History = z.infer<typeof historySchema>;

/** `GET /v1/apps/:app/figures?function=NAME&step=MS` */
export const figuresSchema = z.object({
	/** The node that answers. Empty with a platform that has one node. */
	node: z.string().max(100),
	/** With several nodes: those whose figures are in the sums, and those whose figures are missing. */
	nodes: z.array(askedNodeSchema).max(1_000).optional(),
	/** The duration of each point in milliseconds. */
	stepMs: z.int().min(1),
	/** The time at which the first point that could exist begins, and the time of the answer. */
	sinceMs: instantMs,
	untilMs: instantMs,
	functions: z.array(
		z.object({
			function: functionName,
			/** Only points with requests or memory, in order. The last one may not be complete. */
			points: z.array(
				z.object({
					atMs: instantMs,
					requests: z.int().min(0),
					/** Answers with a status of 500 or more. */
					errors: z.int().min(0),
					/** Milliseconds, within 15 %. Null without requests. */
					p50Ms: z.number().min(0).nullable(),
					p99Ms: z.number().min(0).nullable(),
					/** The greatest resident memory of one of its processes, in bytes. Null if none ran. */
					memoryBytes: z.number().min(0).nullable(),
				}),
			),
			/** With several nodes, for functions that the request names: the memory on each node. */
			memory: z
				.array(
					z.object({
						node: z.string().max(100),
						points: z.array(z.object({ atMs: instantMs, bytes: z.number().min(0) })),
					}),
				)
				.max(1_000)
				.optional(),
		}),
	),
});
export type Figures = z.infer<typeof figuresSchema>;

/**
 * `GET /v1/apps/:app/events`: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each
 * with one of these as its data.
 */
export const appEventSchema = z.discriminatedUnion("type", [
	/** The first event. What happened before it is in the other routes. */
	z.object({ type: z.literal("hello"), revision: z.int().min(0), atMs: instantMs }),
	/** A change of secrets is accepted, and these functions will be redeployed. */
	z.object({
		type: z.literal("change"),
		revision: z.int().min(1),
		names: z.array(z.string().max(128)).max(1_000),
		planned: z.array(functionName).max(20_000),
		atMs: instantMs,
	}),
	/**
	 * Something happened to the processes of a function. `starting`: a process starts. `serving`: it gets the requests.
	 * `drained`: the process before it has ended. `failed`: a process did not start, or ended unexpectedly. `stopped`: the
	 * function is idle. `deleted`.
	 */
	z.object({
		type: z.literal("function"),
		function: functionName,
		phase: z.enum(["starting", "serving", "drained", "failed", "stopped", "deleted"]),
		error: z.string().max(40_000).optional(),
		atMs: instantMs,
	}),
	/**
	 * With several nodes: how far a node is with the app. One for each node after `hello`, and one for each change. `gone`:
	 * it is not there any more, and serves nothing.
	 */
	z.object({
		type: z.literal("node"),
		node: z.string().max(100),
		phase: z.union([nodePhaseSchema, z.literal("gone")]),
		/** The functions that did not start there. */
		failed: z.array(functionName).max(20_000),
		atMs: instantMs,
	}),
]);
export type AppEventMessage = z.infer<typeof appEventSchema>;
