/** The kinds of stored lines: writing a line to a file, reading it back, and its level. Pure. */
import * as z from "zod";
import { logPositionSchema } from "../../protocol/log-position.ts";
import type { Kept, LogLine, LogQuery, RequestLine, Timed } from "./function-logs.ts";

export interface LineKind<Line extends Timed> {
	/** The suffix of the names of its files. */
	readonly ending: string;
	/** The longest time that a line waits in memory, in milliseconds, so that one write contains several lines. */
	readonly gatherMs: number;
	/** A line as it is written, without a line break: JSON that ends with its position. */
	write(line: Line, position: string): string;
	levelOf(line: Line): LogLine["level"];
	/** A line from a file. Undefined if the value is not one. */
	parse(value: unknown): Kept<Line> | undefined;
	/**
	 * The line that reports dropped lines in the same file. Undefined for a kind whose dropped lines are
	 * reported in the function's log.
	 */
	readonly dropped: ((count: number) => Line) | undefined;
}

const CAUSE = "the disk did not store them, or not fast enough.";

function errorLine(message: string): LogLine {
	return { time: new Date().toISOString(), level: "error", message };
}

/** The line of a function's log that reports requests which are not in its request log. */
export function missingRequests(count: number): LogLine {
	const requests = count === 1 ? "1 request is" : `${count} requests are`;
	return errorLine(`${requests} missing in the request log: ${CAUSE}`);
}

export const LOG_LINES: LineKind<LogLine> = {
	ending: "",
	gatherMs: 0,
	write: (line, position) => JSON.stringify({ ...line, position }),
	levelOf: ({ level }) => level,
	parse(value) {
		const { time, level, message, position } = value as Kept<LogLine>;
		const isLine = typeof time === "string" && typeof message === "string";
		if (!isLine || (level !== "info" && level !== "error")) return undefined;
		return { time, level, message, ...(logPositionSchema.safeParse(position).success && { position }) };
	},
	dropped: (count) =>
		errorLine(`${count === 1 ? "1 line was" : `${count} lines were`} dropped here: ${CAUSE}`),
};

const requestSchema = z.object({
	time: z.string(),
	method: z.string(),
	path: z.string(),
	status: z.int().min(100).max(999),
	ms: z.number(),
	bytes: z.int(),
	id: z.string().nullable(),
	reason: z.string().nullable(),
	protocol: z.string().optional(),
	automation: z.string().optional(),
	position: logPositionSchema.optional(),
});

/** Visible ASCII without the two characters that JSON escapes. */
const PLAIN = /^[!#-[\]-~]*$/;

/** A text as JSON. Almost all texts of requests need no escapes. */
function quoted(text: string | null): string {
	return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Thousands of requests may come in a second. They are gathered, so that one write contains many. */
const GATHER_MS = 100;

export const REQUEST_LINES: LineKind<RequestLine> = {
	ending: ".requests",
	gatherMs: GATHER_MS,
	// Concatenation takes half the time of JSON.stringify, and this runs for each request.
	write({ automation, bytes, id, method, ms, path, protocol, reason, status, time }, position) {
		const spoken = protocol === undefined ? "" : `,"protocol":"${protocol}"`;
		const by = automation === undefined ? "" : `,"automation":${JSON.stringify(automation)}`;
		return `{"time":"${time}","method":${quoted(method)},"path":${quoted(path)},"status":${status},"ms":${ms},"bytes":${bytes},"id":${quoted(id)},"reason":${quoted(reason)}${spoken}${by},"position":"${position}"}`;
	},
	levelOf: ({ reason, status }) => (reason !== null || status >= 500 ? "error" : "info"),
	parse: (value) => requestSchema.safeParse(value).data,
	dropped: undefined,
};

/** Whether a query selects a line, apart from its limit. */
export function isWanted<Line extends Timed>(
	kind: Pick<LineKind<Line>, "levelOf">,
	{ after, level, sinceMs }: Omit<LogQuery, "limit">,
	line: Kept<Line>,
): boolean {
	if (level !== undefined && kind.levelOf(line) !== level) return false;
	if (after !== undefined && (line.position ?? "") <= after) return false;
	return sinceMs === undefined || Date.parse(line.time) >= sinceMs;
}
