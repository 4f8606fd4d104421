/**
 * The messages between client and platform, and their strict decoding from untrusted JSON. Specified in
 * docs/protocol.md. The client and the platform share this folder and no other code that is about messages.
 */
import * as z from "zod";
import { isBase64Text } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { INSTANT_MS_MAX, localSecretSchema } from "./local-secret.ts";
import { nodeEventSchema } from "./nodes.ts";

/** Limits of one message. */
export const MESSAGE_LIMITS = {
	/** Bytes of one JSON body. */
	bodyBytes: 8 * 1024 * 1024,
	/** Records of one change; a larger set is sent as several. */
	recordsPerChange: 1_000,
	/** Characters of the records of one change. This leaves room for the rest of the body. */
	recordCharactersPerChange: 4 * 1024 * 1024,
	/** Log entries of one answer. */
	entriesPerPage: 200,
	/** Bytes of one uploaded source file. */
	blobBytes: 10 * 1024 * 1024,
	filesPerDeployment: 20_000,
	functionsPerDeployment: 2_000,
} as const;

const base64 = (bytes: number) =>
	z.string().refine((text) => isBase64Text(text, bytes), `must be base64url of ${bytes} bytes`);
const hash32 = base64(32);
const APP_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const appIdSchema = z.string().regex(APP_ID, "must match ^[a-z0-9][a-z0-9-]{0,62}$");
export const functionName = z.string().min(1).max(200);
const revision = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const chain = z
	.array(z.string().max(64 * 1024))
	.min(1)
	.max(10_000);

const headSchema = z.strictObject({ revision, head: hash32 });
const headerSchema = z.strictObject({ vault: chain, environment: chain });

export const changeSchema = z.strictObject({
	operation: hash32,
	base: headSchema,
	header: headerSchema.nullable(),
	records: z.array(z.string().max(128 * 1024)).max(MESSAGE_LIMITS.recordsPerChange),
	author: base64(32),
	signature: base64(64),
});

/** Unknown members of the entry are ignored, as in all answers. The change in it is checked strictly. */
export const logEntrySchema = z.object({
	revision: revision.min(1),
	head: hash32,
	change: changeSchema,
	receivedMs: z.int().min(0).max(INSTANT_MS_MAX).optional(),
});

/** `GET /v1/platform` */
export const platformInfoSchema = z.object({
	version: z.string().max(100),
	sign: base64(32),
	box: base64(32),
	fingerprint: base64(16),
});
export type PlatformInfo = z.infer<typeof platformInfoSchema>;

/** `PUT /v1/apps/:app` */
export const createAppSchema = z.strictObject({
	vaultId: hash32,
	environment: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
});
export type CreateApp = z.infer<typeof createAppSchema>;

/** `GET /v1/apps/:app` and the answer to `PUT /v1/apps/:app` */
export const appInfoSchema = z.object({
	app: appIdSchema,
	vaultId: hash32,
	environment: z.string(),
	revision,
	head: hash32,
	/** The address at which the gateway serves this app. The functions are below it. */
	url: z.string().max(2000),
	/** The secrets that the platform stores for the app outside any vault. */
	local: z.array(localSecretSchema).max(20_000).optional(),
});
export type AppInfo = z.infer<typeof appInfoSchema>;

/** `GET /v1/apps/:app/changes?after=N` */
export const changesPageSchema = z.object({
	revision,
	head: hash32,
	entries: z.array(logEntrySchema).max(MESSAGE_LIMITS.entriesPerPage),
});
export type ChangesPage = z.infer<typeof changesPageSchema>;

const reasonSchema = z.object({
	name: z.string().max(128),
	file: z.string().max(4096),
	line: z.int().min(0),
	how: z.enum(["static", "observed", "declared", "dynamic"]),
});

export const redeployResultSchema = z.object({
	function: functionName,
	status: z.enum(["live", "idle", "failed"]),
	ms: z.number().min(0),
	/** After a failure: whether an earlier version still serves requests. Absent from earlier platforms. */
	serving: z.boolean().optional(),
	error: z
		.string()
		.max(64 * 1024)
		.optional(),
	reasons: z.array(reasonSchema).max(20_000),
});
export type RedeployResult = z.infer<typeof redeployResultSchema>;

