/** The interface of a runtime, which runs functions. There is one implementation: `deno-runtime.ts`. */
import type { FunctionSettings } from "../../modules/function-settings.ts";
import type { Network } from "../egress/network.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Limits } from "../limits/limits.ts";
import type { CronCalls } from "./calls/cron-calls.ts";
import type { Probation } from "./probation.ts";

/** The files that the code of a function may read when it runs. */
export interface LaunchFiles {
	/** Path, relative and valid, and hash of the content of each file. */
	readonly list: readonly (readonly [path: string, hash: string])[];
	/** @throws if the content cannot be read */
	read(hash: string): Promise<Uint8Array>;
}

/** The function that a process is started for. */
export interface Launch {
	app: string;
	function: string;
	deployment: string;
	/**
	 * The lifetime of the function. Its storage and its user belong to the lifetime, until `forget`. By default they
	 * belong to the names of the app and the function.
	 */
	lifetime?: FunctionLifetime;
	/** The bundle: a self-contained ES module. */
	code: Uint8Array;
	/** The files that the code may read: their paths and how to get their contents. */
	files?: LaunchFiles;
	/** The bundle's source map, as JSON in UTF-8. With it, errors name the function's own files and lines. */
	sourceMap?: Uint8Array;
	/**
	 * The complete process environment; nothing is inherited. The runtime keeps the values only to redact
	 * output.
	 */
	environment: ReadonlyMap<string, string>;
	/** The function's own limits. The platform's default applies to a limit that is left out. */
	settings?: Pick<FunctionSettings, "memoryMB" | "network" | "timeoutSeconds"> | undefined;
	/**
	 * A text that belongs to the process. If the process outlives the platform that started it, the next platform gets the
	 * text.
	 */
	note?: string;
	/** Ends the start: its process is killed, and `start` throws. Without effect once the process is ready. */
	signal?: AbortSignal | undefined;
	/** Called each time the last request in flight ends. */
	onIdle?: () => void;
	/**
	 * Called once with the name of each environment variable that the function reads or looks up, whether or not it
	 * exists; if the system reports it.
	 */
	onRead?: (variable: string) => void;
}

/** The reason why a running process does not work. */
export interface StuckReport {
	/**
	 * `stopped`: the process is stopped by a signal. `silent`: its event loop does not respond. In both cases
	 * it will not respond to its requests. `unanswered`: it accepts requests, and did not respond to the last
	 * ones.
	 */
	readonly reason: "stopped" | "silent" | "unanswered";
	/**
	 * A description, as the end of a sentence about the function: `its event loop has not answered for 30 s`.
	 */
	readonly why: string;
}

/** What a sender of requests knows of an instance. */
export interface ServingInstance {
	readonly deployment: string;
	/** The Unix socket on which it serves HTTP. */
	readonly socketPath: string;
	/** Settles when the process has exited, for whatever reason. Never rejects. */
	readonly exited: Promise<unknown>;
	/**
	 * Counts one request in. The returned function counts it out; only its first call has an effect.
	 * @returns undefined if `stop` was called or the process has exited; then the caller looks for the
	 *   function's current instance
	 */
	acquire(): (() => void) | undefined;
	/** Undefined once the response to a request has begun. */
	readonly probation: Probation | undefined;
	/** Records that the response to a request has begun. */
	answered(): void;
	/**
	 * Records that a complete request had no response in time. A request whose body is still being sent is not recorded.
	 */
	timedOut(): void;
	/** The text with the injected values redacted, as in the log, cut after `limit` UTF-16 code units. */
	redact(text: string, limit: number): string;
}

/** An instance: one process that serves one deployment of a function. */
export interface Instance extends ServingInstance {
	readonly pid: number;
	readonly exited: Promise<ExitReason>;
	/** The cron jobs that its code has registered. */
	readonly crons: Pick<CronCalls, "registered" | "run">;
	/** The number of requests and upgraded connections in flight. */
	readonly inFlight: number;
	/**
	 * When the last request began or ended (or when the instance became ready), in the milliseconds of
	 * `performance.now()`.
	 */
	readonly lastActiveMs: number;
	/** Settles when the instance should be replaced although its process runs. Never rejects. */
	readonly stuck: Promise<StuckReport>;
	/** Adds a line from the platform to the function's log. */
	log(message: string): void;
	/**
	 * Ends the instance: it accepts no further request and drains for at most the grace period (default: 30 s);
	 * then it gets SIGTERM, and SIGKILL after 2 s. Resolves when the process has exited. Another call returns
	 * the same promise.
	 */
	stop(options?: { graceMs?: number }): Promise<void>;
}

/** An instance that outlived the platform which started it. */
export interface OutlivedInstance extends Instance {
	readonly lifetime: FunctionLifetime | undefined;
	/** `Launch.note`. */
	readonly note: string | undefined;
	/** The names in its process environment. */
	readonly variables: readonly string[];
	/** The environment variables that it has read. */
	readonly reads: readonly string[];
	/** Sets the callbacks of its launch. */
	listen(callbacks: Pick<Launch, "onIdle" | "onRead">): void;
}

export interface ExitReason {
	code: number | null;
	signal: string | null;
	/** The last lines of standard error, at most 8 Ki characters, with injected values redacted. */
	stderr: string;
}

export interface Runtime {
	/** The network isolation in addition to Deno's own permissions, and the traffic that it does not cover. */
	readonly network: Pick<Network, "isolation" | "missing">;
	/** The driver of resource limits, and descriptions of the limits that are missing. */
	readonly limits: { readonly driver: Limits["driver"]; readonly missing: readonly string[] };
	/**
	 * Starts a process and resolves when it accepts requests.
	 * @throws AppError `FUNCTION_START_FAILED` (exit 1) if it exits, throws at import, has no handler or is not
	 *   ready in time; the message contains the function's own error. No process is left behind.
	 */
	start(launch: Launch): Promise<Instance>;
	/**
	 * Removes the stored data and the user of a deleted function. Kills all processes of that user.
	 * @param of the function, or only its app's lifetime: then all functions of the app, including those that never became
	 *   ready
	 */
	forget(of: Partial<FunctionLifetime> & Pick<FunctionLifetime, "app">): Promise<void>;
	/** Stops every process at once, without a grace period. */
	close(): Promise<void>;
}
