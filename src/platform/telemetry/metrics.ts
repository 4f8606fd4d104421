/**
 * The platform's metrics, in the text format of Prometheus. Labels are apps and functions only. No part of them comes
 * from a request or a secret.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DroppedLines } from "../logs/function-logs.ts";
import type { StuckReport } from "../runtime/runtime.ts";
import { type AnswerTimes, type FunctionLabels, RequestMetrics } from "./request-metrics.ts";
import { registerStoreSizes } from "./store-metric.ts";

/** In seconds. */
const START_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type FunctionState = "live" | "idle" | "failed";

/** A deployed function at the time when the metrics are read. */
export interface FunctionSample {
	readonly app: string;
	readonly function: string;
	readonly state: FunctionState;
	/** Pid of its process. Undefined if none runs. */
	readonly pid: number | undefined;
}

export interface MetricsOptions {
	readonly version: string;
	/** Every deployed function. */
	readonly functions: () => Iterable<FunctionSample>;
	/** The number of exceptions that each error boundary has contained, by its origin. Without it, the metric is empty. */
	readonly faults?: () => Readonly<Record<string, number>>;
	/** The number of lines of functions' logs that were dropped, by log. Without it, the metric is empty. */
	readonly droppedLines?: () => DroppedLines;
	/** The name of each app that has a Deno KV store, and the size of the store. Without it the metric is empty. */
	readonly storeBytes?: () => Promise<[app: string, bytes: number][]>;
	/** Resident memory of a process, in bytes. Undefined if it has ended or its memory cannot be read. */
	readonly residentBytes: (pid: number) => number | undefined;
}

const LABELS = ["app", "function"] as const;
const STUCK_REASONS = ["stopped", "silent", "unanswered"] as const satisfies readonly StuckReport["reason"][];

