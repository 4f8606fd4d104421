/** The Base44 CLI's `logs`, read and followed. */
import { LOG_LINES_MAX } from "../../../protocol/function-log.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { appOf, type Call, type Handler, invalid } from "../endpoint.ts";
import { followNodes, type NodesFormat } from "../logs/nodes/follow.ts";
import { readNodes } from "../logs/nodes/read.ts";
import { checkFunctions, writtenBy } from "../logs/sources.ts";

/** Names the nodes whose lines are missing. The CLI's answer has no place for them. */
const MISSING_HEADER = "coffer-missing-nodes";
const LIMIT = 500;
const LIMIT_MAX = 1_000;
/** The CLI's levels. There are no lines of `warning` and `debug`, since a process has only two outputs. */
const LEVELS = ["info", "warning", "error", "debug"];

function instantOf(url: URL, name: string): number | undefined {
	const text = url.searchParams.get(name);
	if (text === null) return undefined;
	const ms = Date.parse(text);
	if (Number.isFinite(ms)) return ms;
	throw invalid(`The parameter '${name}' must be a date and time.`);
}

function limitOf(url: URL): number {
	const text = url.searchParams.get("limit");
	if (text === null) return LIMIT;
	const limit = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
	if (limit >= 1 && limit <= LIMIT_MAX) return limit;
	throw invalid(`The parameter 'limit' must be a number from 1 to ${LIMIT_MAX}.`);
}

/** The last lines, newest first unless `order=asc`. */
export const read: Handler = async (call) => {
	const app = appOf(call);
	const { url } = call;
	const name = call.parameter("name");
	checkFunctions(app, [name]);
	const level = url.searchParams.get("level");
	if (level !== null && !LEVELS.includes(level))
		throw invalid(`The parameter 'level' must be one of: ${LEVELS.join(", ")}.`);
	const order = url.searchParams.get("order") ?? "desc";
	if (order !== "asc" && order !== "desc") throw invalid("The parameter 'order' must be asc or desc.");
	const [sinceMs, untilMs] = [instantOf(url, "since"), instantOf(url, "until")];
	const limit = limitOf(url);
	const { lines, nodes = [] } = await readNodes(call, {
		kind: "written",
		source: writtenBy(call, app, [name]),
		query: { sinceMs, limit: LOG_LINES_MAX },
	});
	const written = lines.map(({ line: { level, message, time } }) => ({ time, level, message }));
	const wanted = written.filter(
		(line) =>
			(level === null || line.level === level) && (untilMs === undefined || Date.parse(line.time) <= untilMs),
	);
	const ordered = order === "asc" ? wanted.slice(0, limit) : wanted.slice(-limit).reverse();
	const missing = nodes.filter((node) => node.missing !== null).map(({ node }) => node);
	const headers = missing.length > 0 ? { [MISSING_HEADER]: missing.join(", ") } : undefined;
	return Response.json(ordered, headers && { headers });
};

/** The functions that the request names. Undefined: all functions, including later ones. */
function namesOf(call: Call): string[] | undefined {
	const text = call.url.searchParams.get("function");
	const names = (text ?? "").split(",").filter((name) => name !== "");
	if (names.length === 0) return undefined;
	checkFunctions(appOf(call), names);
	return [...new Set(names)];
}

const event = (data: object) => `data:${JSON.stringify(data)}\n\n`;

/** Server-sent events. */
const FORMAT: NodesFormat<LogLine> = {
	media: "text/event-stream",
	ping: () => ": ping\n\n",
	pingNodes: () => ": ping\n\n",
	nodes: (nodes) =>
		nodes
			.filter(({ missing }) => missing !== null)
			.map(({ missing, node }) => `: the lines of node ${node} are missing: ${missing}\n\n`)
			.join(""),
	line: (name, { time, level, message }) => event({ time, level, function: name, message }),
	dropped: (lines) => `: ${lines} lines were dropped\n\n`,
	end: (reason) => `event: end\n${event({ reason, retriable: reason !== "token_invalid" })}`,
};

/** Follows the lines that are written from now on. */
export const followLogs: Handler = (call) =>
	followNodes(call, {
		kind: "written",
		source: writtenBy(call, appOf(call), namesOf(call)),
		query: { limit: 0 },
		after: new Map(),
		format: FORMAT,
	});
