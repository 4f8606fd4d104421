/** The body and answer of each route, as schemas of the protocol. */
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
	/** The schema of the whole body, or of each line. Undefined for bytes. */
	readonly schema: z.ZodType | undefined;
}

export interface Operation {
	readonly summary: string;
	readonly query?: readonly { readonly name: string; readonly required: boolean; readonly schema: object }[];
	readonly body?: Body;
	readonly answer: { readonly status: number; readonly description: string; readonly body?: Body };
	/** Statuses of errors besides those that every route of its kind has. */
	readonly refuses?: readonly number[];
}

const TEXT = { type: "string" };
const json = (schema: z.ZodType): Body => ({ media: "application/json", schema });
const lines = (schema: z.ZodType): Body => ({ media: NDJSON_MEDIA_TYPE, schema });
const answerOf = (description: string, body: Body, status = 200) => ({ status, description, body });
const done = { status: 204, description: "Done" };

/** Selects functions. Without it, all functions. */
const FUNCTIONS = { name: "function", required: false, schema: { type: "array", items: TEXT } };
/** Selects lines after a position. */
const AFTER = { name: "after", required: false, schema: TEXT };

/** Selects lines of a log. */
const LINES = [
	{ name: "since", required: false, schema: { type: "integer", minimum: 0 } },
	{ name: "level", required: false, schema: { type: "string", enum: ["info", "error"] } },
	{ name: "limit", required: false, schema: { type: "integer", minimum: 0, maximum: LOG_LINES_MAX } },
];

/** The operation of every route. */
export const OPERATIONS: Readonly<Record<keyof typeof ROUTES, Operation>> = {
	health: {
		summary: "Check whether the platform runs",
		answer: answerOf("The platform runs", json(z.object({ status: z.literal("ok") }))),
	},
	metrics: {
		summary: "Read the metrics in the text format of Prometheus",
		answer: answerOf("The metrics", { media: "text/plain", schema: undefined }),
	},
	openApi: {
		summary: "Read this document",
		answer: answerOf("The document", json(z.looseObject({ openapi: z.string() }))),
	},
	platform: {
		summary: "Read the platform's identity",
		answer: answerOf("Its public keys", json(platformInfoSchema)),
	},
	listApps: { summary: "List the apps", answer: answerOf("The apps", json(appListSchema)) },
	createApp: {
		summary: "Create an app, or get the one that is linked with the same vault and environment",
		body: json(createAppSchema),
		answer: answerOf("The app", json(appInfoSchema)),
		refuses: [409],
	},
	showApp: { summary: "Show an app", answer: answerOf("The app", json(appInfoSchema)) },
	deleteApp: { summary: "Delete an app with its log, functions and tokens", answer: done },
	readChanges: {
		summary: "Read a page of an app's log",
		query: [{ name: "after", required: false, schema: TEXT }],
		answer: answerOf("The entries after a revision", json(changesPageSchema)),
		refuses: [400],
	},
	appendChange: {
		summary: "Append a change, and redeploy the functions that read it",
		body: json(changeSchema),
		answer: answerOf("A line for each event, or a problem as the last line", lines(changeEventSchema)),
		refuses: [409, 422],
	},
	putBlob: {
		summary: "Store a source file under its hash",
		body: { media: "application/octet-stream", schema: undefined },
		answer: done,
		refuses: [422],
	},
	deploy: {
		summary: "Deploy functions from stored files",
		body: json(deploySchema),
		answer: answerOf("A line for each event, or a problem as the last line", lines(deployEventSchema)),
	},
	listFunctions: {
		summary: "List an app's functions",
		query: [{ name: "files", required: false, schema: { type: "boolean" } }],
		answer: answerOf("The functions", json(functionListSchema)),
	},
	deleteFunctions: {
		summary: "Delete functions: all that are named, or none",
		query: [{ name: "name", required: true, schema: { type: "array", items: TEXT } }],
		answer: done,
		refuses: [400],
	},
	readLogs: {
		summary: "Read the logs of functions",
		query: [FUNCTIONS, ...LINES],
		answer: answerOf("The last lines", json(logsSchema)),
		refuses: [400],
	},
	followLogs: {
		summary: "Read the logs of functions and follow them until the client or the platform ends the answer",
		query: [FUNCTIONS, ...LINES, AFTER],
		answer: answerOf("A line for each event", lines(logEventSchema)),
		refuses: [400],
	},
	readRequests: {
		summary: "Read the requests to functions",
		query: [FUNCTIONS, ...LINES],
		answer: answerOf("The last requests", json(requestsSchema)),
		refuses: [400],
	},
	followRequests: {
		summary:
			"Read the requests to functions and follow them until the client or the platform ends the answer",
		query: [FUNCTIONS, ...LINES, AFTER],
		answer: answerOf("A line for each event", lines(requestEventSchema)),
		refuses: [400],
	},
	listTokens: {
		summary: "List the access tokens",
		answer: answerOf("The tokens' descriptions, without the tokens themselves", json(tokenListSchema)),
	},
	createToken: {
		summary: "Create an access token",
		body: json(createTokenSchema),
		answer: answerOf("The token. It cannot be read again", json(createdTokenSchema), 201),
	},
	revokeToken: { summary: "Revoke an access token", answer: done },
};
