/**
 * Manages the processes of a function: which version runs, and when it is replaced. A new version is ready before the
 * old one is drained. If a new version does not start, the old one continues to serve.
 */
import type { AppError } from "../../errors.ts";
import type { Deployment } from "../functions/function.ts";
import { Mutex } from "../machine/mutex.ts";
import type { ExitReason, Instance, StuckReport } from "../runtime/runtime.ts";
import { Backoff } from "./starts/backoff.ts";
import { startCommitted } from "./starts/committed-start.ts";
import { FirstRequests } from "./starts/first-requests.ts";
import { idleLeftMs } from "./starts/idle.ts";
import type { Replaced } from "./starts/replacements.ts";
import { Restarts } from "./starts/restarts.ts";
import { Serving } from "./starts/serving.ts";
import { exitMessage, startFailure } from "./starts/start-failure.ts";
import { StartsInProgress } from "./starts/starts-in-progress.ts";
import type { Commit, Started, StartOutcome, SupervisorPort } from "./supervisor-port.ts";

export class FunctionSupervisor {
	readonly #port: SupervisorPort;
	/** Allows one replacement at a time. */
	readonly #mutex = new Mutex();
	readonly #serving: Serving;
	#error: string | undefined;
	/** Whether the function is idle: the next request starts it. At the platform's start, deployed functions are idle. */
	#isIdle: boolean;
	#isClosed = false;
	/** Why the last start was not attempted (see `startFailure`). */
	#capacityError: AppError | undefined;
	/** The delay after failed starts for requests. */
	readonly #wakeBackoff = new Backoff();
	readonly #firstRequests: FirstRequests;
	readonly #restarts: Restarts;
	readonly #starting: StartsInProgress;
	/** A refresh that has not read the secrets yet. Further callers share it. */
	#pending: Promise<StartOutcome> | undefined;

	/** @param startsIdle whether the first request starts the function, because it is deployed and ran before */
	constructor(port: SupervisorPort, startsIdle = false) {
		this.#port = port;
		this.#serving = new Serving(port);
		this.#starting = new StartsInProgress(() => port.onStartSettled());
		this.#firstRequests = new FirstRequests(() => void port.routeChanged());
		this.#restarts = new Restarts({ port, current: () => this.instance, refresh: () => this.#refresh() });
		this.#isIdle = startsIdle;
	}

	get instance(): Instance | undefined {
		return this.current?.instance;
	}

	/** The version that serves. */
	get current(): Started | undefined {
		return this.#serving.current;
	}

	/** Resolves when the replacements that were asked for have ended. */
	settled = () => this.#mutex.run(async () => {});

	/** The instance that gets requests without a call of `ensure`. Undefined if requests have to wait. */
	get routed(): Instance | undefined {
		return this.#firstRequests.isHeld ? undefined : this.instance;
	}

	get state(): "live" | "idle" | "failed" {
		if (this.instance !== undefined) return "live";
		return this.#isIdle && this.#error === undefined ? "idle" : "failed";
	}

	/** The reason why the last start failed, or why the last process ended. */
	get error(): string | undefined {
		return this.#error;
	}

	/** The replacements of stuck processes. Undefined if there were none. */
	get replaced(): Replaced | undefined {
		return this.#restarts.replaced;
	}

	/** Starts the wanted version with the current secrets. Does not start an idle function. Concurrent calls share a start. */
	refresh(): Promise<StartOutcome> {
		// If a request is starting an idle function, that start may have read the old secrets already.
		const isWaking = this.#pending !== undefined || this.#starting.isAny;
		return this.state === "idle" && !isWaking ? Promise.resolve({ status: "idle" }) : this.#refresh();
	}

