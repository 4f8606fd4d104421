import { useEffect, useState } from "preact/hooks";
import type { FunctionLine, LogEvent } from "../../protocol/function-log.ts";
import type { LoggedRequest, RequestEvent } from "../../protocol/request-log.ts";
import { jsonLines } from "../data/decode.ts";
import type { Connection } from "../data/follow.ts";
import { followHere, openText } from "../data/live.ts";
import { type LogQuery, PATHS } from "../data/paths.ts";
import { LogBuffer, type LogEntry, type LogState } from "./log-buffer.ts";

/** A line of output with its function. */
export type Line = FunctionLine & { readonly function: string; readonly node?: string | undefined };
export type Request = LoggedRequest;

/** Redraws for new entries at most this often. */
const DRAW_MS = 120;

interface FollowedLog<T> extends LogState<T> {
	readonly connection: Connection;
}

interface Source<T> {
	readonly path: (query: LogQuery) => string;
	/** The entry of an event; undefined for events without one. */
	readonly entry: (message: unknown) => T | undefined;
}

function startFollowing<T extends LogEntry>(
	{ path, entry }: Source<T>,
	query: LogQuery,
	show: (log: FollowedLog<T>) => void,
): () => void {
	const ending = new AbortController();
	const buffer = new LogBuffer<T>();
	let connection: Connection = { state: "connecting" };
	let timer: ReturnType<typeof setTimeout> | undefined;
	const draw = () => {
		timer ??= setTimeout(() => {
			timer = undefined;
			if (!ending.signal.aborted) show({ ...buffer.state, connection });
		}, DRAW_MS);
	};
	followHere({
		open: (signal) => openText(path({ ...query, after: buffer.state.after }), signal),
		decoder: jsonLines,
		onMessage: (message) => {
			const found = entry(message);
			if (found !== undefined) buffer.take({ type: "entry", entry: found });
			else buffer.take(message as Extract<LogEvent, { type: "ping" | "dropped" | "nodes" }>);
			draw();
		},
		onConnection: (now) => {
			connection = now;
			draw();
		},
		signal: ending.signal,
	});
	return () => {
		ending.abort();
		clearTimeout(timer);
	};
}

function useFollowed<T extends LogEntry>(
	source: Source<T>,
	query: LogQuery,
	key: string,
): FollowedLog<T> | undefined {
	const [log, show] = useState<FollowedLog<T> | undefined>();
	useEffect(() => {
		show(undefined);
		return startFollowing(source, query, show);
	}, [key, query.function, query.level]);
	return log;
}

/** Follows the output of a function. Undefined before the first answer. */
export const useLines = (app: string, query: LogQuery): FollowedLog<Line> | undefined =>
	useFollowed<Line>({ path: (full) => PATHS.logStream(app, full), entry: lineOf }, query, app);

/** Follows the requests to a function. Undefined before the first answer. */
export const useRequests = (app: string, query: LogQuery): FollowedLog<Request> | undefined =>
	useFollowed<Request>({ path: (full) => PATHS.requestStream(app, full), entry: requestOf }, query, app);

function lineOf(message: unknown): Line | undefined {
	const event = message as LogEvent;
	return event.type === "line" ? { ...event.line, function: event.function, node: event.node } : undefined;
}

function requestOf(message: unknown): Request | undefined {
	const event = message as RequestEvent;
	return event.type === "request" ? event.request : undefined;
}
