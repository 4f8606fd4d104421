/** The interface between a function's supervisor and the platform. */
import type { AppError } from "../../errors.ts";
import type { Moment } from "../apps/state/moment.ts";
import type { Deployment } from "../functions/function.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { Replaced } from "./starts/replacements.ts";

/** A started version. */
export interface Started {
	readonly instance: Instance;
	readonly deployment: Deployment;
	/** The moment of the app's secrets that the process has. */
	readonly moment: Moment;
	/** With several nodes: the secrets that the process has. */
	readonly values?: StartedValues | undefined;
}

export interface StartedValues {
	/** The last revision of the app's log when the secrets were read. */
	readonly revision: number;
	/** `environmentDigest` */
	readonly digest: string;
}

/**
 * Makes a new deployment the wanted one, if it is not. Called when its process is ready and before it serves.
 * @returns `outdated`: nothing was done, because later secrets were rolled out during the start; it starts again
 */
export type Commit = (started: Started) => Promise<"committed" | "outdated">;

export interface SupervisorPort {
	/** The deployment that should run. Undefined once the function is deleted. */
	wantedDeployment(): Deployment | undefined;
	/**
	 * Waits until the platform has capacity for the function.
	 * @throws AppError `PLATFORM_FULL` if that takes too long, or `releaseCapacity` is called in the meantime
	 */
	acquireCapacity(): Promise<void>;
	/** Called when the function no longer runs. */
	releaseCapacity(): void;
	/** Called when a start has succeeded or failed. The function may be idle from then on. */
	onStartSettled(): void;
	/**
	 * Starts a version with the current secrets.
	 * @param begin called when the secrets are read; the process does not get later changes
	 * @param signal ends the start, and its process
	 * @throws AppError if the version does not start
	 */
	start(deployment: Deployment, begin: () => void, signal: AbortSignal): Promise<Started>;
	/** Whether secrets that the version reads have changed since its start. */
	isOutdated(started: Started): boolean;
	/** Called when other requests than before go to a process. Resolves when they do so, and never rejects. */
	routeChanged(): Promise<void>;
	/** Called after the wanted version has started and before it serves. */
	onStarted: Commit;
	/** Called with the error if a version did not start, and without one if a process ended unexpectedly. */
	onFailure(error?: unknown): void;
	/** Called when a process gets the requests, when one before it has ended, and when none gets them any more. */
	onPhase(phase: "serving" | "drained" | "stopped"): void;
	/** Called each time a stuck process is replaced. */
	onReplaced(replaced: Replaced): void;
	/** Milliseconds since 1970. */
	now(): number;
	/** Runs a task after a delay. The returned function cancels it. */
	schedule(task: () => void, delayMs: number): () => void;
	/** Milliseconds of a monotonic clock. */
	monotonicMs(): number;
}

export interface StartOutcome {
	readonly status: "live" | "idle" | "failed";
	/** The function's own error, or the reason why the platform could not start it. */
	readonly error?: string;
	/** After a failure: whether an earlier version continues to serve. */
	readonly serving?: boolean;
	/** Why no start was attempted, so that another attempt may succeed. Undefined if one was, or if it succeeded. */
	readonly notAttempted?: AppError;
}
