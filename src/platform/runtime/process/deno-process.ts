/**
 * One Deno process that serves one version of one function: spawned, handed its environment over a control
 * socket, watched until it is ready, drained and ended. It may have been spawned before it was known whose it
 * will be.
 */
import type { Readable } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { deferredRedactor } from "../output/deferred-redactor.ts";
import { ProcessOutput } from "../output/process-output.ts";
import type { Redactor } from "../output/redact.ts";
import type { ReadSchedulers } from "../read-schedulers.ts";
import type { ExitReason, Instance, Stuck } from "../runtime.ts";
import { waitForExit } from "./child-exit.ts";
import { ControlSocket } from "./control-socket.ts";
import { deferred, timer } from "./deferred.ts";
import { InFlightRequests } from "./in-flight.ts";
import { Liveness } from "./liveness.ts";
import { type Child, type ChildSpecification, spawnChild } from "./spawn-child.ts";

const DEFAULT_GRACE_MS = 30_000;
const KILL_AFTER_MS = 2_000;
/** How often a process that is to end is looked at, whether it still serves somebody. */
const CHECK_INTERVAL_MS = 500;

export interface ProcessSpecification extends ChildSpecification {
	socketPath: string;
	/** In a folder where nobody but the platform can put anything. */
	controlPath: string;
	/** Called each time that it says that it listens; it is ready once that has resolved. */
	onListening: () => Promise<void>;
	schedulers: ReadSchedulers;
	/** Where exceptions end that the process causes. */
	faults: FaultBoundary;
}

/** Whose a process is. */
export interface Assignment {
	deployment: string;
	/** One line of JSON for the host, without the line feed; holds secret values. */
	handover: string;
	redactor: Redactor;
	onLine: (level: LogLine["level"], message: string) => void;
	/** Called each time the last request that it serves is over. */
	onIdle: (() => void) | undefined;
	/** How long it may take until an answer begins. */
	timeoutMs: number;
}

/** How a start ended. */
export type StartOutcome = "ready" | "exited" | "timeout";

export class DenoProcess implements Instance {
	readonly pid: number;
	readonly socketPath: string;
	readonly exited: Promise<ExitReason>;
	#child: Child;
	#ready: Promise<void>;
	#isAccepting = true;
	#stopped: Promise<void> | undefined;
	#assignment: Assignment | undefined;
	#liveness: Liveness | undefined;
	readonly #output: ProcessOutput;
	readonly #control: ControlSocket;
	readonly #assigned = deferred<string>();
	readonly #stuck = deferred<Stuck>();
	readonly #requests = new InFlightRequests(() => this.#onIdle());
	/** Resolved to end the grace period early: the last request is over, or there is no time. */
	#drained = deferred();

	constructor(specification: ProcessSpecification) {
		const { controlPath, faults, schedulers: lanes, onListening, socketPath, user } = specification;
		this.socketPath = socketPath;
		const ready = deferred();
		this.#ready = ready.promise;
		this.#control = new ControlSocket({
			path: controlPath,
			user,
			scheduler: lanes.control,
			handover: this.#assigned.promise,
			onListening: () => {
				const failed = () => this.kill("The platform cannot reach what the function listens on.");
				return onListening().then(ready.resolve, failed);
			},
			onHolding: (isHeld) => this.#requests.setBackgroundWork(isHeld),
			onPong: () => this.#liveness?.pong(),
			onError: () => void this.#child.kill("SIGKILL"),
			faults,
		});
		this.#child = spawnChild(specification);
		this.pid = this.#child.pid ?? -1;
		this.#output = this.#killOnError(() => this.#read(this.#child, lanes, faults));
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
		});
		void this.exited.then(ended);
	}

	/** What only half of it was made for must not stay. */
	#killOnError<T>(make: () => T): T {
		try {
			return make();
		} catch (error) {
			this.#child.kill("SIGKILL");
			throw error;
		}
	}

	/** Follows what the process writes. Without a descriptor for its pipes there are none. */
	#read(
		{ stderr, stdout }: { [Name in "stderr" | "stdout"]: Readable | undefined },
		lanes: ReadSchedulers,
		faults: FaultBoundary,
	): ProcessOutput {
		return new ProcessOutput(stdout, stderr, {
			faults,
			scheduler: lanes.output,
			redactor: deferredRedactor(() => this.#assignment?.redactor),
			onLine: (level, message) => this.#assignment?.onLine(level, message),
		});
	}

	/** Makes it somebody's: once, and before anything is asked of it. */
	assign(assignment: Assignment): void {
		this.#assignment = assignment;
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

	get stuck(): Promise<Stuck> {
		return this.#stuck.promise;
	}

	/** Whether it still answers; undefined while it is nobody's. */
	get liveness(): Liveness | undefined {
		return this.#liveness;
	}

	answered(): void {
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

	/** Resolves with what happens first; the process is left as it is. */
	async started(timeoutMs: number): Promise<StartOutcome> {
		const timeout = timer(timeoutMs);
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

	/** Ends it at once; the text goes to its log and into its exit reason. */
	kill(why: string): void {
		this.#isAccepting = false;
		this.log(why);
		this.#child.kill("SIGKILL");
	}

	/** Ends it without waiting for requests, even where `stop` is waiting. */
	terminate(): Promise<void> {
		this.#drained.resolve();
		return this.stop({ graceMs: 0 });
	}

	async #end(graceMs: number): Promise<void> {
		const grace = timer(graceMs);
		// Who counts the last request out may fail to say so.
		const looking = setInterval(() => this.inFlight === 0 && this.#drained.resolve(), CHECK_INTERVAL_MS);
		await Promise.race([this.#drained.promise, grace.elapsed, this.exited]);
		clearInterval(looking);
		grace.cancel();
		this.#child.kill("SIGTERM");
		const patience = timer(KILL_AFTER_MS);
		void patience.elapsed.then(() => this.#child.kill("SIGKILL"));
		await this.exited;
		patience.cancel();
	}
}
