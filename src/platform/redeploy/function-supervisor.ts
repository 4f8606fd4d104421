/**
 * One function's place: which version runs, and the turns in which it is replaced. A new version is ready before
 * the old one is drained; one that does not start changes nothing.
 */
import { AppError } from "../../errors.ts";
import type { Deployment } from "../functions/function.ts";
import { Mutex } from "../machine/mutex.ts";
import type { ExitReason, Instance, Stuck } from "../runtime/runtime.ts";
import { Backoff } from "./starts/backoff.ts";
import { exitMessage } from "./starts/exit-message.ts";
import type { Replaced } from "./starts/replacements.ts";
import { Restarts } from "./starts/restarts.ts";
import type { Started, StartOutcome, SupervisorPort } from "./supervisor-port.ts";

export class FunctionSupervisor {
	readonly #port: SupervisorPort;
	readonly #turns = new Mutex();
	readonly #draining = new Set<Promise<void>>();
	#current: (Started & { readonly sinceMs: number }) | undefined;
	#error: string | undefined;
	/** Whether the next request starts it. One that is deployed when the platform starts begins so. */
	#isIdle: boolean;
	#isClosed = false;
	/** Why the last start was not even tried. */
	#noRoom: AppError | undefined;
	/** Of one that does not start when it is called, and since when. */
	readonly #wakes = new Backoff();
	#wakeFailedMs = 0;
	readonly #restarts: Restarts;
	/** The last start, and how many are under way. */
	#starting: Promise<unknown> | undefined;
	#startingCount = 0;
	/** A refresh that has not read the secrets yet: whoever asks now is served by it. */
	#pending: Promise<StartOutcome> | undefined;

	/** @param startsIdle it is deployed, and ran before: the first request starts it */
	constructor(port: SupervisorPort, startsIdle = false) {
		this.#port = port;
		const current = () => this.instance;
		this.#restarts = new Restarts({ port, current, refresh: () => this.#refresh() });
		this.#isIdle = startsIdle;
	}

	get instance(): Instance | undefined {
		return this.#current?.instance;
	}

	get state(): "live" | "idle" | "failed" {
		if (this.#current !== undefined) return "live";
		return this.#isIdle && this.#error === undefined ? "idle" : "failed";
	}

	/** Why the last start failed, or the last version ended. */
	get error(): string | undefined {
		return this.#error;
	}

	/** How often it was replaced because it was stuck; undefined where it never was. */
	get replaced(): Replaced | undefined {
		return this.#restarts.replaced;
	}

	/** Brings the function to what is wanted, with the present secrets. Calls that come while one waits share it. */
	refresh(): Promise<StartOutcome> {
		// An idle function that a request has woken has read its secrets, maybe those of before.
		const isWaking = this.#pending !== undefined || this.#startingCount > 0;
		if (this.state === "idle" && !isWaking) return Promise.resolve({ status: "idle" });
		return this.#refresh();
	}

	/**
	 * The instance to send a request to; starts an idle function, but not again at once where that failed.
	 * @returns undefined where it does not run
	 * @throws AppError `PLATFORM_FULL`
	 */
	ensure(): Instance | undefined | Promise<Instance | undefined> {
		return this.#current?.instance ?? this.#wake();
	}

	async #wake(): Promise<Instance | undefined> {
		// However many ask while it starts: all of them get that one process.
		const underWay = this.#pending ?? (this.#startingCount > 0 ? this.#starting : undefined);
		const isResting = this.#port.monotonicMs() - this.#wakeFailedMs < this.#wakes.delayMs;
		await (underWay ?? (this.#isIdle && !isResting ? this.#refresh() : this.#starting));
		if (this.#current === undefined && this.#noRoom !== undefined) throw this.#noRoom;
		return this.#current?.instance;
	}

	#refresh(): Promise<StartOutcome> {
		this.#pending ??= this.#turns.run(async () => {
			const wanted = this.#port.wantedDeployment();
			const begin = () => {
				this.#pending = undefined;
			};
			try {
				if (wanted === undefined) return this.#notStarted("The function was deleted.");
				return await this.#replace(wanted, begin);
			} finally {
				begin();
			}
		});
		return this.#pending;
	}

	/**
	 * Starts a deployment in the place of the present one.
	 * @param commit makes it the wanted one; called once it runs, before it serves
	 */
	async deploy(deployment: Deployment, commit: () => Promise<void>): Promise<StartOutcome> {
		const outcome = await this.#turns.run(() => this.#replace(deployment, () => undefined, commit));
		const isOutdated = this.#current !== undefined && this.#port.isOutdated(this.#current);
		return outcome.status === "live" && isOutdated ? await this.#refresh() : outcome;
	}

