/**
 * One Deno process that serves one version of one function: spawned, handed its environment over a control
 * socket, watched until it is ready, drained and ended. It may have been spawned before it was known whose it
 * will be.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import type { FaultBoundary } from "../faults.ts";
import type { LogLine } from "../logs/function-logs.ts";
import { openTo, talk } from "./control.ts";
import { deferred, timer } from "./deferred.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import type { Redactor } from "./redact.ts";
import type { ExitReason, Instance } from "./runtime.ts";
import type { User } from "./users.ts";

const DEFAULT_GRACE_MS = 30_000;
const KILL_AFTER_MS = 2_000;
const STDERR_LIMIT = 8 * 1024;
/** How long work may go on after the last response: a function must not keep its place for ever without being called. */
const HOLD_MAX_MS = 150_000;

export interface ProcessSpecification {
	/** What is run: Deno with its arguments up to and with the main module, behind what becomes it. */
	command: readonly string[];
	/** Deno's own variables; the function never sees them. */
	variables: Record<string, string>;
	cwd: string;
	/** Whom it runs as; the platform's own user where undefined. */
	user: User | undefined;
	socketPath: string;
	/** In a folder where nobody but the platform can put anything. */
	controlPath: string;
	/** Called each time that it says that it listens; it is ready once that has resolved. */
	onListening: () => Promise<void>;
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
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** How a start ended. */
export type StartOutcome = "ready" | "exited" | "timeout";

/** The redactor of whoever the process belongs to. What it writes while it is nobody's holds nothing of anybody. */
function laterRedactor(assignment: () => Assignment | undefined): Redactor {
	return {
		redact: (text, limit) => assignment()?.redactor.redact(text, limit) ?? text.slice(0, limit),
		get longest() {
			return assignment()?.redactor.longest ?? 0;
		},
	};
}

export class DenoProcess implements Instance {
	readonly pid: number;
	readonly socketPath: string;
	readonly exited: Promise<ExitReason>;
	lastActiveMs = performance.now();
	/** When the last request came. */
	#calledMs = performance.now();
	#child: Child;
	readonly #faults: FaultBoundary;
	#ready: Promise<void>;
	#inFlight = 0;
	#isAccepting = true;
	#stopped: Promise<void> | undefined;
	#report: (line: string) => void = () => {};
	#assignment: Assignment | undefined;
	readonly #assigned = deferred<string>();
	/** Ends what the function holds the process for. */
	#release: (() => void) | undefined;
	/** Resolved to end the grace period early: the last request is over, or there is no time. */
	#drained = deferred();

	constructor(specification: ProcessSpecification) {
		const { command, cwd, variables, user, socketPath, controlPath, onListening } = specification;
		this.socketPath = socketPath;
		this.#faults = specification.faults;
		const control = deferred();
		this.#ready = control.promise;
		const end = () => this.#child.kill("SIGKILL");
		const unreachable = () => this.kill("The platform cannot reach what the function listens on.");
		const hearers = {
			listening: () => this.#faults.run(async () => control.resolve(await onListening()), unreachable),
			holding: (isHeld: boolean) => this.#hold(isHeld),
		};
		const server = createServer((socket) => {
			server.close();
			this.#faults.run(() => talk(socket, this.#assigned.promise, hearers, this.#faults), end);
		});
		server.on("error", end);
		server.listen(controlPath);
		if (user !== undefined) openTo(user, controlPath);
		const [file = "", ...args] = command;
		// The groups of the platform's own user are dropped with it.
		const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
		this.#child = spawn(file, args, { cwd, env: variables, stdio: ["ignore", "pipe", "pipe"], ...identity });
		this.pid = this.#child.pid ?? -1;
		const unwatched = (error: unknown) => {
			this.#faults.note(error);
			end();
			return { code: null, signal: null, stderr: "" };
		};
		this.exited = this.#watch().catch(unwatched);
		void this.exited.then(() => {
			this.#isAccepting = false;
			server.close();
		});
	}

