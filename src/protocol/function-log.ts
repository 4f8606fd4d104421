/**
 * The messages about what functions write.
 */
import { z } from "zod";
import { logPositionSchema } from "./log-position.ts";

/** Lines of one answer. */
export const LOG_LINES_MAX = 10_000;

/** What standard output and standard error are called. */
export const logLevelSchema = z.enum(["info", "error"]);

const logLineSchema = z.object({
	time: z.string().max(40),
	level: logLevelSchema,
	message: z.string().max(20_000),
	/** Left out by earlier versions, and for lines that they kept. */
	position: logPositionSchema.optional(),
});
export type FunctionLine = z.infer<typeof logLineSchema>;

const namedLineSchema = logLineSchema.extend({ function: z.string().min(1).max(200).optional() });

/**
 * `GET /v1/apps/:app/logs[?function=NAME…][&since=MS][&level=LEVEL][&limit=N]` (names may hold slashes). Each line names
 * its function; earlier versions answer for one function alone, and name none.
 */
export const logsSchema = z.object({ lines: z.array(namedLineSchema).max(LOG_LINES_MAX) });
export type LogLines = z.infer<typeof logsSchema>;

/**
 * A line of `GET /v1/apps/:app/logs/stream`, with the parameters of `logs` and `function` as often as wanted: first what
 * there is, then what comes. `ping` between them, and every 15 s; `dropped` where the client reads too slowly.
 */
export const logEventSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("line"), function: z.string().min(1).max(200), line: logLineSchema }),
	/** Every line up to the position was told before; with `after=POSITION`, a later request goes on there. */
	z.object({ type: z.literal("ping"), position: logPositionSchema.optional() }),
	z.object({ type: z.literal("dropped"), lines: z.int().min(1) }),
]);
export type LogEvent = z.infer<typeof logEventSchema>;
