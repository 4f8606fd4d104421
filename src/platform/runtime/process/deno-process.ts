/**
 * One Deno process that serves one deployment of a function. It is spawned, gets its process environment over a control
 * socket, is monitored until it is ready, and is drained and ended. It may be spawned as a spare process, before it has
 * a function.
 */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { onAbort } from "../../machine/on-abort.ts";
import { CronCalls } from "../calls/cron-calls.ts";
import { StoreRequests } from "../calls/store-requests.ts";
import { deferredRedactor } from "../output/deferred-redactor.ts";
import { ProcessOutput } from "../output/process-output.ts";
import { Probation } from "../probation.ts";
import type { ReadSchedulers } from "../read-schedulers.ts";
import type { ExitReason, Instance, StuckReport } from "../runtime.ts";
import { waitForExit } from "./child-exit.ts";
import { ControlSocket } from "./control-socket.ts";
import { deferred, timer } from "./deferred.ts";
import type { Assignment } from "./handover.ts";
import { InFlightRequests } from "./in-flight.ts";
import { Liveness } from "./liveness.ts";
import { type Child, type ChildSpecification, spawnChild } from "./spawn-child.ts";
import type { StartOutcome } from "./start-failure.ts";

const DEFAULT_GRACE_MS = 30_000;
const KILL_AFTER_MS = 2_000;
/** The interval at which a draining process is checked for requests in flight. */
const CHECK_INTERVAL_MS = 500;

export interface ProcessSpecification extends ChildSpecification {
	socketPath: string;
	/** The control socket, in a folder to which only the platform can write. */
	controlPath: string;
	/** Called each time the process reports that it listens. It is ready when the promise resolves. */
	onListening: () => Promise<void>;
	schedulers: ReadSchedulers;
	/** Handles exceptions that the process causes. */
	faults: FaultBoundary;
}

export class DenoProcess implements Instance {
	readonly pid: number;
	readonly socketPath: string;
	readonly exited: Promise<ExitReason>;
	readonly crons = new CronCalls((line) => this.#control.send(line));
	readonly #store = new StoreRequests((line) => this.#control.send(line));
	#child: Child;
	#ready: Promise<void>;
	#isAccepting = true;
	#isTerminated = false;
	#stopped: Promise<void> | undefined;
	#assignment: Assignment | undefined;
	#liveness: Liveness | undefined;
	#probation: Probation | undefined;
	readonly #output: ProcessOutput;
	readonly #control: ControlSocket;
	readonly #assigned = deferred<string>();
	readonly #stuck = deferred<StuckReport>();
	readonly #requests = new InFlightRequests(() => this.#onIdle());
	/** Resolved to end the grace period early: the last request has ended, or there is no time left. */
	#drained = deferred();

	constructor(specification: ProcessSpecification) {
		const { controlPath, faults, schedulers, onListening, socketPath, user } = specification;
		this.socketPath = socketPath;
		const ready = deferred();
		this.#ready = ready.promise;
		this.#control = new ControlSocket({
			path: controlPath,
			user,
			scheduler: schedulers.control,
			handover: this.#assigned.promise,
			onListening: () => {
				const failed = () => this.kill("The platform cannot connect to the function's socket.");
				return onListening().then(ready.resolve, failed);
			},
			onHolding: (isHeld) => this.#requests.setBackgroundWork(isHeld),
			onPong: () => this.#liveness?.pong(),
			onMessage: (message) => this.crons.read(message) || this.#store.read(message),
			onError: () => void this.#child.kill("SIGKILL"),
			faults,
		});
		this.#child = spawnChild(specification);
		this.pid = this.#child.pid ?? -1;
		this.#output = this.#killOnError(() => this.#read(this.#child, schedulers, faults));
		const unwatched = (error: unknown) => {
			faults.note(error);
			this.#child.kill("SIGKILL");
			return { code: null, signal: null, stderr: "" };
		};
		this.exited = new Promise<ExitReason>((resolve) =>
			resolve(waitForExit(this.#child, { output: this.#output, faults })),
		).catch(unwatched);
		const ended = faults.callback(() => {
			this.#isAccepting = false;
			this.#control.close();
			this.crons.exited();
		});
		void this.exited.then(ended);
	}

	/** Kills the process if the rest of its setup fails. */
	#killOnError<T>(make: () => T): T {
		try {
			return make();
		} catch (error) {
			this.#child.kill("SIGKILL");
			throw error;
		}
	}

