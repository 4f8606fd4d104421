/**
 * The messages with the output of functions.
 */
import * as z from "zod";
import { logPositionSchema } from "./log-position.ts";
import { askedNodeSchema } from "./nodes.ts";

/** The most lines in one answer. */
export const LOG_LINES_MAX = 10_000;

/** `info` is standard output, `error` is standard error. */
export const logLevelSchema = z.enum(["info", "error"]);

const logLineSchema = z.object({
	time: z.string().max(40),
	level: logLevelSchema,
	message: z.string().max(20_000),
	/** Absent for lines that earlier versions stored. */
	position: logPositionSchema.optional(),
});
export type FunctionLine = z.infer<typeof logLineSchema>;

const namedLineSchema = logLineSchema.extend({
	function: z.string().min(1).max(200).optional(),
	/** The node that stored the line, if the platform may have several. */
	node: z.string().max(100).optional(),
});

/**
 * `GET /v1/apps/:app/logs[?function=NAME…][&since=MS][&level=LEVEL][&limit=N]` (names may contain slashes). Each line
 * has the name of its function. Earlier versions answer for one function only, and give no name.
 */
export const logsSchema = z.object({
	lines: z.array(namedLineSchema).max(LOG_LINES_MAX),
	/** The nodes that were asked, if the platform may have several. */
	nodes: z.array(askedNodeSchema).max(1_000).optional(),
});
export type LogLines = z.infer<typeof logsSchema>;

/** The events that both streams of logs have. */
export const streamEvents = [
	/**
	 * Every line up to the position has been sent. A later request continues there with `after=POSITION`. With several
	 * nodes, `positions` has one for each node, and a request continues with `after=NODE:POSITION` for each.
	 */
	z.object({
		type: z.literal("ping"),
		position: logPositionSchema.optional(),
		positions: z
			.array(z.object({ node: z.string().max(100), position: logPositionSchema }))
			.max(1_000)
			.optional(),
	}),
	z.object({ type: z.literal("dropped"), lines: z.int().min(1) }),
	/** The nodes whose lines are sent, first and after each change, if the platform may have several. */
	z.object({ type: z.literal("nodes"), nodes: z.array(askedNodeSchema).max(1_000) }),
] as const;

/**
 * An event of `GET /v1/apps/:app/logs/stream`, which has the parameters of `logs`. The stored lines come first, then a
 * `ping`, then new lines. A `ping` also comes every 15 s. `dropped` says that the client reads too slowly.
 */
export const logEventSchema = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("line"),
		function: z.string().min(1).max(200),
		node: z.string().max(100).optional(),
		line: logLineSchema,
	}),
	...streamEvents,
]);
export type LogEvent = z.infer<typeof logEventSchema>;
