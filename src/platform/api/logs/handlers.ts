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
import type { LogLine, LogQuery, RequestLine, Timed } from "../../logs/function-logs.ts";
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
import { type FollowedNodes, followNodes, type NodesFormat } from "./nodes/follow.ts";
import { readNodes } from "./nodes/read.ts";
import { checkFunctions, requestsTo, writtenBy } from "./sources.ts";

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
	return {
		level: level?.data,
		sinceMs: numberOf(url, "since", Number.MAX_SAFE_INTEGER),
		limit: numberOf(url, "limit", LOG_LINES_MAX) ?? LIMIT,
	};
}

/** `NODE:POSITION` */
const NODE_POSITION = /^([0-9A-Za-z-]{1,100}):(.+)$/;

/** The positions after which the answer continues, by node. The name of a platform's only node is empty. */
function afterOf(url: URL): Map<string, string> {
	return new Map(
		url.searchParams.getAll("after").map((text) => {
			const [, node = "", named = text] = NODE_POSITION.exec(text) ?? [];
			const position = logPositionSchema.safeParse(named);
			if (position.success) return [node, position.data];
			throw invalid("The parameter 'after' must be a position of this log.");
		}),
	);
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

export const readLogs: Endpoint = {
	summary: "Read the logs of functions",
	query: [FUNCTIONS, ...LINE_PARAMETERS],
	answer: answerOf("The last lines", json(logsSchema)),
	refuses: [400],
	handle: async (call) => {
		const app = appOf(call);
		const source = writtenBy(call, app, namesOf(call, app));
		const { lines, nodes } = await readNodes(call, { kind: "written", source, query: queryOf(call.url) });
		return Response.json({
			lines: lines.map(({ line, name, node }) => ({ function: name ?? "", node, ...line })),
			nodes,
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
		const source = requestsTo(call, app, namesOf(call, app));
		const { lines, nodes } = await readNodes(call, { kind: "requests", source, query: queryOf(call.url) });
		return Response.json({
			requests: lines.map(({ line, name, node }) => ({ function: name, node, ...line })),
			nodes,
		} satisfies LoggedRequests);
	},
};

/** One line of JSON for each event. */
function linesOfJson<Line>(
	event: (name: string | null, line: Line, node: string | undefined) => object,
): NodesFormat<Line> {
	const text = (document: object) => `${JSON.stringify(document)}\n`;
	return {
		media: NDJSON_MEDIA_TYPE,
		ping: (position) => text({ type: "ping", position } satisfies LogEvent),
		pingNodes: (positions) =>
			text({
				type: "ping",
				positions: [...positions].map(([node, position]) => ({ node, position })),
			} satisfies LogEvent),
		nodes: (nodes) => text({ type: "nodes", nodes: [...nodes] } satisfies LogEvent),
		line: (name, line, node) => text(event(name, line, node)),
		dropped: (lines) => text({ type: "dropped", lines } satisfies LogEvent),
		end: () => "",
	};
}

const LINES = linesOfJson<LogLine>(
	(name, line, node) => ({ type: "line", function: name ?? "", node, line }) satisfies LogEvent,
);
const REQUESTS = linesOfJson<RequestLine>(
	(name, line, node) =>
		({ type: "request", request: { function: name, node, ...line } }) satisfies RequestEvent,
);

/** Follows lines from the positions that the request names. */
function followed<Line extends Timed>(
	call: Call,
	of: Pick<FollowedNodes<Line>, "format" | "kind" | "source">,
): Response {
	const after = afterOf(call.url);
	const query = queryOf(call.url);
	// The position of a platform that has one node.
	const own = after.get("");
	return followNodes(call, { ...of, query: call.core.node ? query : { ...query, after: own }, after });
}

export const followLogs: Endpoint = {
	summary: "Read the logs of functions and follow them until the client or the platform ends the answer",
	query: [FUNCTIONS, ...LINE_PARAMETERS, AFTER],
	answer: answerOf("A line for each event", linesBody(logEventSchema)),
	refuses: [400],
	handle: (call) => {
		const app = appOf(call);
		const source = writtenBy(call, app, namesOf(call, app));
		return followed(call, { kind: "written", source, format: LINES });
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
		return followed(call, { kind: "requests", source, format: REQUESTS });
	},
};
