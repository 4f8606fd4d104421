/** One process that checks sources, as the platform sees it: what it is told, what it answers, and how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { AppError, EXIT } from "../../../errors.ts";
import { EXEC_AFTER_PLATFORM } from "../../machine/run-command.ts";
import type { CheckRules, Order, Report } from "./messages.ts";

/** How a process ended before it was done. */
export interface Ending {
	/** The file that it was parsing; empty where it was at none. */
	readonly parsing: string;
	readonly why: "too deep" | "too much memory" | "too slow" | "unknown";
}

/** Half of the stack that a process has everywhere, so that what is parsed here is parsed elsewhere without danger. */
const STACK_KIB = 4096;
const HEAP_MIB = 2048;
const STDERR_BYTES_MAX = 16 * 1024;
const LIMIT_AND_RUN = `ulimit -c 0; ulimit -s ${STACK_KIB}; ${EXEC_AFTER_PLATFORM}`;
/** What the system ends a process by that runs out of its stack. */
const STACK_SIGNALS: readonly unknown[] = ["SIGSEGV", "SIGBUS"];
const OUT_OF_MEMORY = /heap out of memory|memory allocation|Array buffer allocation failed/i;

export class CheckProcess {
	readonly #child: ChildProcess;
	readonly #ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
	#onReport: (report: Report) => void = () => {};
	#said = "";
	#stderr = "";
	#isEnded = false;

	/** @param program absolute path of the file that `check-program.ts` is built to */
	constructor(program: string, rules: CheckRules) {
		const node = [process.execPath, `--max-old-space-size=${HEAP_MIB}`, program];
		// It is told nothing but the sources: no environment, no file but its program.
		this.#child = spawn("/bin/sh", ["-c", LIMIT_AND_RUN, "sh", ...node], {
			env: {},
			stdio: ["ignore", "pipe", "pipe", "ipc"],
			serialization: "advanced",
		});
		this.#child.stdout?.on("data", (chunk: Buffer) => {
			// Of complete lines, the last one counts.
			this.#said = (this.#said + chunk.toString("utf8")).split("\n").slice(-2).join("\n");
		});
		this.#child.stderr?.on("data", (chunk: Buffer) => {
			this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-STDERR_BYTES_MAX);
		});
		this.#child.on("message", (report: Report) => this.#onReport(report));
		this.#ended = new Promise((resolve) => {
			this.#child.once("error", () => resolve([null, null]));
			this.#child.once("close", (code, signal) => resolve([code, signal]));
		});
		void this.#ended.then(() => {
			this.#isEnded = true;
		});
		void this.#send({ type: "rules", rules });
	}

	/** Whether it can be told something. */
	get isAlive(): boolean {
		return !this.#isEnded && this.#child.connected;
	}

	/**
	 * Gives orders, the last of which is answered by `done`.
	 * @param onReport called for each answer before that
	 * @param timeoutMs after which the process is killed
	 * @returns the last answer, or how the process ended without it
	 */
	async run(
		orders: Iterable<Order>,
		onReport: (report: Report) => void,
		timeoutMs: number,
	): Promise<Extract<Report, { type: "done" }> | Ending> {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.kill();
		}, timeoutMs);
		const done = new Promise<Extract<Report, { type: "done" }>>((resolve) => {
			this.#onReport = (report) => (report.type === "done" ? resolve(report) : onReport(report));
		});
		this.#hold(true);
		try {
			// What it does not take any more, its end tells of.
			for (const order of orders) await this.#send(order);
			const ended = this.#ended.then(([code, signal]) => this.#ending(code, signal, isLate));
			return await Promise.race([done, ended]);
		} finally {
			clearTimeout(timer);
			this.#onReport = () => {};
			this.#hold(false);
		}
	}

	/** Ends it, whatever it does. */
	kill(): void {
		this.#child.kill("SIGKILL");
	}

	/** Whether the platform waits for it: one that is idle keeps no process from ending. */
	#hold(isBusy: boolean): void {
		const { channel, stderr, stdout } = this.#child;
		for (const handle of [this.#child, channel, stderr, stdout] as unknown as (NodeJS.RefCounted | null)[]) {
			if (isBusy) handle?.ref();
			else handle?.unref();
		}
	}

	/** Resolves once it is on its way, or lost: so no more than one file is copied at a time. */
	#send(order: Order): Promise<void> {
		return new Promise((resolve) => {
			if (!this.isAlive) resolve();
			else this.#child.send(order, () => resolve());
		});
	}

	#ending(code: number | null, signal: NodeJS.Signals | null, isLate: boolean): Ending {
		const parsing = this.#said.split("\n").at(-2) ?? "";
		if (isLate) return { parsing, why: "too slow" };
		if (STACK_SIGNALS.includes(signal) || /overflowed its stack/.test(this.#stderr))
			return { parsing, why: "too deep" };
		const isKilled = signal === "SIGKILL" || OUT_OF_MEMORY.test(this.#stderr);
		if (!isKilled && parsing === "") return { parsing, why: "unknown" };
		return { parsing, why: isKilled ? "too much memory" : code === null ? "too deep" : "unknown" };
	}
}

/** The error for a process that ended without a word about why. */
export function checkFailed(): AppError {
	return new AppError({
		code: "CHECK_FAILED",
		message: "The process that checks sources ended before it was done.",
		hint: "Deploy again; if that does not help, look at the platform's log and at its memory.",
		exit: EXIT.failure,
	});
}
