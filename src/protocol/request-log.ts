/**
 * The messages about requests to functions: what became of each, and nothing of what was in it.
 */
import { z } from "zod";
import { LOG_LINES_MAX } from "./function-log.ts";
import { logPositionSchema } from "./log-position.ts";

const requestSchema = z.object({
	/** ISO 8601, UTC: when the answer was over. */
	time: z.string().max(40),
	/** The function that it was for; null where the app has none of that name. */
	function: z.string().min(1).max(200).nullable(),
	method: z.string().max(40),
	/** Without the query; values of secrets are taken out. */
	path: z.string().max(2_000),
	/** What the client got. 499 where it went before there was an answer. */
	status: z.int().min(100).max(999),
	/** Milliseconds from the request to the end of its answer. */
	ms: z.number().min(0),
	/** Of the answer's body. */
	bytes: z.int().min(0),
	/** The request's `x-request-id`; null where it has none. */
	id: z.string().max(200).nullable(),
	/** Why there was no whole answer of the function's: a code; null where there was one. */
	reason: z.string().max(100).nullable(),
	/** The automation that sent it. */
	automation: z.string().max(1_000).optional(),
	position: logPositionSchema.optional(),
});
export type LoggedRequest = z.infer<typeof requestSchema>;

/** `GET /v1/apps/:app/requests[?function=NAME…][&since=MS][&level=LEVEL][&limit=N]` */
export const requestsSchema = z.object({ requests: z.array(requestSchema).max(LOG_LINES_MAX) });
export type LoggedRequests = z.infer<typeof requestsSchema>;

/** A line of `GET /v1/apps/:app/requests/stream`, as of a function's log. */
export const requestEventSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("request"), request: requestSchema }),
	z.object({ type: z.literal("ping"), position: logPositionSchema.optional() }),
	z.object({ type: z.literal("dropped"), lines: z.int().min(1) }),
]);
export type RequestEvent = z.infer<typeof requestEventSchema>;