	#replace(deployment: Deployment, begin: () => void, commit?: () => Promise<void>): Promise<StartOutcome> {
		this.#startingCount++;
		const replaced = this.#start(deployment, begin, commit).finally(() => {
			this.#startingCount--;
			this.#port.onStartSettled();
		});
		this.#starting = replaced;
		return replaced;
	}

	async #start(
		deployment: Deployment,
		begin: () => void,
		commit?: () => Promise<void>,
	): Promise<StartOutcome> {
		this.#restarts.cancel();
		let started: Started | undefined;
		try {
			if (this.#isClosed) return this.#notStarted("The function is being stopped.");
			this.#noRoom = undefined;
			await this.#port.acquireCapacity();
			started = await this.#port.start(deployment, begin);
			await (commit === undefined ? this.#port.onStarted(started) : commit());
		} catch (error) {
			if (started !== undefined) await started.instance.stop({ graceMs: 0 });
			return this.#failed(error, commit !== undefined);
		}
		this.#switchTo(started);
		return { status: "live" };
	}

	/** @param isNew what failed is no wanted version, but was to become it: the one that was there can still be called */
	#failed(error: unknown, isNew: boolean): StartOutcome {
		if (this.#current === undefined) this.#port.releaseCapacity();
		const isAppError = error instanceof AppError;
		const message = isAppError ? error.message : "The platform could not start it; its log says more.";
		this.#port.onFailure(error);
		if (isAppError && error.code === "PLATFORM_FULL") {
			// Nothing was tried: the function is as it was.
			this.#noRoom = error;
			return this.#notStarted(message);
		}
		this.#error = message;
		if (!isNew) {
			this.#wakes.failed();
			this.#wakeFailedMs = this.#port.monotonicMs();
		}
		return this.#notStarted(message);
	}

	#notStarted(error: string): StartOutcome {
		return { status: "failed", error, serving: this.#current !== undefined };
	}

	#switchTo(started: Started): void {
		const old = this.#current;
		this.#current = { ...started, sinceMs: this.#port.monotonicMs() };
		this.#error = undefined;
		this.#isIdle = false;
		this.#wakes.reset();
		const { instance } = started;
		void instance.exited.then((reason) => this.#onExit(instance, reason));
		void instance.stuck.then((stuck) => this.#onStuck(instance, stuck));
		if (old !== undefined) this.#drain(old.instance);
	}

	#drain(instance: Instance, graceMs?: number): void {
		const stopped = instance.stop(graceMs === undefined ? {} : { graceMs });
		this.#draining.add(stopped);
		void stopped.finally(() => this.#draining.delete(stopped));
	}

	#onExit(instance: Instance, reason: ExitReason): void {
		const current = this.#current;
		if (current?.instance !== instance || this.#isClosed) return;
		this.#current = undefined;
		if (this.#startingCount === 0) this.#port.releaseCapacity();
		this.#error = exitMessage(reason);
		this.#port.onFailure();
		this.#restarts.crashed(this.#port.monotonicMs() - current.sinceMs);
	}

	/** Replaces a process that runs and is of no use. */
	#onStuck(instance: Instance, stuck: Stuck): void {
		if (this.#current?.instance !== instance || this.#isClosed) return;
		// It may still answer some requests: it goes once another one is ready.
		const isLeft = stuck.reason === "unanswered";
		if (!isLeft) {
			this.#current = undefined;
			if (this.#startingCount === 0) this.#port.releaseCapacity();
			this.#error = `The function was ended: ${stuck.why}.`;
			this.#drain(instance, 0);
		}
		this.#restarts.stuck(instance, stuck, isLeft);
	}

	/** Since when nobody calls it, in milliseconds of the monotonic clock; undefined where it serves, starts or does not run. */
	get idleSinceMs(): number | undefined {
		const instance = this.#current?.instance;
		const isBusy = instance === undefined || instance.inFlight > 0 || this.#startingCount > 0;
		return isBusy ? undefined : instance.lastActiveMs;
	}

	/**
	 * Stops a function that nobody called for a while; the next request starts it.
	 * @returns in how many milliseconds it could be stopped at the soonest; infinite where it does not run
	 */
	stopIdle(idleMs: number): number {
		const instance = this.#current?.instance;
		if (instance === undefined) return Number.POSITIVE_INFINITY;
		const sinceMs = this.idleSinceMs;
		if (sinceMs === undefined) return idleMs;
		const leftMs = idleMs - (this.#port.monotonicMs() - sinceMs);
		if (leftMs > 0) return leftMs;
		this.#current = undefined;
		this.#isIdle = true;
		this.#port.releaseCapacity();
		this.#drain(instance);
		return Number.POSITIVE_INFINITY;
	}

	/** Stops the function for good; resolves once every version of it is gone. */
	async close(graceMs?: number): Promise<void> {
		this.#isClosed = true;
		this.#restarts.close();
		if (this.#current === undefined) this.#port.releaseCapacity();
		await this.#turns.run(async () => {
			const instance = this.#current?.instance;
			this.#current = undefined;
			this.#port.releaseCapacity();
			if (instance !== undefined) this.#drain(instance, graceMs);
		});
		await Promise.all(this.#draining);
	}
}
