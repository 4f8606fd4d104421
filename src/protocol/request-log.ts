/**
 * The messages with the request log: the result of each request to a function, without headers, query and body.
 */
import * as z from "zod";
import { LOG_LINES_MAX, streamEvents } from "./function-log.ts";
import { logPositionSchema } from "./log-position.ts";
import { askedNodeSchema } from "./nodes.ts";

const requestSchema = z.object({
	/** When the answer ended, in ISO 8601, UTC. */
	time: z.string().max(40),
	/** The requested function; null if the app has no function of that name. */
	function: z.string().min(1).max(200).nullable(),
	method: z.string().max(40),
	/** Without the query and without values of secrets. */
	path: z.string().max(2_000),
	/** The status that the client received; 499 if the client disconnected before the answer. */
	status: z.int().min(100).max(999),
	/** Milliseconds from the request to the end of its answer. */
	ms: z.number().min(0),
	/** Size of the answer's body. */
	bytes: z.int().min(0),
	/** The request's `x-request-id`; null if it has none. */
	id: z.string().max(200).nullable(),
	/** A code that says why the function did not answer completely; null if it did. */
	reason: z.string().max(100).nullable(),
	/** The version of HTTP that the client used; missing for automations, and for lines of earlier versions. */
	protocol: z.string().max(20).optional(),
	/** The automation that sent the request. */
	automation: z.string().max(1_000).optional(),
	/** The node that answered, if the platform may have several. */
	node: z.string().max(100).optional(),
	position: logPositionSchema.optional(),
});
export type LoggedRequest = z.infer<typeof requestSchema>;

/** `GET /v1/apps/:app/requests[?function=NAME…][&since=MS][&level=LEVEL][&limit=N]` */
export const requestsSchema = z.object({
	requests: z.array(requestSchema).max(LOG_LINES_MAX),
	nodes: z.array(askedNodeSchema).max(1_000).optional(),
});
export type LoggedRequests = z.infer<typeof requestsSchema>;

/** An event of `GET /v1/apps/:app/requests/stream`. The others are as in `logEventSchema`. */
export const requestEventSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("request"), request: requestSchema }),
	...streamEvents,
]);
export type RequestEvent = z.infer<typeof requestEventSchema>;
