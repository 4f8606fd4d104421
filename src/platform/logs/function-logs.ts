/**
 * The port behind which the lines that functions write are kept. One driver: `log-files.ts`. Values are taken out of a
 * line before it comes here.
 */
import type { FunctionLife } from "../life.ts";

export interface LogLine {
	/** ISO 8601, UTC, milliseconds. */
	readonly time: string;
	/** `info` from standard output, `error` from standard error. */
	readonly level: "info" | "error";
	/** One line, injected values redacted, cut at 16 Ki characters. */
	readonly message: string;
}

/** Which lines are wanted. */
export interface LogQuery {
	/** Milliseconds since 1970; earlier lines are left out. */
	readonly sinceMs?: number | undefined;
	/** Only lines of this level. */
	readonly level?: LogLine["level"] | undefined;
	/** At most so many, the last ones. */
	readonly limit: number;
}

export interface Following {
	/** The lines until now; what the listener gets comes after them, without a gap. */
	readonly lines: readonly LogLine[];
	/** Takes the listener away. */
	stop(): void;
}

/** A function whose lines are kept. */
export interface KeptLog extends FunctionLife {
	/** The names under which an earlier version kept its lines, if it did. */
	readonly earlier?: { readonly app: string; readonly function: string } | undefined;
}

/**
 * Lines are kept for a function's life: `app` is the app's, `name` the function's own. A later function of the same
 * name has others.
 */
export interface FunctionLogs {
	/** Takes a line in, at once; it is on disk a little later. Never throws: a full disk costs lines, not requests. */
	append(app: string, name: string, line: LogLine): void;
	/** The last lines of a function, across its versions and the platform's restarts, oldest first. */
	read(app: string, name: string, query: LogQuery): Promise<LogLine[]>;
	/** The same, and every further line of that level until `stop`. */
	follow(app: string, name: string, query: LogQuery, listener: (line: LogLine) => void): Promise<Following>;
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

/** Whether a query asks for a line. */
export function isWanted({ level, sinceMs }: Omit<LogQuery, "limit">, line: LogLine): boolean {
	if (level !== undefined && line.level !== level) return false;
	return sinceMs === undefined || Date.parse(line.time) >= sinceMs;
}
