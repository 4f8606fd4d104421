/**
 * The messages about what functions write.
 */
import { z } from "zod";

/** Lines of one answer. */
export const LOG_LINES_MAX = 10_000;

/** What standard output and standard error are called. */
export const logLevelSchema = z.enum(["info", "error"]);

const logLineSchema = z.object({
	time: z.string().max(40),
	level: logLevelSchema,
	message: z.string().max(20_000),
});

/** `GET /v1/apps/:app/logs?function=NAME[&since=MS][&level=LEVEL][&limit=N]` (names may hold slashes) */
export const logsSchema = z.object({ lines: z.array(logLineSchema).max(LOG_LINES_MAX) });
export type LogLines = z.infer<typeof logsSchema>;

/**
 * A line of `GET /v1/apps/:app/logs/stream`, with the parameters of `logs` and `function` as often as wanted: first what
 * there is, then what comes. `ping` between them, and every 15 s; `dropped` where the client reads too slowly.
 */
export const logEventSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("line"), function: z.string().min(1).max(200), line: logLineSchema }),
	z.object({ type: z.literal("ping") }),
	z.object({ type: z.literal("dropped"), lines: z.int().min(1) }),
]);
export type LogEvent = z.infer<typeof logEventSchema>;
