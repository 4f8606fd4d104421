/**
 * What functions wrote: the lines that are kept, and those that come.
 */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { LOG_LINES_MAX, type LogEvent, type LogLines, logLevelSchema } from "../../protocol/function-log.ts";
import type { App } from "../app.ts";
import type { LogLine, LogQuery } from "../logs/function-logs.ts";
import { type FollowFormat, follow } from "./follow.ts";
import { appOf, type Call, type Handler, invalid } from "./handlers.ts";
import { NDJSON_MEDIA_TYPE } from "./stream.ts";

const LIMIT = 1_000;
const FUNCTIONS_MAX = 100;

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

/** @throws AppError `FUNCTION_NOT_FOUND` (exit 4) where the app has no function of one of the names */
export function checkFunctions(app: App, names: readonly string[]): void {
	const unknown = names.find((name) => !app.state.functions.has(name));
	if (unknown === undefined) return;
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${app.id}' has no function ${printable(unknown)}.`,
		hint: "'coffer functions list' shows the functions that are deployed.",
		exit: EXIT.notFound,
	});
}

/** The functions that are asked for. @throws AppError `FUNCTION_NOT_FOUND` (exit 4), `REQUEST_INVALID` (exit 2) */
function namesOf(call: Call, max: number): string[] {
	const app = appOf(call);
	const names = [...new Set(call.url.searchParams.getAll("function"))];
	if (names.length === 0 || names.length > max)
		throw invalid(max === 1 ? "Name one function: ?function=NAME." : `Name 1 to ${max} functions.`);
	checkFunctions(app, names);
	return names;
}

/** The lines of a function that an app has. */
export async function readLog(call: Call, app: App, name: string, query: LogQuery): Promise<LogLine[]> {
	const life = app.lifeOf(name);
	return life === undefined ? [] : await call.core.logs.read(life.app, life.function, query);
}

export const readLogs: Handler = async (call) => {
	const [name = ""] = namesOf(call, 1);
	const lines = await readLog(call, appOf(call), name, queryOf(call.url));
	return Response.json({ lines } satisfies LogLines);
};

const line = (event: LogEvent) => `${JSON.stringify(event)}\n`;

/** A line of JSON for each event. */
const FORMAT: FollowFormat = {
	media: NDJSON_MEDIA_TYPE,
	ping: line({ type: "ping" }),
	line: (name, written) => line({ type: "line", function: name, line: written }),
	dropped: (lines) => line({ type: "dropped", lines }),
	end: () => "",
};

export const followLogs: Handler = (call) =>
	follow(call, { names: namesOf(call, FUNCTIONS_MAX), query: queryOf(call.url), format: FORMAT });
