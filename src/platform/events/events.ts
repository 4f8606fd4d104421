/**
 * What the platform itself writes into its log: apps that come and go (stream `platform`), and what happens to
 * an app's functions (`apps/<app>/events`). None of it moves an app's revision.
 */
import { z } from "zod";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { redeployResultSchema } from "../../protocol/messages.ts";

/** The store's stream of events that belong to no app: apps that come and go, and access tokens. */
export const PLATFORM_STREAM = "platform";

/** Begins the names of the streams of all apps. */
export const APP_STREAMS = "apps/";

/** The prefix of an app's streams. */
export function appStreams(app: string): string {
	return `${APP_STREAMS}${app}/`;
}

/** The stream of what happens to an app's functions. */
export function eventStream(app: string): string {
	return `${appStreams(app)}events`;
}

const instantMs = z.int().min(0);
const place = { file: z.string(), line: z.int().min(0) };
const referenceSchema = z.strictObject({
	name: z.string(),
	...place,
	how: z.enum(["static", "observed", "declared"]),
});

const settingsSchema = z.strictObject({
	network: z.array(z.string()).readonly().optional(),
	memoryMB: z.int().optional(),
	timeoutSeconds: z.int().optional(),
	idleSeconds: z.union([z.int(), z.literal("never")]).optional(),
	maxBodyMB: z.int().optional(),
	secrets: z
		.strictObject({
			include: z.array(z.string()).readonly().optional(),
			exclude: z.array(z.string()).readonly().optional(),
		})
		.optional(),
} satisfies Record<keyof FunctionSettings, z.ZodType>);

const deploymentSchema = z.strictObject({
	id: z.string(),
	function: z.string(),
	bundle: z.string(),
	sourceMap: z.string(),
	source: z.string(),
	references: z.array(referenceSchema),
	dynamic: z.array(z.strictObject({ ...place, why: z.string() })),
	/** Left out where it has none, as in what was written before there were any. */
	settings: settingsSchema.optional(),
	seen: z.array(z.string()).readonly().optional(),
	sources: z
		.strictObject({
			entry: z.string(),
			files: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
		})
		.optional(),
	automations: z.array(z.record(z.string(), z.json())).readonly().optional(),
});

/** An event of the stream `platform` that is about an app. */
export const platformEventSchema = z.discriminatedUnion("type", [
	/** With an empty vault id where it is linked with none yet. */
	z.strictObject({
		type: z.literal("app-created"),
		app: z.string(),
		vaultId: z.string(),
		environment: z.string(),
		/** Its life, 32 hexadecimal digits. Left out by earlier versions (`appLifetime`). */
		life: z
			.string()
			.regex(/^[0-9a-f]{32}$/)
			.optional(),
		/** Id of the access token for the Base44 CLI that is for this app from now on, having been for none. */
		by: z.string().max(100).optional(),
		atMs: instantMs,
	}),
	/** An app that was linked with no vault has one now. */
	z.strictObject({
		type: z.literal("app-linked"),
		app: z.string(),
		vaultId: z.string(),
		environment: z.string(),
		atMs: instantMs,
	}),
	/** With this entry the tokens for the app are revoked, too. */
	z.strictObject({ type: z.literal("app-deleted"), app: z.string(), atMs: instantMs }),
]);
export type PlatformEvent = z.infer<typeof platformEventSchema>;

/** An event of an app's stream `apps/<app>/events`. */
export const appEventSchema = z.discriminatedUnion("type", [
	/** A deployment runs, from now on it is the function's present one. */
	z.strictObject({ type: z.literal("deployed"), deployment: deploymentSchema, atMs: instantMs }),
	/** A deployment was built and did not start. */
	z.strictObject({
		type: z.literal("deploy-failed"),
		deployment: deploymentSchema,
		error: z.string(),
		atMs: instantMs,
	}),
	/** What a change of secrets did to the functions. */
	z.strictObject({
		type: z.literal("redeployed"),
		operation: z.string(),
		results: z.array(redeployResultSchema),
		untouched: z.array(z.string()),
		atMs: instantMs,
	}),
	/** Variables that a version was seen to read, and the references to those that its code did not tell of. */
	z.strictObject({
		type: z.literal("observed"),
		function: z.string(),
		deployment: z.string(),
		seen: z.array(z.string()),
		references: z.array(referenceSchema),
		atMs: instantMs,
	}),
	/** Records of the app's own environment, which is in no vault. */
	z.strictObject({
		type: z.literal("local-secrets"),
		records: z.array(z.string()),
		by: z.string(),
		atMs: instantMs,
	}),
	z.strictObject({ type: z.literal("deleted"), functions: z.array(z.string()), atMs: instantMs }),
]);
export type AppEvent = z.infer<typeof appEventSchema>;
