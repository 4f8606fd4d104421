/**
 * The port behind which functions run. One driver today: `deno.ts`.
 */
import type { FunctionSettings } from "../../modules/function-settings.ts";
import type { Network } from "../egress/network.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Limits } from "../limits/limits.ts";

/** What a process is started from. */
export interface Launch {
	app: string;
	function: string;
	deployment: string;
	/** Whose storage and user it has, until `forget`. Those of the names where it is left out. */
	lifetime?: FunctionLifetime;
	/** The self-contained ES module. */
	code: Uint8Array;
	/** Its source map, JSON, so that errors name the function's own files and lines. */
	sourceMap?: string;
	/** The environment: exactly this, nothing inherited. The driver keeps the values only to redact output. */
	environment: ReadonlyMap<string, string>;
	/** Narrows what the driver allows; what it leaves out is as for every function. */
	settings?: Pick<FunctionSettings, "memoryMB" | "network" | "timeoutSeconds"> | undefined;
	/** Called each time the last request that it serves is over. */
	onIdle?: () => void;
	/** Called with each variable that it reads or asks for, once, also where there is none; as far as the system can tell. */
	onRead?: (variable: string) => void;
}

/** Why a process that has not ended is of no use any more. */
export interface Stuck {
	/**
	 * `stopped`: by a signal. `silent`: its event loop answers nothing. Neither will answer what it was asked.
	 * `unanswered`: it takes requests and answered none of the last ones.
	 */
	readonly reason: "stopped" | "silent" | "unanswered";
	/** The end of a sentence about the function: `its event loop has answered nothing for 30 s`. */
	readonly description: string;
}

/** One running version of one function. */
export interface Instance {
	readonly deployment: string;
	readonly pid: number;
	/** Where it answers HTTP: a Unix socket. */
	readonly socketPath: string;
	/** Settles when the process has ended, for whatever reason; never rejects. */
	readonly exited: Promise<ExitReason>;
	/** How many requests and upgraded connections it is serving. */
	readonly inFlight: number;
	/** When the last one began or ended (or the instance was ready), in the milliseconds of `performance.now()`. */
	readonly lastActiveMs: number;
	/**
	 * Counts one request in. The returned function counts it out again, once, however often it is called.
	 * Undefined once `stop` was called or the process has ended: ask for the function's present instance.
	 */
	acquire(): (() => void) | undefined;
	/** Settles when the function should be replaced, though the process has not ended; never rejects. */
	readonly stuck: Promise<Stuck>;
	/** Notes that the answer to a request has begun. */
	answered(): void;
	/** Notes that a request was not answered in time, though the function did not have to wait for the rest of it. */
	timedOut(): void;
	/** Adds a line of the platform's own to the function's log. */
	log(message: string): void;
	/** The text with the injected values taken out, as in its log, cut at so many UTF-16 units. */
	redact(text: string, limit: number): string;
	/**
	 * Ends it: takes no further request, waits until `inFlight` is 0 or the grace period (30 s unless told)
	 * is over, then SIGTERM, then SIGKILL after 2 s. Resolves once the process is gone. Calling it again
	 * returns the same promise.
	 */
	stop(options?: { graceMs?: number }): Promise<void>;
}

export interface ExitReason {
	code: number | null;
	signal: string | null;
	/** The last lines that it wrote to stderr, at most 8 Ki characters, injected values redacted. */
	stderr: string;
}

export interface Runtime {
	/** What keeps functions to the networks that they may reach, behind Deno's own permissions, and what that does not hold. */
	readonly network: Pick<Network, "wall" | "missing">;
	/** What holds functions to a share of the machine, and in words what does not. */
	readonly limits: { readonly driver: Limits["driver"]; readonly missing: readonly string[] };
	/**
	 * Starts a process and resolves once it answers requests.
	 * @throws AppError `FUNCTION_START_FAILED` (exit 1) where it exits, throws at import, has no handler or
	 *   does not get ready in time; the message holds the function's own error. No process is left behind.
	 */
	start(launch: Launch): Promise<Instance>;
	/**
	 * Removes what is kept for a function that was deleted: what it stored, and its user. Whatever still runs as that
	 * user is killed.
	 * @param of the function, or its app's life alone: then all of the app's, those too that never came to be
	 */
	forget(of: Partial<FunctionLifetime> & Pick<FunctionLifetime, "app">): Promise<void>;
	/** Stops every process at once, without a grace period. */
	close(): Promise<void>;
}
