/**
 * `Deno.cron`. The platform receives the jobs when the function is ready, waits for their times, and requests each run
 * over the control socket. So a job runs whether or not the function was idle.
 */
import { toPlatformSchedule } from "./cron-fields.ts";
import { type CronSchedule, textOf } from "./cron-schedule.ts";

/** A job in the form that is sent to the platform. */
export interface Registration {
	readonly name: string;
	/** A cron expression of the platform, in UTC. */
	readonly schedule: string;
	/** The delays before a failed run is repeated, in milliseconds. */
	readonly backoff?: readonly number[];
}

/** The result of a run: the job is not in this process, is still running, has failed or has succeeded. */
export type Outcome = "unknown" | "busy" | "failed" | "ok";

type Handler = () => Promise<void> | void;

interface Options {
	readonly backoffSchedule?: readonly number[];
	readonly signal?: AbortSignal;
}

interface Job {
	readonly registration: Registration;
	readonly handler: Handler;
	isRunning: boolean;
}

const JOBS_MAX = 100;
const NAME_LENGTH_MAX = 64;
const BACKOFF_COUNT_MAX = 5;
const BACKOFF_MS_MAX = 3_600_000;

/** The function may replace any global, so globals that are needed later are kept here. */
const printError = console.error;

function checkName(name: string): void {
	if (name.length > NAME_LENGTH_MAX)
		throw new TypeError(
			`Cron name cannot exceed ${NAME_LENGTH_MAX} characters: current length ${name.length}`,
		);
	if (!/^[A-Za-z0-9_\s-]*$/.test(name) || /[^\x20-\x7e]/.test(name) || name.trim() === "")
		throw new TypeError(
			"Invalid cron name: only alphanumeric characters, whitespace, hyphens, and underscores are allowed",
		);
}

function checkBackoff(backoff: readonly number[] | undefined): void {
	const isDelay = (ms: unknown) =>
		typeof ms === "number" && Number.isInteger(ms) && ms >= 0 && ms <= BACKOFF_MS_MAX;
	if (backoff === undefined || (backoff.length <= BACKOFF_COUNT_MAX && backoff.every(isDelay))) return;
	throw new TypeError("Invalid backoff schedule");
}

function readHandler(second: Handler | Options, third: Handler | undefined): [Handler, Options] {
	if (typeof second !== "function") {
		if (typeof third === "function") return [third, second ?? {}];
		throw new TypeError("Cannot create cron job: a handler is required");
	}
	if (third === undefined) return [second, {}];
	throw new TypeError("Cannot create cron job, a single handler is required: two handlers were specified");
}

/** The jobs of this process. */
export class CronJobs {
	readonly #jobs = new Map<string, Job>();
	#isClosed = false;

	get isEmpty(): boolean {
		return this.#jobs.size === 0;
	}

	/** Ends the registration. @returns the jobs for the platform */
	close(): Registration[] {
		if (this.#isClosed) return [];
		this.#isClosed = true;
		return [...this.#jobs.values()].map(({ registration }) => registration);
	}

	/** `Deno.cron` with both its signatures. */
	readonly create = (
		name: string,
		schedule: string | CronSchedule,
		second: Handler | Options,
		third?: Handler,
	): Promise<void> => {
		if (name === undefined)
			throw new TypeError("Cannot create cron job, a unique name is required: received 'undefined'");
		if (schedule === undefined)
			throw new TypeError("Cannot create cron job, a schedule is required: received 'undefined'");
		const text = textOf(schedule);
		const [handler, { backoffSchedule: backoff, signal }] = readHandler(second, third);
		checkName(String(name));
		if (this.#isClosed)
			throw new TypeError(
				`Cannot create cron job "${name}": the function serves already, and the platform reads its cron jobs when it starts. Call Deno.cron at the top level of a module, before an await.`,
			);
		if (this.#jobs.has(String(name))) throw new TypeError("Cron with this name already exists");
		if (this.#jobs.size >= JOBS_MAX) throw new TypeError("Too many crons");
		const expression = toPlatformSchedule(text);
		checkBackoff(backoff);
		const registration = {
			name: String(name),
			schedule: expression,
			...(backoff && { backoff: [...backoff] }),
		};
		const job = { registration, handler, isRunning: false };
		this.#jobs.set(registration.name, job);
		return new Promise((resolve) => {
			const remove = () => {
				if (this.#jobs.get(registration.name) === job) this.#jobs.delete(registration.name);
				resolve();
			};
			signal?.addEventListener("abort", remove, { once: true });
		});
	};

	/** Runs a job, unless it runs already. An error of its handler goes to the function's log. */
	async run(name: string): Promise<Outcome> {
		const job = this.#jobs.get(name);
		if (job === undefined) return "unknown";
		if (job.isRunning) return "busy";
		job.isRunning = true;
		try {
			await job.handler();
			return "ok";
		} catch (error) {
			printError(`Exception in cron handler ${name}`, error);
			return "failed";
		} finally {
			job.isRunning = false;
		}
	}
}