/**
 * The lines of the answer to `POST /v1/apps/:app/changes`, in order: `accepted`, any number of `redeployed`, `done`. A
 * failure after the answer has begun ends it with one line `{"type": "problem", "problem": {…}}`, a problem document.
 */
export const changeEventSchema = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("accepted"),
		revision,
		head: hash32,
		/** Entries that others appended between the change's base and the change. They change other names. */
		since: z.array(logEntrySchema).max(MESSAGE_LIMITS.entriesPerPage),
		/** Whether the change was already in the log, which may have later entries now. */
		repeat: z.boolean(),
		/** The functions that will be redeployed and reported. Absent from earlier platforms. */
		concerned: z.array(functionName).max(20_000).optional(),
	}),
	z.object({ type: z.literal("redeployed"), result: redeployResultSchema }),
	/** Only if the request has `?wait=SECONDS`. */
	nodeEventSchema,
	z.object({ type: z.literal("done"), untouched: z.array(functionName).max(20_000) }),
]);
export type ChangeEvent = z.infer<typeof changeEventSchema>;

/** `POST /v1/apps/:app/deployments` */
export const deploySchema = z.strictObject({
	/** Pairs of a path and the BLAKE2b-256 of its content, base64. */
	files: z.array(z.tuple([z.string().min(1).max(1024), hash32])).max(MESSAGE_LIMITS.filesPerDeployment),
	functions: z
		.array(
			z.strictObject({
				name: functionName,
				entry: z.string().min(1).max(1024),
				/** Path of its `function.jsonc`; absent if it has none. */
				settings: z.string().min(1).max(1024).optional(),
			}),
		)
		.max(MESSAGE_LIMITS.functionsPerDeployment),
	/** Whether the platform deletes functions that are not in the list. */
	prune: z.boolean().default(false),
});
export type Deploy = z.infer<typeof deploySchema>;

export const deployedFunctionSchema = z.object({
	name: functionName,
	status: z.enum(["deployed", "unchanged", "failed"]),
	url: z.string().max(4096),
	error: z
		.string()
		.max(64 * 1024)
		.optional(),
});

/**
 * The lines of the answer: either `missing` alone (the client sends those blobs and asks again), or any number of
 * `function` and then `done`. A failure after the answer has begun ends it like the answer to a change.
 */
export const deployEventSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("missing"), hashes: z.array(hash32).max(MESSAGE_LIMITS.filesPerDeployment) }),
	z.object({ type: z.literal("function"), result: deployedFunctionSchema }),
	/** Only if the request has `?wait=SECONDS`. */
	nodeEventSchema,
	z.object({ type: z.literal("done"), pruned: z.array(functionName).max(20_000) }),
]);
export type DeployEvent = z.infer<typeof deployEventSchema>;
export type DeployedFunction = z.infer<typeof deployedFunctionSchema>;

/** `GET /v1/apps` */
export const appListSchema = z.object({
	apps: z
		.array(
			z.object({
				app: appIdSchema,
				/** Null for an app that is not linked with a vault. */
				vaultId: hash32.nullable(),
				environment: z.string(),
				revision,
			}),
		)
		.max(100_000),
});
export type AppList = z.infer<typeof appListSchema>;

/**
 * The additional members of the 409 problem `CHANGE_STALE`, which answers a change whose names or header others changed
 * since its base. Clients find them in the error's `data`.
 */
export const staleSchema = z.object({
	revision,
	head: hash32,
	entries: z.array(logEntrySchema).max(MESSAGE_LIMITS.entriesPerPage),
});

/**
 * Decodes untrusted, parsed JSON with a schema.
 * @param messageName the subject of the error's sentence
 * @throws AppError `MESSAGE_INVALID` (exit 2 by default), which names the field and what it must be, never its content
 */
export function decode<T>(
	schema: z.ZodType<T>,
	value: unknown,
	messageName: string,
	exit: 2 | 6 = EXIT.usage,
): T {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	const where = issue?.path.map(String).join(".").slice(0, 200) || "the top level";
	throw new AppError({
		code: "MESSAGE_INVALID",
		message: `${messageName} is not valid at ${where}: ${issue?.code === "custom" || issue?.code === "invalid_format" ? issue.message : (issue?.code ?? "unknown")}.`,
		hint:
			exit === EXIT.usage
				? "See docs/protocol.md."
				: "Check that the client and the platform use the same version of Coffer.",
		exit,
	});
}
