/**
 * The cron jobs of one process, and their runs. The process is untrusted: it may report invalid jobs and outcomes, in
 * any number.
 */
import { CRONS_MAX, type Cron, type CronOutcome, cronSchema } from "../../functions/crons.ts";

const REPORTED = ["ok", "failed", "unknown", "busy"] as const;

export class CronCalls {
	readonly #send: (line: string) => void;
	readonly #crons = new Map<string, Cron>();
	readonly #pending = new Map<number, (outcome: CronOutcome) => void>();
	#lastId = 0;

	/** @param send sends a line to the process */
	constructor(send: (line: string) => void) {
		this.#send = send;
	}

	/** The jobs that the process has reported. They are complete when the process is ready. */
	get registered(): readonly Cron[] {
		return [...this.#crons.values()];
	}

	/** Runs a job. Never rejects. @param signal ends the wait, but not the job */
	run(name: string, signal: AbortSignal): Promise<CronOutcome> {
		const id = ++this.#lastId;
		return new Promise<CronOutcome>((resolve) => {
			const stop = () => settle("timeout");
			const settle = (outcome: CronOutcome) => {
				this.#pending.delete(id);
				signal.removeEventListener("abort", stop);
				resolve(outcome);
			};
			this.#pending.set(id, settle);
			signal.addEventListener("abort", stop);
			if (signal.aborted) stop();
			else this.#send(JSON.stringify({ id, name }));
		});
	}

	/** Takes a message of the process: a job, or the outcome of a run. @returns whether the message is one of these */
	read(message: unknown): boolean {
		const { cron, ran, outcome } = (message ?? {}) as Record<string, unknown>;
		if (cron !== undefined) this.#register(cron);
		const known = REPORTED.find((each) => each === outcome);
		if (typeof ran === "number" && known !== undefined) this.#pending.get(ran)?.(known);
		return cron !== undefined || ran !== undefined;
	}

	#register(reported: unknown): void {
		const { data } = cronSchema.safeParse(reported);
		if (data !== undefined && this.#crons.size < CRONS_MAX) this.#crons.set(data.name, data);
	}

	/** Ends all runs, because the process has ended. */
	exited(): void {
		for (const settle of [...this.#pending.values()]) settle("exited");
	}
}
