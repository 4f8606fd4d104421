/** Starts and controls a process that checks sources. */
import { type ChildProcess, spawn } from "node:child_process";
import { AppError, EXIT } from "../../../errors.ts";
import { EXEC_AT_LOWER_PRIORITY } from "../../machine/run-command.ts";
import type { CheckRules, Order, Report } from "./messages.ts";

/** The exit of a process before it has finished its work. */
export interface EarlyExit {
	/** The file that the process was parsing. Empty if it was parsing none. */
	readonly parsing: string;
	readonly why: "too deep" | "too much memory" | "too slow" | "unknown";
}

/** Half of the usual stack size, so that a source that is parsed here can be parsed safely in every other process. */
const STACK_KIB = 4096;
const HEAP_MIB = 2048;
const STDERR_BYTES_MAX = 16 * 1024;
const LIMIT_AND_RUN = `ulimit -c 0; ulimit -s ${STACK_KIB}; ${EXEC_AT_LOWER_PRIORITY}`;
/** The signals with which the system ends a process whose stack overflows. */
const STACK_SIGNALS: readonly unknown[] = ["SIGSEGV", "SIGBUS"];
const OUT_OF_MEMORY = /heap out of memory|memory allocation|Array buffer allocation failed/i;

/**
 * Not an arrow function in `run`: that would keep the arguments of `run` in memory, for example a bundle, while the
 * process is idle.
 */
function ignore(): void {}

export class CheckProcess {
	/** The number of the last upload that it has checked, whose files it knows; 0: it has checked none. */
	lastUpload = 0;
	readonly #child: ChildProcess;
	#onReport: (report: Report) => void = ignore;
	#stdout = "";
	#stderr = "";
	/** How the process ended. Undefined while it runs. */
	#end: readonly [number | null, NodeJS.Signals | null] | undefined;
	#onEnd: () => void = ignore;

	/**
	 * @param program absolute path of the bundle of `check-program.ts`
	 * @param heapMiB the maximum size of the process's heap
	 */
	constructor(program: string, rules: CheckRules, heapMiB = HEAP_MIB) {
		const node = [process.execPath, `--max-old-space-size=${heapMiB}`, program];
		// The process gets no environment. It reads no file except its programs, the output of builds and their packages.
		this.#child = spawn("/bin/sh", ["-c", LIMIT_AND_RUN, "sh", ...node], {
			env: {},
			stdio: ["ignore", "pipe", "pipe", "ipc"],
			serialization: "advanced",
			// Ctrl-C in the platform's terminal must not end a check in progress.
			detached: true,
		});
		this.#child.stdout?.on("data", (chunk: Buffer) => {
			// Only the last complete line matters.
			this.#stdout = (this.#stdout + chunk.toString("utf8")).split("\n").slice(-2).join("\n");
		});
		this.#child.stderr?.on("data", (chunk: Buffer) => {
			this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-STDERR_BYTES_MAX);
		});
		this.#child.on("message", (report: Report) => this.#onReport(report));
		const ended = (code: number | null, signal: NodeJS.Signals | null) => {
			this.#end ??= [code, signal];
			this.#onEnd();
		};
		this.#child.once("error", () => ended(null, null));
		this.#child.once("close", ended);
		void this.#send({ type: "rules", rules });
	}

	/** Whether the process can receive commands. */
	get isAlive(): boolean {
		return this.#end === undefined && this.#child.connected;
	}

	/**
	 * Sends commands. The process answers the last one with `done`.
	 * @param onReport called for each answer before `done`
	 * @param timeoutMs the time after which the process is killed
	 * @returns the answer `done`, or a description of the exit if the process ended before
	 */
	async run(
		orders: Iterable<Order>,
		onReport: (report: Report) => void,
		timeoutMs: number,
	): Promise<Extract<Report, { type: "done" }> | EarlyExit> {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.kill();
		}, timeoutMs);
		// A promise that exists as long as the process would keep the results of every run in memory.
		const done = new Promise<Extract<Report, { type: "done" }> | EarlyExit>((resolve) => {
			this.#onReport = (report) => (report.type === "done" ? resolve(report) : onReport(report));
			this.#onEnd = () => resolve(this.#ending(isLate));
			if (this.#end !== undefined) this.#onEnd();
		});
		this.#hold(true);
		try {
			// If the process cannot receive a command any more, its exit is reported below.
			for (const order of orders) await this.#send(order);
			return await done;
		} finally {
			clearTimeout(timer);
			this.#onReport = ignore;
			this.#onEnd = ignore;
			this.#hold(false);
		}
	}

	/** Kills the process. */
	kill(): void {
		this.#child.kill("SIGKILL");
	}

	/** Sets whether the platform waits for the process. An idle process does not prevent the platform from exiting. */
	#hold(isBusy: boolean): void {
		const { channel, stderr, stdout } = this.#child;
		for (const handle of [this.#child, channel, stderr, stdout] as unknown as (NodeJS.RefCounted | null)[]) {
			if (isBusy) handle?.ref();
			else handle?.unref();
		}
	}

	/** Resolves when the command is sent or lost. So at most one file is copied at a time. */
	#send(order: Order): Promise<void> {
		return new Promise((resolve) => {
			if (!this.isAlive) resolve();
			else this.#child.send(order, () => resolve());
		});
	}

	#ending(isLate: boolean): EarlyExit {
		const [code, signal] = this.#end ?? [null, null];
		const parsing = this.#stdout.split("\n").at(-2) ?? "";
		if (isLate) return { parsing, why: "too slow" };
		if (STACK_SIGNALS.includes(signal) || /overflowed its stack/.test(this.#stderr))
			return { parsing, why: "too deep" };
		const isKilled = signal === "SIGKILL" || OUT_OF_MEMORY.test(this.#stderr);
		if (!isKilled && parsing === "") return { parsing, why: "unknown" };
		return { parsing, why: isKilled ? "too much memory" : code === null ? "too deep" : "unknown" };
	}
}

/** The error for a process that ended for an unknown reason. */
export function checkFailed(): AppError {
	return new AppError({
		code: "CHECK_FAILED",
		message: "The process that checks sources ended before it was done.",
		hint: "Deploy again. If that does not help, check the platform's log and its memory.",
		exit: EXIT.failure,
	});
}
