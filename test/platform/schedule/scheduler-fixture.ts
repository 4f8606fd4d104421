/** A scheduler whose time the test controls. */
import { setImmediate } from "node:timers/promises";
import type { Automation } from "../../../src/modules/automations/automations.ts";
import type { DueRun, ScheduledAutomation } from "../../../src/platform/schedule/due-run.ts";
import { Scheduler } from "../../../src/platform/schedule/scheduler.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** A Monday at midnight. */
export const START_MS = Date.UTC(2027, 2, 1);
const TIMER_MAX_MS = 2 ** 31 - 1;

export function cron(name: string, cron_expression: string, more: object = {}): Automation {
	const fields = { type: "scheduled", schedule_mode: "recurring", schedule_type: "cron", cron_expression };
	return { name, ...fields, ...more } as Automation;
}

export function once(name: string, atMs: number): Automation {
	const one_time_date = new Date(atMs).toISOString();
	return { name, type: "scheduled", schedule_mode: "one-time", one_time_date };
}

/**
 * The clock, the timers and the stored data. They outlive a scheduler, as if the platform were stopped and
 * started.
 */
class World {
	/** The wall clock's time; a test may set it. */
	clockMs = START_MS;
	/** The runs as `function:instant`, in minutes since the start. */
	readonly claimed: string[] = [];
	readonly ran: string[] = [];
	readonly skipped: string[] = [];
	/** The last runs of automations that wait for a time in the future. */
	readonly held: string[] = [];
	readonly errors: unknown[] = [];
	readonly stored = new Map<string, ScheduledAutomation>();
	/** The apps whose automations were listed. Undefined: those of all apps. */
	readonly listed: (string | undefined)[] = [];
	/** Runs that the test ends. */
	readonly going: (() => void)[] = [];
	isSlow = false;
	/** Runs that end by themselves. */
	ends: (due: DueRun) => boolean = () => false;
	/** The present and the highest number of simultaneous runs. */
	running = 0;
	most = 0;
	claim: (due: DueRun) => boolean | Promise<boolean> = () => true;
	/** The last claim of another node. */
	overtakenMs: number | undefined = undefined;
	run: (due: DueRun) => void | Promise<void> = () => {};
	/** The delay before a run is repeated, in milliseconds. */
	repeatMs: (attempt: number) => number | undefined = () => undefined;
	#steadyMs = 0;
	readonly timers = new Set<{ atMs: number; task: () => void }>();
	scheduler = this.#started();

	store(automation: Automation, more: Partial<ScheduledAutomation> = {}): void {
		const listed = {
			app: "shop",
			function: "f",
			lifetime: "l",
			anchorMs: this.clockMs,
			runs: 0,
			lastDueMs: undefined,
		};
		this.stored.set(automation.name, { ...listed, automation, ...more });
	}

	/** Ends the scheduler as if its process ended, and starts a new one with the stored data. */
	restart(): void {
		this.timers.clear();
		this.scheduler = this.#started();
		this.scheduler.refresh();
	}

	/** Lets time pass, and runs everything that becomes due. */
	async pass(forMs: number): Promise<void> {
		const endMs = this.#steadyMs + forMs;
		await setImmediate();
		for (;;) {
			const [next] = [...this.timers].sort((a, b) => a.atMs - b.atMs);
			if (next === undefined || next.atMs > endMs) break;
			this.timers.delete(next);
			this.#moveTo(next.atMs);
			next.task();
			await setImmediate();
		}
		this.#moveTo(endMs);
		await setImmediate();
	}

	/** The dependencies of a scheduler. */
	#started(): Scheduler {
		return new Scheduler({
			list: (app) => {
				this.listed.push(app);
				return [...this.stored.values()].filter((stored) => app === undefined || stored.app === app);
			},
			claim: async (due) => {
				if (!(await this.claim(due))) return false;
				this.claimed.push(nameOf(due));
				const { name } = due.automation;
				const listed = this.stored.get(name);
				if (listed) this.stored.set(name, { ...listed, runs: listed.runs + 1, lastDueMs: due.dueMs });
				return true;
			},
			lastDueMs: () => this.overtakenMs,
			run: async (due, attempt) => {
				await this.#run(due);
				return this.repeatMs(attempt);
			},
			now: () => this.clockMs,
			schedule: (task, delayMs) => this.#schedule(task, delayMs),
			onError: (error) => this.errors.push(error),
			onSkipped: (due) => this.skipped.push(nameOf(due)),
			onHeld: (last) => this.held.push(nameOf(last)),
		});
	}

	async #run(due: DueRun): Promise<void> {
		this.ran.push(nameOf(due));
		this.running++;
		this.most = Math.max(this.most, this.running);
		if (this.isSlow && !this.ends(due)) await new Promise<void>((resolve) => this.going.push(resolve));
		await this.run(due);
		this.running--;
	}

	#schedule(task: () => void, delayMs: number): () => void {
		if (!(delayMs >= 0 && delayMs <= TIMER_MAX_MS)) throw new Error(`no timer waits ${delayMs} ms`);
		const timer = { atMs: this.#steadyMs + delayMs, task };
		this.timers.add(timer);
		return () => this.timers.delete(timer);
	}

	#moveTo(steadyMs: number): void {
		this.clockMs += steadyMs - this.#steadyMs;
		this.#steadyMs = steadyMs;
	}
}

/** A world with these stored automations, and a scheduler for them. */
export function worldWith(...automations: Automation[]): World {
	const world = new World();
	for (const automation of automations) world.store(automation);
	world.scheduler.refresh();
	return world;
}

function nameOf({ automation, dueMs }: DueRun): string {
	return `${automation.name}:${(dueMs - START_MS) / MINUTE_MS}`;
}
