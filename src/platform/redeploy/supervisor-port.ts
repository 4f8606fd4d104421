/** What a function's place needs of the platform, and what it tells. */
import type { Deployment } from "../functions/function.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { Replaced } from "./starts/replacements.ts";

/** A started version. */
export interface Started {
	readonly instance: Instance;
	readonly deployment: Deployment;
	/** The moment whose secrets it has, as the app's state counts them. */
	readonly moment: number;
}

export interface SupervisorPort {
	/** What should run; undefined once the function is deleted. */
	wantedDeployment(): Deployment | undefined;
	/**
	 * Waits until the function may run beside the others.
	 * @throws AppError `PLATFORM_FULL` where that takes too long, or `leave` was called meanwhile
	 */
	acquireCapacity(): Promise<void>;
	/** Called when it runs no more. */
	releaseCapacity(): void;
	/** Called when its start is over, so that it could give its place to another. */
	onStartSettled(): void;
	/**
	 * Starts a version with the secrets of this moment.
	 * @param begin called when the secrets are read: what changes later is not in it
	 * @throws AppError where it does not start
	 */
	start(deployment: Deployment, begin: () => void): Promise<Started>;
	/** Whether secrets that it reads changed since it was started. */
	isOutdated(started: Started): boolean;
	/** Called after a wanted version has started, before it serves. */
	onStarted(started: Started): Promise<void>;
	/** Called where a version ended by itself, and with the error where one did not start. */
	onFailure(error?: unknown): void;
	/** Called each time that a process that is stuck is given up. */
	onReplaced(replaced: Replaced): void;
	/** Milliseconds since 1970. */
	now(): number;
	/** Runs a task later; the returned function takes that back. */
	schedule(task: () => void, delayMs: number): () => void;
	/** Milliseconds of a clock that never goes back. */
	monotonicMs(): number;
}

export interface StartOutcome {
	readonly status: "live" | "idle" | "failed";
	/** The function's own error, or why there was no room for it. */
	readonly error?: string;
	/** Of one that failed: whether a version from before goes on serving. */
	readonly serving?: boolean;
}
