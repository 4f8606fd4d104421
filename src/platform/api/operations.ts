/**
 * What each route takes and gives, in the schemas of the protocol.
 */
import { z } from "zod";
import { functionListSchema } from "../../protocol/function-list.ts";
import { LOG_LINES_MAX, logEventSchema, logsSchema } from "../../protocol/function-log.ts";
import {
	appInfoSchema,
	appListSchema,
	changeEventSchema,
	changeSchema,
	changesPageSchema,
	createAppSchema,
	deployEventSchema,
	deploySchema,
	platformInfoSchema,
} from "../../protocol/messages.ts";
import { requestEventSchema, requestsSchema } from "../../protocol/request-log.ts";
import type { ROUTES } from "../../protocol/routes.ts";
import { createdTokenSchema, createTokenSchema, tokenListSchema } from "../../protocol/token-messages.ts";
import { NDJSON_MEDIA_TYPE } from "./stream.ts";

export interface Body {
	readonly media: string;
	/** Of the whole, or of each line; undefined for bytes. */
	readonly schema: z.ZodType | undefined;
}

export interface Operation {
	readonly summary: string;
	readonly query?: readonly { readonly name: string; readonly required: boolean; readonly schema: object }[];
	readonly body?: Body;
	readonly answer: { readonly status: number; readonly says: string; readonly body?: Body };
	/** Statuses of refusals besides those that every route of its kind has. */
	readonly refuses?: readonly number[];
}

const TEXT = { type: "string" };
const json = (schema: z.ZodType): Body => ({ media: "application/json", schema });
const lines = (schema: z.ZodType): Body => ({ media: NDJSON_MEDIA_TYPE, schema });
const given = (says: string, body: Body, status = 200) => ({ status, says, body });
const done = { status: 204, says: "Done" };

/** Whose; all where none is named. */
const FUNCTIONS = { name: "function", required: false, schema: { type: "array", items: TEXT } };
/** Only what is past it. */
const AFTER = { name: "after", required: false, schema: TEXT };

/** Which lines of a log. */
const LINES = [
	{ name: "since", required: false, schema: { type: "integer", minimum: 0 } },
	{ name: "level", required: false, schema: { type: "string", enum: ["info", "error"] } },
	{ name: "limit", required: false, schema: { type: "integer", minimum: 0, maximum: LOG_LINES_MAX } },
];

/** The operation of every route. */
export const OPERATIONS: Readonly<Record<keyof typeof ROUTES, Operation>> = {
	health: {
		summary: "Whether the platform is there",
		answer: given("It is", json(z.object({ status: z.literal("ok") }))),
	},
	metrics: {
		summary: "What the platform counts, in Prometheus' text format",
		answer: given("The metrics", { media: "text/plain", schema: undefined }),
	},
	openApi: {
		summary: "This document",
		answer: given("The document", json(z.looseObject({ openapi: z.string() }))),
	},
	platform: { summary: "Who the platform is", answer: given("Its public keys", json(platformInfoSchema)) },
	listApps: { summary: "List the apps", answer: given("The apps", json(appListSchema)) },
	createApp: {
		summary: "Create an app, or get the one that is bound to the same vault and environment",
		body: json(createAppSchema),
		answer: given("The app", json(appInfoSchema)),
		refuses: [409],
	},
	showApp: { summary: "Show an app", answer: given("The app", json(appInfoSchema)) },
	deleteApp: { summary: "Delete an app with its log, functions and tokens", answer: done },
	readChanges: {
		summary: "Read a page of an app's log",
		query: [{ name: "after", required: false, schema: TEXT }],
		answer: given("The entries after a revision", json(changesPageSchema)),
		refuses: [400],
	},
	appendChange: {
		summary: "Append a change, and redeploy the functions that read it",
		body: json(changeSchema),
		answer: given("A line for each event, or a problem as the last line", lines(changeEventSchema)),
		refuses: [409, 422],
	},
	putBlob: {
		summary: "Store a source file under its hash",
		body: { media: "application/octet-stream", schema: undefined },
		answer: done,
		refuses: [422],
	},
	deploy: {
		summary: "Deploy functions from files that are stored",
		body: json(deploySchema),
		answer: given("A line for each event, or a problem as the last line", lines(deployEventSchema)),
	},
	listFunctions: {
		summary: "List an app's functions",
		query: [{ name: "files", required: false, schema: { type: "boolean" } }],
		answer: given("The functions", json(functionListSchema)),
	},
	deleteFunctions: {
		summary: "Delete functions, all of the named or none",
		query: [{ name: "name", required: true, schema: { type: "array", items: TEXT } }],
		answer: done,
		refuses: [400],
	},
	readLogs: {
		summary: "Read the logs of functions",
		query: [FUNCTIONS, ...LINES],
		answer: given("Its last lines", json(logsSchema)),
		refuses: [400],
	},
	followLogs: {
		summary: "Read the logs of functions, and what comes, until one of both sides ends it",
		query: [FUNCTIONS, ...LINES, AFTER],
		answer: given("A line for each event", lines(logEventSchema)),
		refuses: [400],
	},
	readRequests: {
		summary: "Read which requests functions were sent",
		query: [FUNCTIONS, ...LINES],
		answer: given("The last ones", json(requestsSchema)),
		refuses: [400],
	},
	followRequests: {
		summary: "Read which requests functions were sent and are, until one of both sides ends it",
		query: [FUNCTIONS, ...LINES, AFTER],
		answer: given("A line for each event", lines(requestEventSchema)),
		refuses: [400],
	},
	listTokens: {
		summary: "List the access tokens",
		answer: given("All but the tokens", json(tokenListSchema)),
	},
	createToken: {
		summary: "Make an access token",
		body: json(createTokenSchema),
		answer: given("The token, this once", json(createdTokenSchema), 201),
	},
	revokeToken: { summary: "Revoke an access token", answer: done },
};
