/**
 * The port of the logs: the lines that functions write, and the requests to functions. `log-files.ts` is its one
 * driver. Injected values are redacted before a line is stored.
 */
import type { LoggedRequest } from "../../protocol/request-log.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";

/** The property that every stored line has. */
export interface Timed {
	/** ISO 8601, UTC, with milliseconds. */
	readonly time: string;
}

export interface LogLine extends Timed {
	/** `info` from standard output, `error` from standard error. */
	readonly level: "info" | "error";
	/** One line. Injected values are redacted, and it is cut at 16 Ki characters. */
	readonly message: string;
}

/** A request to a function, or to a name that no function has. */
export type RequestLine = Omit<LoggedRequest, "function" | "node" | "position">;

/** A stored line. It has a position (`protocol/log-position.ts`), unless an earlier version stored it without one. */
export type Kept<Line> = Line & { readonly position?: string | undefined };

/** Selects lines. */
export interface LogQuery {
	/** Milliseconds since 1970. Earlier lines are left out. */
	readonly sinceMs?: number | undefined;
	/** Only lines of this level. A request that failed has the level `error`. */
	readonly level?: LogLine["level"] | undefined;
	/** Only lines after this position. */
	readonly after?: string | undefined;
	/** The most lines. The newest are taken. */
	readonly limit: number;
}

export interface Following<Line> {
	/** The lines so far. The listener gets all later ones, without a gap. */
	readonly lines: readonly Kept<Line>[];
	/** Removes the listener. */
	stop(): void;
}

/** A function whose lines are stored. */
export interface KeptLog extends FunctionLifetime {
	/** The names under which an earlier version stored the function's lines. Undefined if it stored none. */
	readonly earlier?: { readonly app: string; readonly function: string } | undefined;
}

/** The function name of lines that belong to the app and to none of its functions. */
export const NO_FUNCTION = "-";

/**
 * Lines belong to a function's lifetime: `app` and `name` are the two parts of a `FunctionLifetime`. A later function
 * of the same name therefore has other lines.
 */
export interface KeptLines<Line> {
	/**
	 * Adds a line, which is written to disk soon after. Never throws: a full disk loses lines, but does not fail requests.
	 */
	append(app: string, name: string, line: Line): void;
	/** The newest lines of a function, oldest first, across its deployments and the platform's restarts. */
	read(app: string, name: string, query: LogQuery): Promise<Kept<Line>[]>;
	/** As `read`, and gives every later line of the query's level to the listener until `stop`. */
	follow(
		app: string,
		name: string,
		query: LogQuery,
		listener: (line: Kept<Line>) => void,
	): Promise<Following<Line>>;
	/** The position of the newest line. All later lines have later positions. */
	position(): string;
}

/** The number of lines that were dropped since the platform started, of output and of requests. */
export type DroppedLines = Readonly<Record<"output" | "requests", number>>;

/** The lines that functions write, and their requests. */
export interface FunctionLogs extends KeptLines<LogLine> {
	readonly requests: KeptLines<RequestLine>;
	/** Lines that the disk did not store, or not fast enough. */
	readonly dropped: DroppedLines;
	/** Removes the lines of a deleted function. Its listeners stay. */
	forget(app: string, name: string): Promise<void>;
	/** Removes all lines of a deleted app, including those of functions that were never deployed. */
	forgetAll(app: string): Promise<void>;
	/**
	 * Removes the lines of all other functions. They are left over if the platform was killed during a deletion. Call it
	 * before any other method.
	 */
	keepOnly(kept: readonly KeptLog[]): Promise<void>;
	/** Resolves once every line is on disk, apart from lines that could not be written. */
	close(): Promise<void>;
}
