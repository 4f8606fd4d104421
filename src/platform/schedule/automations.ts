/**
 * The automations of a platform: reads them from the deployments, claims each run before it begins, and
 * reports it in the function's log.
 */
import { randomUUID } from "node:crypto";
import type { Apps } from "../apps/apps.ts";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { describeError, type Log } from "../faults/log.ts";
import { backoffOf } from "../functions/crons.ts";
import { automationsOf } from "../functions/function.ts";
import { type FunctionLifetime, lifetimeKey } from "../functions/lifetimes.ts";
import { type FindInstance, Instances } from "../gateway/instances.ts";
import type { FunctionLogs, LogLine } from "../logs/function-logs.ts";
import type { Clock } from "../machine/clock.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Claims } from "./claims.ts";
import { runCron } from "./cron-run.ts";
import type { DueRun, ScheduledAutomation } from "./due-run.ts";
import { type Answer, invoke } from "./invoke.ts";
import { Scheduler } from "./scheduler.ts";

const REPORT_MS = 1_000;

export interface AutomationsOptions {
	readonly apps: Apps;
	readonly claims: Claims;
	readonly instance: FindInstance<Instance>;
	/** The error boundary for callbacks of functions. */
	readonly faults: FaultBoundary;
	readonly logs: FunctionLogs;
	readonly metrics: Metrics;
	readonly log: Log;
	readonly clock: Clock;
}

export interface AutomationsStart {
	/** The host name that functions see in their requests. */
	readonly host: string;
	/** The time limit until the answer begins, for a function without this setting. */
	readonly timeoutMs: number;
}

/** An automation and its next run. */
export interface AutomationStatus extends ScheduledAutomation {
	/** Undefined if it will not run any more, or does not run by time. */
	readonly nextMs: number | undefined;
}

export class Automations {
	readonly #options: AutomationsOptions;
	readonly #scheduler: Scheduler;
	readonly #instances: Instances<Instance>;
	readonly #closing = new AbortController();
	#started: AutomationsStart | undefined;