	/**
	 * The instance for a request. Starts an idle function, unless a start failed a short time ago.
	 * @returns undefined if the function does not run
	 * @throws AppError `PLATFORM_FULL`
	 */
	ensure(): Instance | undefined | Promise<Instance | undefined> {
		if (this.#firstRequests.isHeld) return this.#firstRequests.settled().then(() => this.ensure());
		return this.instance ?? this.#wake();
	}

	/** Takes over a process that an earlier platform started. If its secrets have changed since, it is replaced. */
	async adopt(started: Started): Promise<void> {
		await this.#port.acquireCapacity();
		await this.#switchTo(started);
		if (this.#port.isOutdated(started)) await this.#refresh();
	}

	/**
	 * Lets requests wait for the replacement of a process that has not answered a request yet (see `FirstRequests.hold`).
	 */
	supersede(version: string, replaced: Promise<void>): void {
		this.#firstRequests.hold(version, this.instance, replaced);
	}

	async #wake(): Promise<Instance | undefined> {
		// All requests that arrive during a start share its process.
		const inProgress = this.#pending ?? (this.#starting.isAny ? this.#starting.last : undefined);
		const isDelayed = this.#wakeBackoff.isDelayed(this.#port.monotonicMs());
		await (inProgress ?? (this.#isIdle && !isDelayed ? this.#refresh() : this.#starting.last));
		await this.#firstRequests.settled();
		if (this.instance === undefined && this.#capacityError !== undefined) throw this.#capacityError;
		return this.instance;
	}

	#refresh(): Promise<StartOutcome> {
		this.#pending ??= this.#mutex.run(async () => {
			const deployment = this.#port.wantedDeployment();
			const begin = () => {
				this.#pending = undefined;
			};
			try {
				if (deployment === undefined) return this.#notStarted("The function was deleted.");
				return await this.#starting.add(() => this.#start(deployment, undefined, begin));
			} finally {
				begin();
			}
		});
		return this.#pending;
	}

	/**
	 * Replaces the current deployment with a new one.
	 * @param commit makes the new deployment the wanted one
	 */
	async deploy(deployment: Deployment, commit: Commit): Promise<StartOutcome> {
		const outcome = await this.#mutex.run(() => this.#starting.add(() => this.#start(deployment, commit)));
		const isOutdated = this.current !== undefined && this.#port.isOutdated(this.current);
		return outcome.status === "live" && isOutdated ? await this.#refresh() : outcome;
	}

	async #start(deployment: Deployment, commit?: Commit, begin = () => {}): Promise<StartOutcome> {
		this.#restarts.cancel();
		let started: Started;
		try {
			if (this.#isClosed) return this.#notStarted("The function is being stopped.");
			this.#capacityError = undefined;
			await this.#port.acquireCapacity();
			const start = () => this.#port.start(deployment, begin, this.#starting.signal);
			started = await startCommitted(start, commit ?? this.#port.onStarted);
		} catch (error) {
			return this.#failed(error, commit !== undefined);
		}
		await this.#switchTo(started);
		return { status: "live" };
	}

	/** @param isNew whether a new deployment failed; the wanted version can still be started then */
	#failed(error: unknown, isNew: boolean): StartOutcome {
		if (this.#starting.signal.aborted) return this.#notStarted("The function is being stopped.");
		if (this.instance === undefined) this.#port.releaseCapacity();
		const { message, notAttempted } = startFailure(error);
		this.#port.onFailure(error);
		this.#capacityError = notAttempted;
		// The function's state does not change then.
		if (notAttempted !== undefined) return { ...this.#notStarted(message), notAttempted };
		this.#error = message;
		if (!isNew) this.#wakeBackoff.failed(this.#port.monotonicMs());
		return this.#notStarted(message);
	}

	#notStarted(error: string): StartOutcome {
		return { status: "failed", error, serving: this.instance !== undefined };
	}

	/** Resolves when requests go to the process. */
	async #switchTo(started: Started): Promise<void> {
		this.#error = undefined;
		this.#isIdle = false;
		this.#wakeBackoff.reset();
		const { instance } = started;
		void instance.exited.then((reason) => this.#onExit(instance, reason));
		void instance.stuck.then((stuck) => this.#onStuck(instance, stuck));
		await this.#serving.switchTo(started);
	}

	#onExit(instance: Instance, reason: ExitReason): void {
		const current = this.#serving.current;
		if (current?.instance !== instance || this.#isClosed) return;
		this.#serving.clear();
		if (!this.#starting.isAny) this.#port.releaseCapacity();
		this.#error = exitMessage(reason);
		this.#port.onFailure();
		this.#restarts.crashed(this.#port.monotonicMs() - current.sinceMs);
	}

	/** Replaces a process that runs but does not work. */
	#onStuck(instance: Instance, stuck: StuckReport): void {
		if (this.instance !== instance || this.#isClosed) return;
		// The process may still answer some requests, so it serves until the next process is ready.
		const isServing = stuck.reason === "unanswered";
		if (!isServing) {
			if (!this.#starting.isAny) this.#port.releaseCapacity();
			this.#error = `The function was ended: ${stuck.why}.`;
			this.#serving.stop(0);
		}
		this.#restarts.stuck(instance, stuck, isServing);
	}

	/** When the last request ended, by the monotonic clock. Undefined if the function serves, starts or does not run. */
	get idleSinceMs(): number | undefined {
		const { instance } = this;
		return instance && instance.inFlight === 0 && !this.#starting.isAny ? instance.lastActiveMs : undefined;
	}

	/**
	 * Stops a function that has had no request for some time. The next request starts it.
	 * @param idleMs minus infinity: stops it at once, although it serves
	 * @param graceMs the time limit of its requests; by default the one of `Instance.stop`
	 * @returns the earliest time at which the function could be stopped, in milliseconds from now; infinite if it does not run
	 */
	stopIdle(idleMs: number, graceMs?: number): number {
		const leftMs = idleLeftMs(this, idleMs, this.#port.monotonicMs());
		if (leftMs > 0) return leftMs;
		this.#isIdle = true;
		this.#port.releaseCapacity();
		this.#serving.stop(graceMs);
		return Number.POSITIVE_INFINITY;
	}

	/** Stops the function permanently. Resolves when its processes have exited. @param cancelsStarts ends starts at once */
	async close(graceMs?: number, cancelsStarts = false): Promise<void> {
		this.#isClosed = true;
		if (cancelsStarts) this.#starting.cancel();
		this.#restarts.close();
		if (this.instance === undefined) this.#port.releaseCapacity();
		await this.#mutex.run(async () => {
			this.#port.releaseCapacity();
			this.#serving.stop(graceMs);
		});
		await this.#serving.drained();
	}
}
