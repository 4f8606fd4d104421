/**
 * The port behind which functions run. One driver today: `deno.ts`.
 */

/** What a process is started from. */
export interface Launch {
	app: string;
	function: string;
	deployment: string;
	/** The self-contained ES module. */
	code: Uint8Array;
	/** The environment: exactly this, nothing inherited. Held only while the process starts. */
	environment: ReadonlyMap<string, string>;
}

/** One running version of one function. */
export interface Instance {
	readonly pid: number;
	/** Where it answers HTTP: a Unix socket. */
	readonly socketPath: string;
	/** Settles when the process has ended, for whatever reason; never rejects. */
	readonly exited: Promise<ExitReason>;
	/**
	 * Ends it: waits until `inFlight()` is 0 or the grace period is over, then SIGTERM, then SIGKILL.
	 * Resolves once the process is gone. Calling it again returns the same promise.
	 */
	stop(options?: { graceMs?: number }): Promise<void>;
}

export interface ExitReason {
	code: number | null;
	signal: string | null;
	/** The last lines that it wrote to stderr, at most 8 KiB. Function output: redact before showing. */
	stderr: string;
}

export interface LogLine {
	/** ISO 8601, UTC, milliseconds. */
	time: string;
	level: "info" | "error";
	message: string;
}

export interface Runtime {
	/**
	 * Starts a process and resolves once it answers requests.
	 * @throws AppError `FUNCTION_START_FAILED` (exit 1) where it exits, throws at import, has no handler or
	 *   does not get ready in time; the message holds the function's own error. No process is left behind.
	 */
	start(launch: Launch): Promise<Instance>;
	/** The last lines that a function wrote, oldest first, across its versions. */
	logs(app: string, name: string): LogLine[];
	/** Stops every process at once. */
	close(): Promise<void>;
}