	/** Reads the process's output. If the system had no descriptor left, there are no pipes. */
	#read(
		{ stderr, stdout }: Partial<Pick<Child, "stderr" | "stdout">>,
		schedulers: ReadSchedulers,
		faults: FaultBoundary,
	): ProcessOutput {
		return new ProcessOutput(stdout, stderr, {
			faults,
			scheduler: schedulers.output,
			redactor: deferredRedactor(() => this.#assignment?.redactor),
			onLine: (level, message) => this.#assignment?.onLine(level, message),
		});
	}

	/** Assigns the process to a function: once, and before it gets a request. */
	assign(assignment: Assignment): void {
		this.#assignment = assignment;
		this.#store.open = assignment.openStore;
		this.#probation = new Probation(assignment.settleReads);
		this.#requests.lastActiveMs = performance.now();
		this.#liveness = new Liveness({
			pid: this.pid,
			timeoutMs: assignment.timeoutMs,
			ping: () => this.#control.ping(),
			onStuck: this.#stuck.resolve,
		});
		this.#assigned.resolve(assignment.handover);
	}

	get deployment(): string {
		return this.#assignment?.deployment ?? "";
	}

	get stuck(): Promise<StuckReport> {
		return this.#stuck.promise;
	}

	/** The liveness of the process; undefined while it has no function. */
	get liveness(): Liveness | undefined {
		return this.#liveness;
	}

	get probation(): Probation | undefined {
		return this.#probation;
	}

	answered(): void {
		this.#probation = undefined;
		this.#liveness?.answered();
	}

	timedOut(): void {
		this.#liveness?.timedOut();
	}

	log(message: string): void {
		this.#output.report(message);
	}

	redact(text: string, limit: number): string {
		return deferredRedactor(() => this.#assignment?.redactor).redact(text, limit);
	}

	get inFlight(): number {
		return this.#requests.count;
	}

	get lastActiveMs(): number {
		return this.#requests.lastActiveMs;
	}

	/** Resolves with the first outcome. Kills the process if the signal aborts before that. */
	async started(timeoutMs: number, signal?: AbortSignal): Promise<StartOutcome> {
		const timeout = timer(timeoutMs);
		using _killing = onAbort(signal, () => void this.terminate());
		try {
			return await Promise.race([
				this.#ready.then(() => "ready" as const),
				this.exited.then(() => "exited" as const),
				timeout.elapsed.then(() => "timeout" as const),
			]);
		} finally {
			timeout.cancel();
			this.#requests.lastActiveMs = performance.now();
		}
	}

	acquire(): (() => void) | undefined {
		return this.#isAccepting ? this.#requests.begin() : undefined;
	}

	#onIdle(): void {
		if (this.#isAccepting) this.#assignment?.onIdle?.();
		else this.#drained.resolve();
	}

	stop(options: { graceMs?: number } = {}): Promise<void> {
		this.#isAccepting = false;
		if (this.inFlight === 0) this.#drained.resolve();
		this.#stopped ??= this.#end(options.graceMs ?? DEFAULT_GRACE_MS);
		return this.#stopped;
	}

	/** Ends the process at once. The text goes to its log and into its exit reason. */
	kill(reason: string): void {
		this.#isAccepting = false;
		this.log(reason);
		this.#child.kill("SIGKILL");
	}

	/** Ends the process without waiting for requests, even if `stop` is waiting. */
	terminate(): Promise<void> {
		this.#isTerminated = true;
		this.#drained.resolve();
		return this.stop({ graceMs: 0 });
	}

	async #end(graceMs: number): Promise<void> {
		const grace = timer(graceMs);
		const over = Promise.race([grace.elapsed, this.exited]);
		// The callback of the last request may fail, so the number of requests is also checked at intervals.
		const checks = setInterval(() => this.inFlight === 0 && this.#drained.resolve(), CHECK_INTERVAL_MS);
		await Promise.race([this.#drained.promise, over]);
		if (graceMs > 0 && this.#assignment !== undefined) await this.#finishBackgroundWork(over);
		clearInterval(checks);
		grace.cancel();
		this.#child.kill("SIGTERM");
		const killing = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER_MS);
		await this.exited;
		clearTimeout(killing);
	}

	/** A response may arrive before the message that its work continues. The answer to a new ping says whether it does. */
	async #finishBackgroundWork(over: Promise<unknown>): Promise<void> {
		if (!this.#isTerminated) await Promise.race([this.#control.answer(), over]);
		if (this.#isTerminated || this.inFlight === 0) return;
		this.#drained = deferred();
		await Promise.race([this.#drained.promise, over]);
	}
}
