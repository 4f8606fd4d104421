/**
 * The events that the platform itself writes. The stream `platform` has the creation and deletion of apps, and
 * their host names.
 * `apps/<app>/events` has the events of an app's functions. No event changes an app's revision.
 */
import * as z from "zod";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { redeployResultSchema } from "../../protocol/messages.ts";
import { cronSchema } from "../functions/crons.ts";

/** The stream of events that belong to no app: the creation and deletion of apps, their host names, and access tokens. */
export const PLATFORM_STREAM = "platform";

/** The prefix of the names of all streams of apps. */
export const APP_STREAMS = "apps/";

/** The prefix of the names of one app's streams. */
export function appStreams(app: string): string {
	return `${APP_STREAMS}${app}/`;
}

/** The stream of events about an app's functions. */
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
	nameInPath: z.boolean().optional(),
	secrets: z
		.strictObject({
			include: z.array(z.string()).readonly().optional(),
			exclude: z.array(z.string()).readonly().optional(),
		})
		.optional(),
} satisfies Record<keyof FunctionSettings, z.ZodType>);

const filesSchema = z.array(z.tuple([z.string(), z.string()]).readonly()).readonly();

const deploymentSchema = z.strictObject({
	id: z.string(),
	function: z.string(),
	bundle: z.string(),
	sourceMap: z.string(),
	source: z.string(),
	references: z.array(referenceSchema),
	dynamic: z.array(z.strictObject({ ...place, why: z.string() })),
	/** Left out if there are none, as versions without settings did. */
	settings: settingsSchema.optional(),
	seen: z.array(z.string()).readonly().optional(),
	sources: z
		.strictObject({
			entry: z.string(),
			files: filesSchema,
		})
		.optional(),
	assets: filesSchema.optional(),
	packageFiles: filesSchema.optional(),
	automations: z.array(z.record(z.string(), z.json())).readonly().optional(),
	crons: z.array(cronSchema).readonly().optional(),
});

/** An event of the stream `platform` about an app. */
export const platformEventSchema = z.discriminatedUnion("type", [
	/** The vault id is empty if the app is not linked with a vault yet. */
	z.strictObject({
		type: z.literal("app-created"),
		app: z.string(),
		vaultId: z.string(),
		environment: z.string(),
		/** Id of the app's lifetime, 32 hexadecimal digits. Left out by earlier versions (see `appLifetime`). */
		life: z
			.string()
			.regex(/^[0-9a-f]{32}$/)
			.optional(),
		/** Id of the access token for the Base44 CLI that this event binds to the app. */
		by: z.string().max(100).optional(),
		atMs: instantMs,
	}),
	/** An app without a vault is linked with one. */
	z.strictObject({
		type: z.literal("app-linked"),
		app: z.string(),
		vaultId: z.string(),
		environment: z.string(),
		atMs: instantMs,
	}),
	/** This event also revokes the tokens for the app. */
	z.strictObject({ type: z.literal("app-deleted"), app: z.string(), atMs: instantMs }),
]);
export type PlatformEvent = z.infer<typeof platformEventSchema>;

/** An event of the stream `platform` about the host names of apps. The deletion of an app also removes its hosts. */
export const hostEventSchema = z.discriminatedUnion("type", [
	z.strictObject({ type: z.literal("host-added"), host: z.string(), app: z.string(), atMs: instantMs }),
	z.strictObject({ type: z.literal("host-removed"), host: z.string(), atMs: instantMs }),
]);
export type HostEvent = z.infer<typeof hostEventSchema>;

/** An event of an app's stream `apps/<app>/events`. */
export const appEventSchema = z.discriminatedUnion("type", [
	/** A deployment runs. From now on it is the function's current one. */
	z.strictObject({
		type: z.literal("deployed"),
		deployment: deploymentSchema,
		/** The revision of the app's log whose secrets its process has. Only with several nodes. */
		values: z.int().min(0).optional(),
		atMs: instantMs,
	}),
	/** A deployment was built but did not start. */
	z.strictObject({
		type: z.literal("deploy-failed"),
		deployment: deploymentSchema,
		error: z.string(),
		atMs: instantMs,
	}),
	/** The result of redeploying the functions that a change of secrets concerns. */
	z.strictObject({
		type: z.literal("redeployed"),
		operation: z.string(),
		results: z.array(redeployResultSchema),
		untouched: z.array(z.string()),
		atMs: instantMs,
	}),
	/** Several nodes: the first node that tried a function with changed secrets reports whether it started. */
	z.strictObject({
		type: z.literal("tried"),
		function: z.string(),
		deployment: z.string(),
		/** The revision of the app's log whose secrets the process has. */
		values: z.int().min(0),
		/** Why it did not start. Left out if it did. */
		error: z.string().optional(),
		atMs: instantMs,
	}),
	/** Variables that a deployment read while it ran. `references` has those that the analysis did not find. */
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
