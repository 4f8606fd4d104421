/**
 * One Deno process that serves one version of one function: spawned, handed its environment over a control
 * socket, watched until it is ready, drained and ended.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import type { LogLine } from "../logs/function-logs.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import type { Redactor } from "./redact.ts";
import type { ExitReason, Instance } from "./runtime.ts";

const DEFAULT_GRACE_MS = 30_000;
const KILL_AFTER_MS = 2_000;
const STDERR_LIMIT = 8 * 1024;

export interface ProcessSpecification {
	deployment: string;
	binary: string;
	/** Deno's arguments up to and with the main module. */
	args: readonly string[];
	/** Deno's own variables; the function never sees them. */
	variables: Record<string, string>;
	cwd: string;
	socketPath: string;
	controlPath: string;
	redactor: Redactor;
	onLine: (level: LogLine["level"], message: string) => void;
	/** Called each time the last request that it serves is over. */
	onIdle: (() => void) | undefined;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** How a start ended. */
export type StartOutcome = "ready" | "exited" | "timeout";

/** A promise that is settled from outside. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
	let resolve = () => {};
	const promise = new Promise<void>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}

function timer(ms: number): { elapsed: Promise<void>; cancel: () => void } {
	const { promise, resolve } = deferred();
	const handle = setTimeout(resolve, ms);
	return { elapsed: promise, cancel: () => clearTimeout(handle) };
}

export class DenoProcess implements Instance {
	readonly deployment: string;
	readonly pid: number;
	readonly socketPath: string;
	readonly exited: Promise<ExitReason>;
	lastActiveMs = performance.now();
	#child: Child;
	#ready: Promise<void>;
	#inFlight = 0;
	#isAccepting = true;
	#stopped: Promise<void> | undefined;
	#report: (line: string) => void = () => {};
	readonly #onIdle: (() => void) | undefined;
	/** Resolved to end the grace period early: the last request is over, or there is no time. */
	#drained = deferred();

	/**
	 * @param handover one line of JSON for the host, without the line feed; holds secret values
	 */
	constructor(specification: ProcessSpecification, handover: string) {
		const { binary, args, cwd, variables, socketPath, controlPath } = specification;
		this.deployment = specification.deployment;
		this.socketPath = socketPath;
		this.#onIdle = specification.onIdle;
		const control = deferred();
		this.#ready = control.promise;
		const server = createServer((socket) => {
			server.close();
			talk(socket, handover, control.resolve);
		});
		server.on("error", () => this.#child.kill("SIGKILL"));
		server.listen(controlPath);
		this.#child = spawn(binary, args, { cwd, env: variables, stdio: ["ignore", "pipe", "pipe"] });
		this.pid = this.#child.pid ?? -1;
		this.exited = this.#watch(specification).finally(() => {
			this.#isAccepting = false;
			server.close();
		});
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
		this.#inFlight++;
		this.lastActiveMs = performance.now();
		let isHeld = true;
		return () => {
			if (!isHeld) return;
			isHeld = false;
			this.#inFlight--;
			this.lastActiveMs = performance.now();
			if (this.#inFlight > 0) return;
			if (this.#isAccepting) this.#onIdle?.();
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

	#watch({ redactor, onLine }: ProcessSpecification): Promise<ExitReason> {
		const tail = new Tail(STDERR_LIMIT);
		this.#report = (line) => {
			tail.add(line);
			onLine("error", line);
		};
		const read = (stream: Readable, emit: (line: string) => void) => {
			const splitter = new LineSplitter(redactor, emit);
			stream.on("data", (chunk: Buffer) => splitter.write(chunk));
			stream.on("end", () => splitter.end());
		};
		read(this.#child.stdout, (line) => onLine("info", line));
		read(this.#child.stderr, this.#report);
		return new Promise((resolve) => {
			// `close` comes after `exit` and after the last byte of both streams.
			this.#child.on("close", (code, signal) => resolve({ code, signal, stderr: tail.toString() }));
			this.#child.on("error", (error) => {
				if (this.pid === -1) tail.add(error.message);
			});
		});
	}
}

/** Hands over and waits for the one answer. The open connection tells the host that the platform lives. */
function talk(socket: Socket, handover: string, onReady: () => void): void {
	socket.on("error", () => socket.destroy());
	socket.write(`${handover}\n`);
	socket.once("data", onReady);
	socket.unref();
}