	/** Makes it somebody's: once, and before anything is asked of it. */
	assign(assignment: Assignment): void {
		this.#assignment = assignment;
		this.lastActiveMs = performance.now();
		this.#assigned.resolve(assignment.handover);
	}

	get deployment(): string {
		return this.#assignment?.deployment ?? "";
	}

	get inFlight(): number {
		return this.#inFlight;
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
			this.lastActiveMs = performance.now();
		}
	}

	acquire(): (() => void) | undefined {
		if (!this.#isAccepting) return undefined;
		this.#calledMs = performance.now();
		return this.#count();
	}

	/** Work that goes on after a response counts as a request, for a while after the last one. */
	#hold(isHeld: boolean): void {
		this.#release?.();
		const leftMs = this.#calledMs + HOLD_MAX_MS - performance.now();
		this.#release = isHeld && leftMs > 0 ? this.#count() : undefined;
		if (this.#release !== undefined) setTimeout(this.#faults.callback(this.#release), leftMs).unref();
	}

	#count(): () => void {
		this.#inFlight++;
		this.lastActiveMs = performance.now();
		let isHeld = true;
		return () => {
			if (!isHeld) return;
			isHeld = false;
			this.#inFlight--;
			this.lastActiveMs = performance.now();
			if (this.#inFlight > 0) return;
			if (this.#isAccepting) this.#assignment?.onIdle?.();
			else this.#drained.resolve();
		};
	}

	stop(options: { graceMs?: number } = {}): Promise<void> {
		this.#isAccepting = false;
		if (this.#inFlight === 0) this.#drained.resolve();
		this.#stopped ??= this.#end(options.graceMs ?? DEFAULT_GRACE_MS);
		return this.#stopped;
	}

	/** Ends it at once; the text goes to its log and into its exit reason. */
	kill(why: string): void {
		this.#isAccepting = false;
		this.#report(why);
		this.#child.kill("SIGKILL");
	}

	/** Ends it without waiting for requests, even where `stop` is waiting. */
	terminate(): Promise<void> {
		this.#drained.resolve();
		return this.stop({ graceMs: 0 });
	}

	async #end(graceMs: number): Promise<void> {
		const grace = timer(graceMs);
		await Promise.race([this.#drained.promise, grace.elapsed, this.exited]);
		grace.cancel();
		this.#child.kill("SIGTERM");
		const patience = timer(KILL_AFTER_MS);
		void patience.elapsed.then(() => this.#child.kill("SIGKILL"));
		await this.exited;
		patience.cancel();
	}

	#watch(): Promise<ExitReason> {
		const tail = new Tail(STDERR_LIMIT);
		const redactor = laterRedactor(() => this.#assignment);
		this.#report = (line) => {
			tail.add(line);
			this.#assignment?.onLine("error", line);
		};
		const read = (stream: Readable | undefined, emit: (line: string) => void) => {
			const splitter = new LineSplitter(redactor, emit);
			// Where a descriptor could not be had, there is neither a process nor a stream.
			stream?.on(
				"data",
				this.#faults.callback((chunk: Buffer) => splitter.write(chunk)),
			);
			stream?.on(
				"end",
				this.#faults.callback(() => splitter.end()),
			);
		};
		const { stderr, stdout } = this.#child as { [Name in "stderr" | "stdout"]: Readable | undefined };
		read(stdout, (line) => this.#assignment?.onLine("info", line));
		read(stderr, this.#report);
		return new Promise((resolve) => {
			const ended = (code: number | null, signal: string | null) =>
				resolve({ code, signal, stderr: tail.toString() });
			// `close` comes after `exit` and after the last byte of both streams.
			this.#child.on("close", (code, signal) =>
				this.#faults.run(
					() => ended(code, signal),
					() => resolve({ code, signal, stderr: "" }),
				),
			);
			this.#child.on("error", (error) => {
				if (this.pid === -1) tail.add(error.message);
				if (stdout === undefined) ended(null, null);
			});
		});
	}
}
