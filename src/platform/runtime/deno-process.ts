/**
 * One Deno process that serves one version of one function: spawned, handed its environment over a control
 * socket, watched until it is ready, drained and ended.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import type { LogLine } from "../logs/function-logs.ts";
import { LineSplitter, Tail } from "./log-lines.ts";
import type { Redactor } from "./redact.ts";
import type { ExitReason, Instance } from "./runtime.ts";
import type { User } from "./users.ts";

const DEFAULT_GRACE_MS = 30_000;
const KILL_AFTER_MS = 2_000;
const STDERR_LIMIT = 8 * 1024;

export interface ProcessSpecification {
	deployment: string;
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
		const { command, cwd, variables, user, socketPath, controlPath, onListening } = specification;
		this.deployment = specification.deployment;
		this.socketPath = socketPath;
		this.#onIdle = specification.onIdle;
		const control = deferred();
		this.#ready = control.promise;
		const server = createServer((socket) => {
			server.close();
			talk(socket, handover, () => {
				const failed = () => this.kill("The platform cannot reach what the function listens on.");
				onListening().then(control.resolve, failed);
			});
		});
		server.on("error", () => this.#child.kill("SIGKILL"));
		server.listen(controlPath);
		if (user !== undefined) openTo(user, controlPath);
		const [file = "", ...args] = command;
		// The groups of the platform's own user are dropped with it.
		const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
		this.#child = spawn(file, args, { cwd, env: variables, stdio: ["ignore", "pipe", "pipe"], ...identity });
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

/** Lets a function's user connect to a socket that was just made. */
function openTo({ gid }: User, path: string): void {
	try {
		chownSync(path, 0, gid);
		chmodSync(path, 0o660);
	} catch {
		// It was not made, which the server says itself.
	}
}

/** Hands over and hears of each listener. The open connection tells the host that the platform lives. */
function talk(socket: Socket, handover: string, onListening: () => void): void {
	socket.on("error", () => socket.destroy());
	socket.write(`${handover}\n`);
	socket.on("data", onListening);
	socket.unref();
}
