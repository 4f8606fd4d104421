/** The processes that check sources. An idle process is kept for some time, because it caches parsed sources. */
import { CheckProcess, type EarlyExit } from "./check-process.ts";
import type { CheckRules, Order, Report } from "./messages.ts";

export interface ProcessPoolOptions {
	/** Absolute path of the processes' program. */
	readonly program: string;
	readonly rules: CheckRules;
	/**
	 * The processes are ended when none of them has worked for this time, in ms. The default is 30,000. A process uses
	 * about 60 MB of memory.
	 */
	readonly idleMs?: number | undefined;
	/** The maximum size of a process's heap, in MiB. The default is 2,048. */
	readonly heapMiB?: number | undefined;
}

const IDLE_MS = 30_000;

export class ProcessPool {
	readonly #options: ProcessPoolOptions;
	#idle: CheckProcess[] = [];
	#running = 0;
	/** The number of uploads that were checked. */
	#uploads = 0;
	/** Set while processes are kept and none runs. */
	#timer: NodeJS.Timeout | undefined;

	constructor(options: ProcessPoolOptions) {
		this.#options = options;
	}

	/**
	 * Runs commands in an idle process, or else in a new one, and keeps the process for further use. The caller limits
	 * the number of concurrent calls.
	 * @param onReport called for each answer before `done`
	 * @param timeoutMs the time after which the process is killed
	 * @returns the answer `done`, or a description of the exit if the process ended before
	 */
	async run(
		orders: readonly Order[],
		onReport: (report: Report) => void,
		timeoutMs: number,
	): Promise<Extract<Report, { type: "done" }> | EarlyExit> {
		clearTimeout(this.#timer);
		const process = this.#take(orders.some(({ type }) => type === "check"));
		this.#running++;
		try {
			const end = await process.run(orders, onReport, timeoutMs);
			if (!("why" in end)) this.#idle.push(process);
			return end;
		} finally {
			this.#running--;
			if (this.#running === 0)
				this.#timer = setTimeout(() => this.close(), this.#options.idleMs ?? IDLE_MS).unref();
		}
	}

	/** Ends the idle processes. */
	close(): void {
		clearTimeout(this.#timer);
		for (const process of this.#idle.splice(0)) process.kill();
	}

	/**
	 * Takes an idle process, or starts one. An upload goes to the process that has checked the latest one, because most of
	 * its files are the same. A bundle goes to another process if there is one, so that it does not delay an upload.
	 */
	#take(isUpload: boolean): CheckProcess {
		this.#idle = this.#idle.filter(({ isAlive }) => isAlive).sort((a, b) => a.lastUpload - b.lastUpload);
		const { heapMiB, program, rules } = this.#options;
		const idle = isUpload ? this.#idle.pop() : this.#idle.shift();
		const process = idle ?? new CheckProcess(program, rules, heapMiB);
		if (isUpload) process.lastUpload = ++this.#uploads;
		return process;
	}
}