	constructor(options: AutomationsOptions) {
		this.#options = options;
		this.#instances = new Instances(options.instance, options.faults);
		this.#scheduler = new Scheduler({
			list: (app) => this.#list(app),
			claim: (due) => options.claims.claim(claimOf(due)),
			lastDueMs: (due) => options.claims.find(claimOf(due))?.dueMs,
			run: (due, attempt) => this.#run(due, attempt),
			now: options.clock.now,
			schedule: options.clock.schedule,
			onError: (error, of) => this.#failed(error, of),
			onSkipped: (due) => {
				if (this.#present(due) !== undefined) options.metrics.automationRan(due, "skipped");
				this.#report(due, "error", "skipped: the previous run is still in progress");
			},
			onHeld: (last) => this.#held(last),
		});
	}

	/** Starts the automations. A one-time automation whose date passed while the platform was stopped runs at once. */
	start(started: AutomationsStart): void {
		this.#started = started;
		this.#scheduler.refresh();
	}

	/** Reads the deployments of an app again. Does nothing before `start` and after `close`. */
	refresh(app: string): void {
		if (this.#started !== undefined) this.#scheduler.refresh(app);
	}

	/** A function's automations, in the order of its settings. */
	of(app: string, name: string): AutomationStatus[] {
		return [...this.#listOf(app, name)].map((listed) => ({
			...listed,
			nextMs: this.#scheduler.nextOf(listed),
		}));
	}

	/** Starts no more runs. Runs in progress may take `graceMs`, and are then aborted. */
	async close(graceMs: number): Promise<void> {
		await this.#scheduler.close(graceMs);
		this.#closing.abort();
		// Runs that were aborted are still reported.
		await this.#scheduler.close(REPORT_MS);
		this.#instances.close();
	}

	/** @param only the id of the only app to list. By default, all apps are listed. */
	*#list(only?: string): Iterable<ScheduledAutomation> {
		const { apps } = this.#options;
		for (const app of only === undefined ? apps.list() : [apps.find(only)]) {
			if (app === undefined) continue;
			// The automations of a function that has never run do not run either.
			for (const [name, { error }] of app.state.functions)
				if (error === undefined) yield* this.#listOf(app.id, name);
		}
	}

	*#listOf(app: string, name: string): Iterable<ScheduledAutomation> {
		const known = this.#options.apps.find(app)?.state.functions.get(name);
		const lifetime = this.#functionLifetime(app, name);
		if (known === undefined || lifetime === undefined) return;
		for (const automation of automationsOf(known.deployment)) {
			const anchorMs = known.anchorsMs.get(automation.name) ?? 0;
			const of = { app, function: name, lifetime: lifetimeKey(lifetime) };
			const claim = this.#options.claims.find({
				app,
				function: name,
				life: of.lifetime,
				automation: automation.name,
				anchorMs,
			});
			const { runs = 0, dueMs: lastDueMs } = claim ?? {};
			yield { ...of, automation, anchorMs, runs, lastDueMs };
		}
	}

	#functionLifetime(app: string, name: string): FunctionLifetime | undefined {
		return this.#options.apps.find(app)?.functionLifetime(name);
	}

	/** The lifetime of the function. Undefined if it was deleted in the meantime. */
	#present({ app, function: name, lifetime }: ScheduledAutomation | DueRun): FunctionLifetime | undefined {
		const present = this.#functionLifetime(app, name);
		return present !== undefined && lifetimeKey(present) === lifetime ? present : undefined;
	}

	/** The time limit until a function's answer begins. */
	#timeoutMs({ app, function: name }: DueRun): number {
		const seconds = this.#options.apps.find(app)?.state.functions.get(name)?.deployment
			.settings?.timeoutSeconds;
		return seconds === undefined ? (this.#started?.timeoutMs ?? 0) : seconds * 1000;
	}

	/** @returns after how many milliseconds the run is repeated; undefined if it is not */
	async #run(due: DueRun, attempt: number): Promise<number | undefined> {
		if (this.#present(due) === undefined) return undefined;
		const timeoutMs = this.#timeoutMs(due);
		const backoff = backoffOf(due.automation);
		if (backoff === undefined) return await this.#request(due, timeoutMs);
		const options = { timeoutMs, signal: this.#closing.signal, delayMs: backoff[attempt] };
		const { isGood, text } = await runCron(this.#instances, due, options);
		if (this.#present(due) === undefined) return undefined;
		this.#options.metrics.automationRan(due, isGood ? "succeeded" : "failed");
		this.#report(due, isGood ? "info" : "error", text);
		return isGood ? undefined : options.delayMs;
	}

	/** Sends the request of a run. Such a run is not repeated. */
	async #request(due: DueRun, timeoutMs: number): Promise<undefined> {
		const { metrics } = this.#options;
		const host = this.#started?.host ?? "";
		const sinceMs = performance.now();
		const requestId = randomUUID();
		const { signal } = this.#closing;
		const answer = await invoke(this.#instances, due, { host, requestId, timeoutMs, signal });
		const ms = performance.now() - sinceMs;
		const isGood = answer.status < 400;
		const lifetime = this.#present(due);
		if (lifetime === undefined) return;
		this.#log(lifetime, due, { answer, ms, requestId });
		metrics.answered(due, { status: answer.status, ms });
		metrics.automationRan(due, isGood ? "succeeded" : "failed");
		this.#report(due, isGood ? "info" : "error", outcomeOf(answer, ms));
	}

	/** Adds a run to the function's request log. */
	#log(
		lifetime: FunctionLifetime,
		{ app, automation, function: name }: DueRun,
		{ answer, ms, requestId }: { answer: Answer; ms: number; requestId: string },
	): void {
		const { clock, logs } = this.#options;
		logs.requests.append(lifetime.app, lifetime.function, {
			time: new Date(clock.now()).toISOString(),
			method: "POST",
			path: `/${app}/${name}`,
			status: answer.status,
			ms: Math.round(ms * 10) / 10,
			bytes: "bytes" in answer ? answer.bytes : 0,
			id: requestId,
			reason: "code" in answer ? answer.code : null,
			automation: automation.name,
		});
	}

	#failed(error: unknown, of: ScheduledAutomation): void {
		const { log, metrics } = this.#options;
		const { app, function: name, automation } = of;
		const { name: called } = automation;
		log.error(
			{ app, function: name, automation: called, ...describeError(error) },
			"an automation did not run",
		);
		if (this.#present(of) !== undefined) metrics.automationRan(of, "failed");
		this.#report(of, "error", "did not run. The platform's log has the details");
	}

	#held(last: DueRun): void {
		const { app, automation, function: name, dueMs } = last;
		const until = new Date(dueMs).toISOString();
		this.#options.log.warn(
			{ app, function: name, automation: automation.name, until },
			"an automation does not run until the time of its last run: a clock was ahead, here or on another node",
		);
		this.#report(
			last,
			"error",
			`does not run before ${until}. It ran at that time by a clock that was ahead, and no run is repeated. To begin anew now, deploy it with another schedule, and then with this one`,
		);
	}

	#report(of: ScheduledAutomation | DueRun, level: LogLine["level"], what: string): void {
		const lifetime = this.#present(of);
		if (lifetime === undefined) return;
		const time = new Date(this.#options.clock.now()).toISOString();
		const message = `automation "${of.automation.name}": ${what}`;
		this.#options.logs.append(lifetime.app, lifetime.function, { time, level, message });
	}
}

function claimOf({ app, function: name, lifetime, automation, anchorMs, dueMs }: DueRun) {
	return { app, function: name, life: lifetime, automation: automation.name, anchorMs, dueMs };
}

function outcomeOf(answer: Answer, ms: number): string {
	const took = `${Math.round(ms)} ms`;
	return "title" in answer
		? `failed after ${took}: ${answer.detail}`
		: `answered ${answer.status} after ${took}`;
}
