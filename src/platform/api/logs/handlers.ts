/** The routes for logs and requests of functions: read and followed. */
import {
	LOG_LINES_MAX,
	type LogEvent,
	type LogLines,
	logEventSchema,
	logLevelSchema,
	logsSchema,
} from "../../../protocol/function-log.ts";
import { logPositionSchema } from "../../../protocol/log-position.ts";
import {
	type LoggedRequests,
	type RequestEvent,
	requestEventSchema,
	requestsSchema,
} from "../../../protocol/request-log.ts";
import type { App } from "../../apps/app.ts";
import type { LogLine, LogQuery, RequestLine } from "../../logs/function-logs.ts";
import {
	answerOf,
	appOf,
	type Call,
	type Endpoint,
	invalid,
	json,
	lines as linesBody,
	TEXT,
} from "../endpoint.ts";
import { NDJSON_MEDIA_TYPE } from "../stream.ts";
import { type FollowFormat, follow } from "./follow.ts";
import { checkFunctions, readNewest, type Source } from "./sources.ts";

const LIMIT = 1_000;
const FUNCTIONS_MAX = 100;

/** Selects functions. Without it, all functions. */
const FUNCTIONS = { name: "function", required: false, schema: { type: "array", items: TEXT } };
/** Selects lines after a position. */
const AFTER = { name: "after", required: false, schema: TEXT };

/** Selects lines of a log. */
const LINE_PARAMETERS = [
	{ name: "since", required: false, schema: { type: "integer", minimum: 0 } },
	{ name: "level", required: false, schema: { type: "string", enum: ["info", "error"] } },
	{ name: "limit", required: false, schema: { type: "integer", minimum: 0, maximum: LOG_LINES_MAX } },
];

function numberOf(url: URL, name: string, max: number): number | undefined {
	const text = url.searchParams.get(name);
	if (text === null) return undefined;
	if (/^(0|[1-9][0-9]{0,15})$/.test(text) && Number(text) <= max) return Number(text);
	throw invalid(`The parameter '${name}' must be a number of at most ${max}.`);
}

function queryOf(url: URL): LogQuery {
	const text = url.searchParams.get("level");
	const level = text === null ? undefined : logLevelSchema.safeParse(text);
	if (level?.success === false)
		throw invalid(`The parameter 'level' must be one of: ${logLevelSchema.options.join(", ")}.`);
	const position = url.searchParams.get("after");
	const after = position === null ? undefined : logPositionSchema.safeParse(position);
	if (after?.success === false) throw invalid("The parameter 'after' must be a position of this log.");
	return {
		level: level?.data,
		sinceMs: numberOf(url, "since", Number.MAX_SAFE_INTEGER),
		after: after?.data,
		limit: numberOf(url, "limit", LOG_LINES_MAX) ?? LIMIT,
	};
}

/**
 * The functions that the request names. Undefined: all. @throws AppError `FUNCTION_NOT_FOUND` (exit 4),
 * `REQUEST_INVALID` (exit 2)
 */
function namesOf(call: Call, app: App): string[] | undefined {
	const names = [...new Set(call.url.searchParams.getAll("function"))];
	if (names.length > FUNCTIONS_MAX) throw invalid(`Give at most ${FUNCTIONS_MAX} functions.`);
	checkFunctions(app, names);
	return names.length === 0 ? undefined : names;
}

/** The lines that functions wrote. @param names undefined: all functions */
export function writtenBy(call: Call, app: App, names: readonly string[] | undefined): Source<LogLine> {
	return { app, lines: call.core.logs, names, hasOthers: false, sizeOf: ({ message }) => message.length };
}

function requestsTo(call: Call, app: App, names: readonly string[] | undefined): Source<RequestLine> {
	return { app, lines: call.core.logs.requests, names, hasOthers: true, sizeOf: ({ path }) => path.length };
}

export const readLogs: Endpoint = {
	summary: "Read the logs of functions",
	query: [FUNCTIONS, ...LINE_PARAMETERS],
	answer: answerOf("The last lines", json(logsSchema)),
	refuses: [400],
	handle: async (call) => {
		const app = appOf(call);
		const lines = await readNewest(writtenBy(call, app, namesOf(call, app)), queryOf(call.url));
		return Response.json({
			lines: lines.map(({ name, line }) => ({ function: name ?? "", ...line })),
		} satisfies LogLines);
	},
};

export const readRequests: Endpoint = {
	summary: "Read the requests to functions",
	query: [FUNCTIONS, ...LINE_PARAMETERS],
	answer: answerOf("The last requests", json(requestsSchema)),
	refuses: [400],
	handle: async (call) => {
		const app = appOf(call);
		const lines = await readNewest(requestsTo(call, app, namesOf(call, app)), queryOf(call.url));
		return Response.json({
			requests: lines.map(({ name, line }) => ({ function: name, ...line })),
		} satisfies LoggedRequests);
	},
};

/** One line of JSON for each event. */
function linesOfJson<Line>(event: (name: string | null, line: Line) => object): FollowFormat<Line> {
	const text = (document: object) => `${JSON.stringify(document)}\n`;
	return {
		media: NDJSON_MEDIA_TYPE,
		ping: (position) => text({ type: "ping", position } satisfies LogEvent),
		line: (name, line) => text(event(name, line)),
		dropped: (lines) => text({ type: "dropped", lines } satisfies LogEvent),
		end: () => "",
	};
}

const LINES = linesOfJson<LogLine>(
	(name, line) => ({ type: "line", function: name ?? "", line }) satisfies LogEvent,
);
const REQUESTS = linesOfJson<RequestLine>(
	(name, line) => ({ type: "request", request: { function: name, ...line } }) satisfies RequestEvent,
);

export const followLogs: Endpoint = {
	summary: "Read the logs of functions and follow them until the client or the platform ends the answer",
	query: [FUNCTIONS, ...LINE_PARAMETERS, AFTER],
	answer: answerOf("A line for each event", linesBody(logEventSchema)),
	refuses: [400],
	handle: (call) => {
		const app = appOf(call);
		const source = writtenBy(call, app, namesOf(call, app));
		return follow(call, { source, query: queryOf(call.url), format: LINES });
	},
};

export const followRequests: Endpoint = {
	summary: "Read the requests to functions and follow them until the client or the platform ends the answer",
	query: [FUNCTIONS, ...LINE_PARAMETERS, AFTER],
	answer: answerOf("A line for each event", linesBody(requestEventSchema)),
	refuses: [400],
	handle: (call) => {
		const app = appOf(call);
		const source = requestsTo(call, app, namesOf(call, app));
		return follow(call, { source, query: queryOf(call.url), format: REQUESTS });
	},
};
