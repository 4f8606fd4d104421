/**
 * The port behind which it is kept what functions write and which requests they were sent. One driver: `log-files.ts`.
 * Values are taken out before anything comes here.
 */
import type { LoggedRequest } from "../../protocol/request-log.ts";
import type { FunctionLife } from "../functions/lives.ts";

/** What everything that is kept has. */
export interface Timed {
	/** ISO 8601, UTC, milliseconds. */
	readonly time: string;
}

export interface LogLine extends Timed {
	/** `info` from standard output, `error` from standard error. */
	readonly level: "info" | "error";
	/** One line, injected values redacted, cut at 16 Ki characters. */
	readonly message: string;
}

/** A request to a function, or to a name that no function has. */
export type RequestLine = Omit<LoggedRequest, "function" | "position">;

/** What was kept has a position (`protocol/log-position.ts`), unless a version before kept it that had none. */
export type Kept<Line> = Line & { readonly position?: string | undefined };

/** Which lines are wanted. */
export interface LogQuery {
	/** Milliseconds since 1970; earlier lines are left out. */
	readonly sinceMs?: number | undefined;
	/** Only lines of this level; a request that failed has the level `error`. */
	readonly level?: LogLine["level"] | undefined;
	/** Only lines past this position. */
	readonly after?: string | undefined;
	/** At most so many, the last ones. */
	readonly limit: number;
}

export interface Following<Line> {
	/** The lines until now; what the listener gets comes after them, without a gap. */
	readonly lines: readonly Kept<Line>[];
	/** Takes the listener away. */
	stop(): void;
}

/** A function whose lines are kept. */
export interface KeptLog extends FunctionLife {
	/** The names under which an earlier version kept its lines, if it did. */
	readonly earlier?: { readonly app: string; readonly function: string } | undefined;
}

/** In the place of a function's life: what came for the app and for none of its functions. */
export const NO_FUNCTION = "-";

/**
 * Lines are kept for a function's life: `app` is the app's, `name` the function's own. A later function of the same
 * name has others.
 */
export interface KeptLines<Line> {
	/** Takes a line in, at once; it is on disk a little later. Never throws: a full disk costs lines, not requests. */
	append(app: string, name: string, line: Line): void;
	/** The last lines of a function, across its versions and the platform's restarts, oldest first. */
	read(app: string, name: string, query: LogQuery): Promise<Kept<Line>[]>;
	/** The same, and every further line of that level until `stop`. */
	follow(
		app: string,
		name: string,
		query: LogQuery,
		listener: (line: Kept<Line>) => void,
	): Promise<Following<Line>>;
	/** The position of the last line that was taken in; all later ones are past it. */
	position(): string;
}

/** What functions write, and beside it the requests. */
export interface FunctionLogs extends KeptLines<LogLine> {
	readonly requests: KeptLines<RequestLine>;
	/** Drops what is kept of a function that was deleted. Its listeners stay. */
	forget(app: string, name: string): Promise<void>;
	/** Drops what is kept of all functions of an app that was deleted, those too that never came to be. */
	forgetAll(app: string): Promise<void>;
	/**
	 * Drops the lines of all functions but these, as where the platform was killed in the midst of a deletion. To be
	 * called before any of the others.
	 */
	keep(kept: readonly KeptLog[]): Promise<void>;
	/** Resolves once everything that was taken in is on disk, as far as it can be. */
	close(): Promise<void>;
}