export class Metrics {
	readonly #registry = new Registry();
	readonly #answered = new RequestMetrics(this.#registry);
	readonly #options: MetricsOptions;
	readonly #starts = new Counter({
		name: "coffer_function_starts_total",
		help: "Starts of processes, by outcome: ready or failed.",
		labelNames: [...LABELS, "outcome"] as const,
		registers: [this.#registry],
	});
	readonly #startSeconds = new Histogram({
		name: "coffer_function_start_duration_seconds",
		help: "Time from the start of a process until it serves.",
		labelNames: LABELS,
		buckets: START_BUCKETS,
		registers: [this.#registry],
	});
	readonly #redeploys = new Counter({
		name: "coffer_redeploys_total",
		help: "Redeploys of functions after a secret that they read changed, by outcome: live, idle (the function starts with the next request) or failed.",
		labelNames: [...LABELS, "status"] as const,
		registers: [this.#registry],
	});
	readonly #replacements = new Counter({
		name: "coffer_function_replacements_total",
		help: "Running processes that the platform replaced, by reason: stopped (by a signal), silent (the event loop does not answer) or unanswered (several requests in a row).",
		labelNames: [...LABELS, "reason"] as const,
		registers: [this.#registry],
	});
	readonly #automations = new Counter({
		name: "coffer_automation_runs_total",
		help: "Runs of automations, by outcome: succeeded (a status below 400, or a handler that returned), failed or skipped (the previous run was not finished).",
		labelNames: [...LABELS, "outcome"] as const,
		registers: [this.#registry],
	});
	readonly #invalidAnswers = new Counter({
		name: "coffer_invalid_answers_total",
		help: "Answers of functions that were not valid HTTP, or did not match the request. The client got 502.",
		labelNames: LABELS,
		registers: [this.#registry],
	});
	readonly #refused = new Counter({
		name: "coffer_refused_total",
		help: "Connections and requests that a limit refused or cut off, by listener and by limit: connections, peer, pipeline or function.",
		labelNames: ["listener", "bound"] as const,
		registers: [this.#registry],
	});
	readonly #internalErrors = new Counter({
		name: "coffer_internal_errors_total",
		help: "Exceptions that were contained, by origin: gateway, control, function or process.",
		labelNames: ["listener"] as const,
		registers: [this.#registry],
	});
	readonly #droppedLines = new Counter({
		name: "coffer_log_lines_dropped_total",
		help: "Lines that are missing in functions' logs because the disk did not store them, or not fast enough, by log: output or requests.",
		labelNames: ["log"] as const,
		registers: [this.#registry],
	});
	readonly #states = new Gauge({
		name: "coffer_functions",
		help: "Deployed functions, by state: live, idle or failed.",
		labelNames: ["state"] as const,
		registers: [this.#registry],
	});
	readonly #memory = new Gauge({
		name: "coffer_function_resident_memory_bytes",
		help: "Resident memory of a function's process.",
		labelNames: LABELS,
		registers: [this.#registry],
	});

	constructor(options: MetricsOptions) {
		this.#options = options;
		const info = new Gauge({
			name: "coffer_info",
			help: "The platform's version.",
			labelNames: ["version"] as const,
			registers: [this.#registry],
		});
		info.set({ version: options.version }, 1);
		registerStoreSizes(this.#registry, async () => (await options.storeBytes?.()) ?? []);
		collectDefaultMetrics({ register: this.#registry });
	}

	/** Counts a request that a function, or the gateway instead of it, has answered. */
	answered(labels: FunctionLabels, { ms, status }: { ms: number; status: number }): void {
		this.#answered.answered(labels, status, [[ms, 1]]);
	}

	/** Counts requests with the same status. */
	answeredAll(labels: FunctionLabels, status: number, times: AnswerTimes): void {
		this.#answered.answered(labels, status, times);
	}

	/** Counts the start of a process. @param ms time until it served. Undefined if it never served */
	started({ app, function: name }: FunctionLabels, ms: number | undefined): void {
		this.#starts.inc({ app, function: name, outcome: ms === undefined ? "failed" : "ready" });
		if (ms !== undefined) this.#startSeconds.observe({ app, function: name }, ms / 1000);
	}

	/** Counts the redeploy of a function after a secret changed. */
	redeployed({ app, function: name }: FunctionLabels, status: FunctionState): void {
		this.#redeploys.inc({ app, function: name, status });
	}

	/** Counts a function's process that was stuck and has been replaced. */
	replaced({ app, function: name }: FunctionLabels, reason: (typeof STUCK_REASONS)[number]): void {
		this.#replacements.inc({ app, function: name, reason });
	}

	/** Counts a run of an automation. */
	automationRan({ app, function: name }: FunctionLabels, outcome: "succeeded" | "failed" | "skipped"): void {
		this.#automations.inc({ app, function: name, outcome });
	}

	/** Counts an answer of a function that was not valid. */
	invalidAnswer({ app, function: name }: FunctionLabels): void {
		this.#invalidAnswers.inc({ app, function: name });
	}

	/** Counts a connection or request that a limit refused or cut off. */
	refused(listener: "gateway" | "control", bound: "connections" | "peer" | "pipeline" | "function"): void {
		this.#refused.inc({ listener, bound });
	}

	/** Removes the metrics of a deleted function. */
	forget({ app, function: name }: FunctionLabels): void {
		this.#answered.forget({ app, function: name });
		for (const outcome of ["ready", "failed"]) this.#starts.remove({ app, function: name, outcome });
		for (const status of ["live", "idle", "failed"]) this.#redeploys.remove({ app, function: name, status });
		for (const reason of STUCK_REASONS) this.#replacements.remove({ app, function: name, reason });
		for (const outcome of ["succeeded", "failed", "skipped"])
			this.#automations.remove({ app, function: name, outcome });
		for (const metric of [this.#startSeconds, this.#memory, this.#invalidAnswers])
			metric.remove({ app, function: name });
	}

	/** All metrics as text. */
	async text(): Promise<{ contentType: string; text: string }> {
		this.#look();
		return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
	}

	/** Sets the metrics that are measured when they are read. */
	#look(): void {
		this.#internalErrors.reset();
		for (const [listener, count] of Object.entries(this.#options.faults?.() ?? {}))
			this.#internalErrors.inc({ listener }, count);
		this.#droppedLines.reset();
		for (const [log, count] of Object.entries(this.#options.droppedLines?.() ?? {}))
			this.#droppedLines.inc({ log }, count);
		const samples = [...this.#options.functions()];
		for (const state of ["live", "idle", "failed"] as const)
			this.#states.set({ state }, samples.filter((sample) => sample.state === state).length);
		this.#memory.reset();
		for (const { app, function: name, pid } of samples) {
			const bytes = pid === undefined ? undefined : this.#options.residentBytes(pid);
			if (bytes !== undefined) this.#memory.set({ app, function: name }, bytes);
		}
	}
}
